"""What the suite may send to a target: it reads, and changes only what it made itself."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import jsonschema_rs

from conformance.access.ledger import Ledger
from conformance.access.target import Consent, Target
from conformance.contracts.inspection import SAFE, id_parameters, token_operation
from specs import Contract, Operation
from specs.schema import standalone

ABSENT_INT32: Final = 2_147_483_646
ABSENT_UUID: Final = "00000000-0000-4000-8000-00000000dead"
ABSENT_HEX: Final = "0000000000000000000000000000DEAD"


class Guard:
    """Objects to requests that could change what others own, or that reach other people."""

    def __init__(self, contract: Contract, target: Target, ledger: Ledger) -> None:
        self._contract = contract
        self.target = target
        self._ledger = ledger
        self._validators: dict[tuple[str, str], Any] = {}
        token = token_operation(contract)
        self._token = token.id if token else None

    def is_write(self, operation: Operation) -> bool:
        """Tell whether an operation may change the target; buying a token does not count."""
        return operation.method not in SAFE and operation.id != self._token

    def needs_consent(self, operation: Operation) -> bool:
        """Tell whether an operation sets off something with what is already there.

        That is one which creates a job from an existing thing (EnergyCAP's exec sends mail), and
        one which names nothing and has no body, so that it concerns everything there is.
        """
        if not self.is_write(operation):
            return False
        named = id_parameters(self._contract, operation)
        create = self._contract.lifecycle.roles["create"].operation
        return operation.id == create if named else operation.body is None

    def leaves_something(self, operation: Operation, status: int | None) -> bool:
        """Tell whether an answer shows that something was made which can be deleted again."""
        deletable = any(o.method == "DELETE" for o in self._contract.operations.values())
        made = operation.method == "POST" and status is not None and status < 300
        named = id_parameters(self._contract, operation)
        return deletable and made and self.is_write(operation) and not named

    def objection(
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
            if not self._owned(operation, name, value, consent):
                return f"{name} {value!r} names nothing that this run has made"
        if consent is not None and self._is_vague(operation, consent):
            return f"the consent for {operation.id} names no query: whom would it reach?"
        return _query_objection(consent, query) if consent else None

    @staticmethod
    def _is_vague(operation: Operation, consent: Consent) -> bool:
        """Tell whether a consent leaves open what the query decides (EnergyCAP: who gets mail)."""
        decides = any(parameter["in"] == "query" for parameter in operation.parameters)
        return decides and not consent.query and not consent.any_query

    def _owned(self, operation: Operation, name: str, value: str, consent: Consent | None) -> bool:
        if value in self._ledger.made(name) or value in self.absent(name):
            return True
        if consent is not None and value in consent.path.get(name, ()):
            return True
        return not self.fits(operation, name, value)

    def absent(self, name: str) -> tuple[str, ...]:
        """Return the ids for a parameter that name nothing, best first."""
        declared = tuple(str(value) for value in self.target.absent.get(name, ()))
        return (*declared, str(ABSENT_INT32), ABSENT_UUID, ABSENT_HEX)

    def fitting(self, name: str) -> str:
        """Return the first absent id that the contract allows for the parameter `name`."""
        values = self.absent(name)
        for operation in self._contract.operations.values():
            if any(parameter["name"] == name for parameter in operation.parameters):
                return next((v for v in values if self.fits(operation, name, v)), values[0])
        return values[0]

    def fits(self, operation: Operation, name: str, value: str) -> bool:
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
                standalone(self._contract.openapi, schema)
            )
        return self._validators[key]


def _query_objection(consent: Consent, query: Iterable[tuple[str, str]]) -> str | None:
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
