"""What the suite may send to a target: it reads, and changes only what it made itself."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jsonschema_rs

from conformance.contract_queries import SAFE_METHODS, id_parameters, token_operation
from conformance.errors import QuotaExceeded
from conformance.target.config import Consent, Target
from conformance.target.tracker import ResourceTracker
from specs import Contract, Operation
from specs.schema import self_contained

ABSENT_INT32: Final = 2_147_483_646
ABSENT_UUID: Final = "00000000-0000-4000-8000-00000000dead"
ABSENT_HEX: Final = "0000000000000000000000000000DEAD"


class WritePolicy:
    """Objects to requests that could change what others own, or that reach other people."""

    def __init__(self, contract: Contract, target: Target, tracker: ResourceTracker) -> None:
        self._contract = contract
        self.target = target
        self._tracker = tracker
        self._validators: dict[tuple[str, str], Any] = {}
        token = token_operation(contract)
        self._token_operation_id = token.id if token else None

    def is_write(self, operation: Operation) -> bool:
        """Tell whether an operation may change the target; buying a token does not count."""
        return operation.method not in SAFE_METHODS and operation.id != self._token_operation_id

    def needs_consent(self, operation: Operation) -> bool:
        """Tell whether an operation sets off something with what is already there.

        That is one which creates a job from an existing thing (EnergyCAP's exec sends mail), and
        one which names nothing and has no body, so that it concerns everything there is.
        """
        if not self.is_write(operation):
            return False
        named = id_parameters(self._contract, operation)
        create = self._contract.lifecycle.actions["create"].operation
        return operation.id == create if named else operation.body is None

    def creates_deletable(self, operation: Operation, status: int | None) -> bool:
        """Tell whether an answer shows that something was made which can be deleted again."""
        deletable = any(o.method == "DELETE" for o in self._contract.operations.values())
        made = operation.method == "POST" and status is not None and status < 300
        named = id_parameters(self._contract, operation)
        return deletable and made and self.is_write(operation) and not named

    def denial_reason(
        self,
        operation: Operation,
        path: Mapping[str, Any],
        query: Iterable[tuple[str, str]] = (),
    ) -> str | None:
        """Return why a request may not be sent, or None."""
        if not self.is_write(operation):
            return None
        if not self.target.writes:
            return "the target is read-only (its target file does not say `writes: true`)"
        consent = self.target.consent.get(operation.id)
        if self.needs_consent(operation) and consent is None:
            return f"the target file has no `consent` for {operation.id}"
        for name in id_parameters(self._contract, operation):
            value = str(path.get(name, ""))
            if not self._may_change(operation, name, value, consent):
                return f"{name} {value!r} names nothing that this run has made"
        if consent is not None and self._is_vague(operation, consent):
            return f"the consent for {operation.id} names no query: whom would it reach?"
        return _query_denial(consent, query) if consent else None

    @staticmethod
    def _is_vague(operation: Operation, consent: Consent) -> bool:
        """Tell whether a consent leaves open what the query decides (EnergyCAP: who gets mail)."""
        decides = any(parameter["in"] == "query" for parameter in operation.parameters)
        return decides and not consent.query and not consent.any_query

    def _may_change(
        self, operation: Operation, name: str, value: str, consent: Consent | None
    ) -> bool:
        if value in self._tracker.created(name) or value in self.unused_ids(name):
            return True
        if consent is not None and value in consent.path.get(name, ()):
            return True
        return not self.matches(operation, name, value)

    def unused_ids(self, name: str) -> tuple[str, ...]:
        """Return the ids for a parameter that name nothing, best first."""
        declared = tuple(str(value) for value in self.target.absent.get(name, ()))
        return (*declared, str(ABSENT_INT32), ABSENT_UUID, ABSENT_HEX)

    def unused_id(self, name: str) -> str:
        """Return the first absent id that the contract allows for the parameter `name`."""
        values = self.unused_ids(name)
        for operation in self._contract.operations.values():
            if any(parameter["name"] == name for parameter in operation.parameters):
                return next((v for v in values if self.matches(operation, name, v)), values[0])
        return values[0]

    def matches(self, operation: Operation, name: str, value: str) -> bool:
        """Tell whether the contract allows such an id: if not, it names nothing."""
        validator = self._validator(operation, name)
        if validator.is_valid(value):
            return True
        try:
            return bool(validator.is_valid(int(value)))
        except ValueError:
            return False

    def _validator(self, operation: Operation, name: str) -> Any:
        key = (operation.id, name)
        if key not in self._validators:
            schema = next(
                parameter["schema"]
                for parameter in operation.parameters
                if parameter["name"] == name
            )
            self._validators[key] = jsonschema_rs.validator_for(
                self_contained(self._contract.openapi, schema)
            )
        return self._validators[key]


def _query_denial(consent: Consent, query: Iterable[tuple[str, str]]) -> str | None:
    if consent.any_query:
        return None
    pairs = list(query)
    # Servers may read names in any case: what is not spelled as consented is not consented to.
    if strange := sorted({name for name, _ in pairs} - consent.query.keys()):
        return f"the target file does not consent with the query parameter {strange[0]!r}"
    for name, allowed in consent.query.items():
        values = [item for key, text in pairs if key == name for item in text.split(",")]
        if not values or not set(values) <= set(allowed):
            return f"the target file consents only with {name} from {', '.join(allowed)}"
    return None


# The part of it that each step of the plan may use up, so that something is left for the others.
_SHARES: Final = {"lifecycle": 0.45, "examples": 0.05, "fuzz": 0.05, "negative": 0.05}
_SHARE_OF_A_PROBE: Final = 0.1


@dataclass(slots=True)
class CreationQuota:
    """Counts what each operation has created; `max_created` limits each one, None does not.

    A request that nobody should accept is sent as long as none was: so at most one thing more is
    made than a step may, and one is kept back for it.
    """

    contract: Contract
    max_created: int | None = None
    _created: Counter[str] = field(default_factory=Counter)
    _accepts_invalid: set[str] = field(default_factory=set)
    _created_before: Counter[str] = field(default_factory=Counter)
    _share: float = 1.0

    def creates(self, operation: Operation) -> bool:
        """Tell whether an operation makes something: a thing of its own, or a job from a thing."""
        token = token_operation(self.contract)
        if operation.method in SAFE_METHODS or (token is not None and operation.id == token.id):
            return False
        job = operation.id == self.contract.lifecycle.actions["create"].operation
        return job or (operation.method == "POST" and not id_parameters(self.contract, operation))

    @property
    def create_operations(self) -> tuple[str, ...]:
        """The operations that make something."""
        return tuple(o.id for o in self.contract.operations.values() if self.creates(o))

    def start_step(self, step: str) -> None:
        """Give a step of the plan its share of what is left."""
        self._created_before = self._created.copy()
        self._share = _SHARES.get(step, _SHARE_OF_A_PROBE)

    def check(self, operation: Operation, valid: bool | None) -> None:
        """Make sure that one more request may be sent.

        Raises:
            QuotaExceeded: it would make too much.
        """
        if self.max_created is None or not self.creates(operation):
            return
        made = self._created[operation.id]
        if valid is False and operation.id not in self._accepts_invalid and made < self.max_created:
            return
        whole = (
            self.max_created
            if operation.id in self._accepts_invalid
            else max(1, self.max_created - 1)
        )
        if made >= whole or made - self._created_before[operation.id] >= max(
            1, self.max_created * self._share
        ):
            raise QuotaExceeded(
                f"{operation.id} has made {made} things: max_created in the target file "
                f"({self.max_created} for each operation and run) leaves no more for this"
            )

    def record(self, operation: Operation, status: int | None, valid: bool | None) -> None:
        """Count an answer; where none came, something may have been made all the same."""
        if self.creates(operation) and (status is None or status < 300):
            self._created[operation.id] += 1
            if valid is False:
                self._accepts_invalid.add(operation.id)
