"""How many things a run may make at a target: each costs its owner something."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from conformance.contracts.inspection import SAFE, id_parameters, token_operation
from conformance.failures import AllowanceSpent
from specs import Contract, Operation

# Where the target file says nothing and the target is no loopback address.
FEW: Final = 20
# The part of it that each step of the plan may use up, so that something is left for the others.
_SHARES: Final = {"lifecycle": 0.45, "sweep": 0.05, "schemathesis": 0.05, "hostile": 0.05}
_SHARE_OF_A_PROBE: Final = 0.1


@dataclass(slots=True)
class Allowance:
    """Counts what each operation has made; `most` is the limit for each of them, None for none.

    A request that nobody should accept is sent as long as none was: so at most one thing more is
    made than a step may, and one is kept back for it.
    """

    contract: Contract
    most: int | None = None
    _made: Counter[str] = field(default_factory=Counter)
    _gullible: set[str] = field(default_factory=set)
    _before: Counter[str] = field(default_factory=Counter)
    _share: float = 1.0

    def makes(self, operation: Operation) -> bool:
        """Tell whether an operation makes something: a thing of its own, or a job from a thing."""
        token = token_operation(self.contract)
        if operation.method in SAFE or (token is not None and operation.id == token.id):
            return False
        job = operation.id == self.contract.lifecycle.roles["create"].operation
        return job or (operation.method == "POST" and not id_parameters(self.contract, operation))

    @property
    def makers(self) -> tuple[str, ...]:
        """The operations that make something."""
        return tuple(o.id for o in self.contract.operations.values() if self.makes(o))

    def begin(self, step: str) -> None:
        """Give a step of the plan its share of what is left."""
        self._before = self._made.copy()
        self._share = _SHARES.get(step, _SHARE_OF_A_PROBE)

    def check(self, operation: Operation, valid: bool | None) -> None:
        """Make sure that one more request may be sent.

        Raises:
            AllowanceSpent: it would make too much.
        """
        if self.most is None or not self.makes(operation):
            return
        made = self._made[operation.id]
        if valid is False and operation.id not in self._gullible and made < self.most:
            return
        whole = self.most if operation.id in self._gullible else max(1, self.most - 1)
        if made >= whole or made - self._before[operation.id] >= max(1, self.most * self._share):
            raise AllowanceSpent(
                f"{operation.id} has made {made} things: max_created in the target file "
                f"({self.most} for each operation and run) leaves no more for this"
            )

    def note(self, operation: Operation, status: int | None, valid: bool | None) -> None:
        """Count an answer; where none came, something may have been made all the same."""
        if self.makes(operation) and (status is None or status < 300):
            self._made[operation.id] += 1
            if valid is False:
                self._gullible.add(operation.id)
