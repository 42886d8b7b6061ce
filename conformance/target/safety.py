"""What the suite may send to a target: it reads, and changes only what it created itself."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jsonschema_rs

from conformance.contract_queries import (
    id_parameters,
    job_parameter,
    jobs_for_formats,
    token_operation,
)
from conformance.errors import QuotaExceeded
from conformance.http import SAFE_METHODS
from conformance.target import PRIMARY, Consent, Target
from conformance.target.tracker import ResourceTracker
from specs import Contract, Operation
from specs.schema import self_contained

# Ids that no API assigns, by format.
_UNUSED_IDS: Final = (
    str(2**31 - 2),
    "00000000-0000-4000-8000-00000000dead",
    "0000000000000000000000000000DEAD",
)
# The part of the quota that each step of the plan may use, so that something is left for others.
_SHARES: Final = {
    "lifecycle": 0.4,
    "concurrent": 0.1,
    "fuzz": 0.05,
    "negative": 0.05,
}
_SHARE_OF_A_CHECK: Final = 0.1


READ_ONLY: Final = "the target is read-only (its target file does not say `writes: true`)"
_ANY_QUERY: Final = " (`any_query: true` allows every query, on loopback only)"
_DIGITS: Final = re.compile(r"\s*([-+]?\d+)")


# An id of as many characters is drawn, or long enough, for its neighbours not to exist.
LONG_ID: Final = 16
_FULLWIDTH: Final = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}


def near_ids(id_: str) -> tuple[str, ...]:
    """Return what resembles an id and cannot be another one's.

    Of a number that is what a careless reader takes for it; of a long text, it with one character
    less or more.
    """
    if id_.isascii() and id_.isdigit():
        digits = id_.translate(_FULLWIDTH)
        return (str(int(id_) + 2**32), f"-{id_}", f"{id_}x", f"{id_}.5", digits)
    return (id_[:-1], f"{id_}0") if len(id_) >= LONG_ID else ()


def careless_readings(value: str) -> tuple[str, ...]:
    """Return the ids that a careless reader may make of a text that is no int32.

    It may stop at the first letter, take digits of other scripts, lose the sign or all bits beyond
    32. Ids are positive.
    """
    match = _DIGITS.match(value)
    if match is None:
        return ()
    number = int(match[1])
    readings = {number, abs(number), number % 2**32}
    return tuple(sorted(str(i) for i in readings if i > 0 and str(i) != value))


def _is_odd_number(value: str) -> bool:
    """Return True for an integer as no API writes an id: negative, or in other digits."""
    try:
        return str(abs(int(value))) != value
    except ValueError:
        return False


class WritePolicy:
    """Denies requests that could change what others own, or that reach other people."""

    def __init__(self, contract: Contract, target: Target, tracker: ResourceTracker) -> None:
        self._contract = contract
        self.target = target
        self._tracker = tracker
        self._validators: dict[tuple[str, str], Any] = {}
        token = token_operation(contract)
        self._token_operation_id = token.id if token else None

    def is_write(self, operation: Operation) -> bool:
        """Return True if an operation may change the target; requesting a token does not count."""
        return operation.method not in SAFE_METHODS and operation.id != self._token_operation_id

    def needs_consent(self, operation: Operation) -> bool:
        """Return True if an operation acts on what exists already.

        That is one which creates a job from an existing resource (EnergyCAP's exec sends mail), and
        one without id and body, so that it affects everything there is.
        """
        if not self.is_write(operation):
            return False
        ids = id_parameters(self._contract, operation)
        create = self._contract.lifecycle.actions["create"].operation
        if self._contract.own and operation.id == create and not ids:
            return False  # it makes a job of nothing
        return operation.id == create if ids else operation.body is None

    def creates_deletable(self, operation: Operation, status: int | None) -> bool:
        """Return True if a response shows that something was created which can be deleted again."""
        deletable = any(o.method == "DELETE" for o in self._contract.operations.values())
        created = operation.method == "POST" and status is not None and status < 300
        ids = id_parameters(self._contract, operation)
        return deletable and created and self.is_write(operation) and not ids

    def denial_reason(
        self,
        operation: Operation,
        path: Mapping[str, Any],
        query: Iterable[tuple[str, str]] = (),
    ) -> str | None:
        """Return why a request may not be sent, or None."""
        if not self.is_write(operation):
            return self.token_denial(operation)
        if not self.target.writes:
            return READ_ONLY
        consent = self.target.consent.get(operation.id)
        if self.needs_consent(operation) and consent is None:
            return f"the target file has no `consent` for {operation.id}"
        for name in id_parameters(self._contract, operation):
            value = str(path.get(name, ""))
            if value in self._scope(name):
                continue
            if not self._may_change(operation, name, value, consent):
                return f"{name} {value!r} was not created by this run"
        decides = consent if self.needs_consent(operation) else None
        return _query_denial(operation, decides, query) if decides else None

    def _scope(self, name: str) -> tuple[str, ...]:
        """Return what jobs of a user's own vendor may be created in, such as a project."""
        create = self._contract.lifecycle.actions["create"].operation
        job_ids = {job_parameter(self._contract, other) for other in self._contract.operations}
        consent = self.target.consent.get(create)
        if not self._contract.own or consent is None or name in job_ids:
            return ()
        return consent.path.get(name, ())

    def token_denial(self, operation: Operation) -> str | None:
        """Return why `operation` may not request a token: wrong attempts may lock a client out."""
        if operation.id != self._token_operation_id:
            return None
        primary = self.target.credentials.get(PRIMARY)
        if primary is None or primary.client_id is None:
            return "the target file has no `client_id` that requests tokens"
        return None if self.target.writes else READ_ONLY

    def missing_key(self, operation: str | None, by_jobs: bool) -> str | None:
        """Return which key of the target file would show more of an operation, None if none.

        `operation` is None for a requirement of all operations; `by_jobs` is whether jobs in
        certain states would show it.
        """
        target = self.target
        if not target.writes:
            return "`writes: true` in the target file lets a run create what shows it"
        create = self._contract.lifecycle.actions.get("create")
        names = [operation] if operation else []
        for name in names + ([create.operation] if create else []):
            if self.needs_consent(self._contract.operations[name]) and name not in target.consent:
                return f"a `consent` for {name} in the target file lets a run show it"
        if by_jobs and not target.known and not target.control_url:
            return "`known` in the target file can name jobs that show it"
        return None

    def _may_change(
        self, operation: Operation, name: str, value: str, consent: Consent | None
    ) -> bool:
        created = self._tracker.created(name)
        if value in created or value in self.unused_ids(name):
            return True
        if any(value in near_ids(id_) for id_ in created):
            return True
        if consent is not None and value in consent.path.get(name, ()):
            return True
        is_text = self._validator(operation, name).is_valid(value)
        if is_text or (self.matches(operation, name, value) and not _is_odd_number(value)):
            return False
        # A server that reads such an id carelessly reaches another resource: it needs consent too.
        return all(
            not self.matches(operation, name, alias)
            or self._may_change(operation, name, alias, consent)
            for alias in careless_readings(value)
        )

    def consented_ids(self, operation: Operation, name: str) -> tuple[str, ...]:
        """Return ids of existing things that an operation may name: a read those of any consent."""
        consents = self.target.consent
        names = consents if not self.is_write(operation) else consents.keys() & {operation.id}
        return tuple(id_ for consent in names for id_ in consents[consent].path.get(name, ()))

    def unused_ids(self, name: str) -> tuple[str, ...]:
        """Return ids for a parameter that do not exist, best first."""
        return (*(str(value) for value in self.target.absent.get(name, ())), *_UNUSED_IDS)

    def unused_id(self, name: str) -> str:
        """Return the first unused id that the contract allows for the parameter `name`."""
        values = self.unused_ids(name)
        for operation in self._contract.operations.values():
            if any(parameter["name"] == name for parameter in operation.parameters):
                return next((v for v in values if self.matches(operation, name, v)), values[0])
        return values[0]

    def matches(self, operation: Operation, name: str, value: str) -> bool:
        """Return True if the contract allows such an id: one that it forbids cannot exist."""
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
            schema = next(p["schema"] for p in operation.parameters if p["name"] == name)
            whole = self_contained(self._contract.openapi, schema)
            self._validators[key] = jsonschema_rs.validator_for(whole)
        return self._validators[key]


def _query_denial(
    operation: Operation, consent: Consent, query: Iterable[tuple[str, str]]
) -> str | None:
    if consent.any_query:
        return None
    # For EnergyCAP the query decides who gets mail.
    if not consent.query and any(p["in"] == "query" for p in operation.parameters):
        return (
            f"the `consent` for {operation.id} names no `query`, which decides whom it reaches"
            f"{_ANY_QUERY}"
        )
    pairs = list(query)
    # Servers may read names in any case, so another spelling is not consented to.
    if unknown := sorted({name for name, _ in pairs} - consent.query.keys()):
        return (
            f"the target file has no `consent` for the query parameter {unknown[0]!r}{_ANY_QUERY}"
        )
    for name, allowed in consent.query.items():
        values = [item for key, text in pairs if key == name for item in text.split(",")]
        if not values or not set(values) <= set(allowed):
            names = ", ".join(allowed)
            return f"the target file consents only with {name} from {names}{_ANY_QUERY}"
    return None


@dataclass(slots=True)
class CreationQuota:
    """Counts what each operation has created; `max_created` limits each one, None does not.

    Invalid requests do not count until a target accepts one: so at most one resource more is
    created than a step may, and one is reserved for it. `held_back` has how many were not sent.
    """

    contract: Contract
    max_created: int | None = None
    held_back: Counter[str] = field(default_factory=Counter)
    _created: Counter[str] = field(default_factory=Counter)
    _accepts_invalid: set[str] = field(default_factory=set)
    _created_before: Counter[str] = field(default_factory=Counter)
    _share: float = 1.0
    _least: int = 1

    def creates(self, operation: Operation) -> bool:
        """Return True if an operation creates a resource, or a job from an existing resource."""
        token = token_operation(self.contract)
        if operation.method in SAFE_METHODS or (token is not None and operation.id == token.id):
            return False
        is_job = operation.id == self.contract.lifecycle.actions["create"].operation
        return is_job or (
            operation.method == "POST" and not id_parameters(self.contract, operation)
        )

    @property
    def create_operations(self) -> tuple[str, ...]:
        """The operations that create something."""
        return tuple(o.id for o in self.contract.operations.values() if self.creates(o))

    def start_step(self, step: str) -> None:
        """Give a step of the plan its share of the quota."""
        self._created_before = self._created.copy()
        self._share = _SHARES.get(step, _SHARE_OF_A_CHECK)
        # What no job asked for comes in no file: these creations are worth more than any other.
        self._least = jobs_for_formats(self.contract) if step == "lifecycle" else 1

    def check(self, operation: Operation, valid: bool | None) -> None:
        """Check that one more request may be sent.

        Raises:
            QuotaExceeded: it would create too much.
        """
        if self.max_created is None or not self.creates(operation):
            return
        count = self._created[operation.id]
        accepts_invalid = operation.id in self._accepts_invalid
        if valid is False and not accepts_invalid and count < self.max_created:
            return
        limit = self.max_created if accepts_invalid else max(1, self.max_created - 1)
        share = max(self._least, self.max_created * self._share)
        if count >= limit or count - self._created_before[operation.id] >= share:
            self.held_back[operation.id] += 1
            raise QuotaExceeded(
                f"{operation.id} has created {count} resources: max_created in the target file "
                f"({self.max_created} for each operation and run) leaves no more for this step"
            )

    def record(self, operation: Operation, status: int | None, valid: bool | None) -> None:
        """Count a response; without one, something may have been created all the same."""
        if self.creates(operation) and (status is None or status < 300):
            self._created[operation.id] += 1
            if valid is False:
                self._accepts_invalid.add(operation.id)
