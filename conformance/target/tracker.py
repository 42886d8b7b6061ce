"""Tracks what a run has observed of jobs, and what it has created and may therefore change."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from conformance.contract_queries import (
    RESPONSE_BODY,
    account_parameters,
    create_operations,
    id_parameters,
    id_type,
    job_parameter,
    link_expressions,
    match_path,
    parameter_type,
    request_parameters,
    strings_in,
    value_at,
)
from conformance.errors import UsageError
from conformance.http import NOT_JSON, Exchange
from conformance.http.request import parse_url
from specs import Contract, Lifecycle, Operation


class Observation(NamedTuple):
    """A job in a state, as an exchange shows it.

    `state` is its name on the wire, or in lifecycle.yaml where the wire has no name for it;
    `states` are those of the lifecycle that it may be, none where it is unknown.
    """

    exchange: Exchange
    state: str
    states: frozenset[str] = frozenset()


@dataclass(slots=True)
class JobHistory:
    """One job with the observations of the run, in order.

    `scope` joins the path parameters that are not its id (Talkdesk: the report type). `creation`
    is the exchange that created it, None where this run did not. `file` is the last
    exchange that gave out its file.
    """

    id: str
    scope: str
    creation: Exchange | None = None
    observations: list[Observation] = field(default_factory=list)
    file: Exchange | None = None

    @property
    def created_by_us(self) -> bool:
        """True where this run created the job."""
        return self.creation is not None


class ResourceTracker:
    """Jobs by id, and the ids of everything that this run has created."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._jobs: dict[str, JobHistory] = {}
        self._created: dict[str, dict[str, Exchange]] = {}
        self._existing: dict[str, dict[str, None]] = {}
        self._create_operations = create_operations(contract)

    @property
    def jobs(self) -> tuple[JobHistory, ...]:
        """The jobs in the order in which they were first observed."""
        return tuple(self._jobs.values())

    def created(self, parameter: str) -> tuple[str, ...]:
        """Return the ids that this run created for a path or query parameter, oldest first."""
        return tuple(self._created.get(parameter, ()))

    def existing(self, parameter: str) -> tuple[str, ...]:
        """Return the ids of `created` that this run has not deleted."""
        return tuple(self._existing.get(parameter, ()))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters for which this run created ids."""
        return tuple(self._created)

    def origins(self, parameter: str) -> tuple[tuple[str, Exchange], ...]:
        """Return the ids that this run created for a parameter, with the exchange of each."""
        return tuple(self._created.get(parameter, {}).items())

    def observe(self, exchange: Exchange) -> None:
        """Record the jobs and ids of a successful response."""
        if exchange.operation is None or exchange.status is None or exchange.status >= 400:
            return
        if exchange.request.method == "DELETE":
            for deleted, id_ in exchange.path_parameters.items():
                self._existing.get(deleted, {}).pop(str(id_), None)
        for parameter, value in created_ids(self._contract, exchange):
            self._created.setdefault(parameter, {}).setdefault(value, exchange)
            self._existing.setdefault(parameter, {})[value] = None
        for id_, item in self._shown_jobs(exchange, exchange.operation):
            job = self._job(id_, exchange)
            shown = observed_state(self._contract.lifecycle, exchange, item)
            if shown is not None:
                job.observations.append(shown)
        fetch = self._contract.lifecycle.actions.get("fetch")
        if fetch is not None and exchange.operation == fetch.operation and exchange.status != 204:
            name = job_parameter(self._contract, fetch.operation)
            job_id = str(request_parameters(exchange).get(name or ""))
            if (fetched := self._jobs.get(job_id)) is not None:
                fetched.file = exchange

    def _job(self, id_: str, exchange: Exchange) -> JobHistory:
        if id_ not in self._jobs:
            scope = (str(v) for v in exchange.path_parameters.values() if str(v) != id_)
            creation = exchange if exchange.operation in self._create_operations else None
            self._jobs[id_] = JobHistory(id_, "/".join(scope), creation)
        return self._jobs[id_]

    def _shown_jobs(self, exchange: Exchange, operation_id: str) -> Iterator[tuple[str, Any]]:
        """Yield id and description (the body, or an item of a list) of the jobs in a response."""
        location = self._contract.lifecycle.locations.get(operation_id)
        poll = self._contract.lifecycle.actions["poll"].operation
        if location is None:
            requested = self._requested_id(exchange) if operation_id == poll else None
            yield from () if requested is None else ((requested, exchange.json),)
            return
        if operation_id in self._create_operations and location.items is None:
            id_: Any = created_job_id(self._contract, exchange)
            if id_ is not None:
                yield str(id_), exchange.json
            return
        requested = self._requested_id(exchange)
        type_ = id_type(self._contract, operation_id, exchange.status or 0)
        for item in _items(exchange.json, location.items):
            id_ = requested or shown_id(self._contract, operation_id, exchange, item, type_)
            if id_ is not None:
                yield str(id_), item

    def _requested_id(self, exchange: Exchange) -> str | None:
        """Return the id in the request's path: a wrong one in the body is another requirement."""
        operation = self._contract.operations[exchange.operation or ""]
        location = self._contract.lifecycle.locations.get(operation.id)
        if location is not None and location.items is not None:
            return None
        names = [n for n in id_parameters(self._contract, operation) if n in operation.path]
        name = names[0] if len(names) == 1 else job_parameter(self._contract, operation.id)
        value = request_parameters(exchange).get(name or "")
        return None if value is None else str(value)


