"""Who calls, and who may use the control plane; here is what an identity is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """One caller: an account (or tenant) of a vendor, and what it may do there.

    `grants` are the values of `x-grant` in the vendor's contract; `role` is the name that
    identities.yaml gives it.
    """

    vendor: str
    role: str
    account: str
    grants: frozenset[str]

    def may(self, grant: str | None) -> bool:
        """Tell whether an operation that asks for `grant` (None: nothing) is open to it."""
        return grant is None or grant in self.grants
