"""Who is judged: the base URL, the credentials by role, and what the suite may do there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PRIMARY: Final = "primary"
READER: Final = "reader"
LIMITED: Final = "limited"
FOREIGN: Final = "foreign"
WRONG: Final = "wrong"


@dataclass(frozen=True, slots=True)
class Credential:
    """A role's secrets: a token (bearer or key), or client credentials that buy one, or both.

    `placeholder` and `id_placeholder` stand in for them wherever they would be shown.
    """

    role: str
    placeholder: str
    token: str | None = field(default=None, repr=False)
    client_id: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)
    token_url: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """Leave to run an operation that reaches others (EnergyCAP's exec sends mail).

    Path and query values must come from the lists, unless `any_query` allows every query.
    """

    path: Mapping[str, tuple[str, ...]]
    query: Mapping[str, tuple[str, ...]]
    any_query: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One implementation of a vendor's API.

    `known` lists, per state of the lifecycle (its name in the file) or any other word a check
    knows, parameters that name an existing job (`{"type": "calls", "id": "…"}`): only read, never
    changed. `absent` lists ids by parameter name that name nothing. `values` are parameter values
    that this account may use. `facts` are other things a check may rely on there. `max_created` is
    how much each operation may make in a run, None for any number.
    """

    vendor: str
    base_url: str
    control_url: str | None = None
    sandbox: str | None = None
    writes: bool = False
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    known: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    absent: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    consent: Mapping[str, Consent] = field(default_factory=dict)
    download_hosts: tuple[str, ...] = ()
    max_created: int | None = None

    def has(self, role: str) -> bool:
        """True where the target names a credential for `role` (everybody has a wrong one)."""
        return role == WRONG or role in self.credentials