def observed_state(lifecycle: Lifecycle, exchange: Exchange, item: Any) -> Observation | None:
    """Return the state in which a response shows a job; None where it shows none.

    `item` is its body, or what a list has of the job.
    """
    operation, status = exchange.operation or "", exchange.status or 0
    states = lifecycle.states_shown(operation, status, item)
    location = lifecycle.locations.get(operation)
    named = value_at(item, location.status) if location and location.status else None
    if isinstance(named, str) and not (location and location.shown):
        return Observation(exchange, named, states)
    return Observation(exchange, state_label(lifecycle, states), states) if states else None


def state_label(lifecycle: Lifecycle, states: Collection[str]) -> str:
    """Return the name on the wire that states share, else their names in lifecycle.yaml."""
    values = {lifecycle.states[state].value for state in states}
    wire = values.pop() if len(values) == 1 else None
    return wire if isinstance(wire, str) else " or ".join(sorted(states))


def _items(body: Any, pointer: str | None) -> Iterable[Any]:
    items = [body] if pointer is None else value_at(body, pointer)
    return items if isinstance(items, list) else []


# Where APIs put the id of a new job, flat or wrapped.
USUAL_WRAPPERS: Final = ("", "/job", "/result", "/data", "/result/job", "/data/job")
USUAL_NAMES: Final = ("id", "jobId", "job_id")
MAX_BODY_SHOWN: Final = 80


def with_configured_ids(contract: Contract, configured: str | Mapping[str, str]) -> Contract:
    """Return the contract with the locations of job ids that a target file gives.

    Args:
        contract: the vendor's contract.
        configured: a JSON pointer for all operations that create jobs, or pointers by operation.

    Raises:
        UsageError: an operation is not one whose response has a job's id.
    """
    locations = dict(contract.lifecycle.locations)
    if isinstance(configured, str):
        configured = {name: configured for name in create_operations(contract) if name in locations}
    for name, pointer in configured.items():
        if name not in locations:
            known = ", ".join(sorted(locations))
            raise UsageError(f"--target: /job_id: unknown operation {name!r} (known: {known})")
        locations[name] = replace(locations[name], configured_id=pointer)
    return replace(contract, lifecycle=replace(contract.lifecycle, locations=locations))


def created_ids(contract: Contract, exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield (parameter name, id) of what an answered exchange has created.

    A POST without an id creates something. Its links say which parameters take the new id; a
    job's id fits the path of every operation in the lifecycle; and a field that is called like an
    id parameter of another operation fits that one.
    """
    operation = contract.operations[exchange.operation or ""]
    if contract.own and operation.id == contract.lifecycle.actions["create"].operation:
        yield from _created_job(contract, exchange)
        return
    if operation.method != "POST" or id_parameters(contract, operation):
        return
    if operation.id in contract.lifecycle.locations:
        id_ = created_job_id(contract, exchange)
        for action in contract.lifecycle.actions.values():
            for name in id_parameters(contract, contract.operations[action.operation]):
                if type(id_) is parameter_type(contract, name):
                    yield name, str(id_)
    for name, pointer in _id_pointers(contract, operation, exchange.status or 0):
        value = value_at(exchange.json, pointer)
        if type(value) is parameter_type(contract, name) and value != "":
            yield name, str(value)


def _created_job(contract: Contract, exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield the id of a created job by each parameter that takes one, once."""
    id_ = created_job_id(contract, exchange)
    operations = (action.operation for action in contract.lifecycle.actions.values())
    names = (job_parameter(contract, operation) for operation in operations)
    for name in dict.fromkeys(name for name in names if name is not None):
        if id_ is not None:
            yield name, str(id_)


def _id_pointers(
    contract: Contract, operation: Operation, status: int
) -> Iterator[tuple[str, str]]:
    for name, expression in link_expressions(operation, status):
        if expression.startswith(RESPONSE_BODY):
            yield name, expression.removeprefix(RESPONSE_BODY)
    for other in contract.operations.values():
        for name in id_parameters(contract, other):
            yield name, f"/{name}"


def created_job_id(contract: Contract, exchange: Exchange) -> str | int | None:
    """Return the id of the job that a successful creation created, None where it shows none.

    It is looked for where the target file says, where the document says, in the Location header and
    the links of the body, and in the usual places. It has the type that the contract gives it.
    """
    operation, status = exchange.operation or "", exchange.status or 0
    type_ = id_type(contract, operation, status)
    location = contract.lifecycle.locations[operation]
    value: Any = shown_id(contract, operation, exchange, exchange.json)
    if value is not None:
        return value if isinstance(value, int) else str(value)
    if (linked := _linked_id(contract, exchange)) is not None and type_ is str:
        return linked
    own = set(map(str, exchange.path_parameters.values()))
    names = (location.id.rpartition("/")[2], *USUAL_NAMES)
    for pointer in (f"{wrapper}/{name}" for wrapper in USUAL_WRAPPERS for name in names):
        value = value_at(exchange.json, pointer)
        if type(value) is type_ and value != "" and str(value) not in own:
            return value if isinstance(value, int) else str(value)
    return None


def shown_id(
    contract: Contract, operation_id: str, exchange: Exchange, item: Any, type_: type | None = None
) -> str | int | None:
    """Return the id of a job where the target file or the lifecycle says, None without one.

    `item` is the body, or what a list has of the job. An id of another type than `type_`, by
    default that of the contract, identifies no job.
    """
    location = contract.lifecycle.locations[operation_id]
    type_ = type_ or id_type(contract, operation_id, exchange.status or 0)
    in_link = location.id_header is not None or location.id_link is not None
    places = (location.configured_id, None if in_link else location.id)
    for pointer in (place for place in places if place is not None):
        value = value_at(item, pointer)
        if type(value) is type_ and value != "":
            return value if isinstance(value, int) else str(value)
    headers = exchange.response.headers if exchange.response else {}
    return location.id_in(item, headers) if in_link else None


def _linked_id(contract: Contract, exchange: Exchange) -> str | None:
    """Return the id in the Location header, or in a link of the body to the poll of the job."""
    poll = contract.lifecycle.actions["poll"].operation
    name = job_parameter(contract, poll)
    if name is None or exchange.response is None:
        return None
    template = contract.operations[poll].path
    header = exchange.response.headers.get("Location", "")
    for text in (header, *strings_in(exchange.json)):
        url = parse_url(text, exchange.request.url) if text else None
        if url is not None and (values := match_path(template, url.path)):
            return values[name]
    return None


def missing_id_reason(contract: Contract, exchanges: Iterable[Exchange]) -> str | None:
    """Return why no job of the run is known: no creation succeeded, or showed an id; else None."""
    create = contract.lifecycle.actions["create"].operation
    creations = [e for e in exchanges if e.operation == create and e.status is not None]
    successes = [e for e in creations if 200 <= (e.status or 0) < 300]
    if creations and not successes:
        names = ", ".join(account_parameters(contract, contract.operations[create]))
        advice = f" (it may need `values` in the target file for {names})" if names else ""
        return f"no {create} succeeded, the first was answered {creations[0].status}{advice}"
    if not successes or any(created_job_id(contract, e) is not None for e in successes):
        return None
    return f"{create} was answered {successes[0].status}: {expected_id(contract, successes[0])}"


def expected_id(contract: Contract, exchange: Exchange) -> str:
    """Return where the id of a creation was expected, and what the response was."""
    location = contract.lifecycle.locations[exchange.operation or ""]
    place = location.configured_id or location.id or location.id_link
    place = place or f"the end of the header {location.id_header}"
    return (
        f"expected the id at {place}, got {_shown(exchange)} "
        "(`job_id` in the target file says where it is)"
    )


def _shown(exchange: Exchange) -> str:
    if exchange.json is NOT_JSON:
        size = len(exchange.response_body)
        return f"a body of {size} bytes that is not JSON" if size else "no body"
    text = json.dumps(exchange.json, ensure_ascii=False)
    return text if len(text) <= MAX_BODY_SHOWN else f"{text[:MAX_BODY_SHOWN]}…"
