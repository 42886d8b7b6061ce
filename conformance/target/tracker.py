"""Tracks what a run has observed of jobs, and what it has created and may therefore change."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.contract_queries import (
    create_operations,
    id_parameters,
    job_parameter,
    request_parameters,
    value_at,
)
from conformance.http import Exchange
from conformance.target.job_ids import created_ids, created_job_id, shown_id
from specs import Contract, Lifecycle


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
        self._deleted: set[tuple[str, str]] = set()
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
        return tuple(i for i in self.created(parameter) if (parameter, i) not in self._deleted)

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
            self._deleted |= {(name, str(id_)) for name, id_ in exchange.path_parameters.items()}
        for parameter, value in created_ids(self._contract, exchange):
            self._created.setdefault(parameter, {}).setdefault(value, exchange)
            self._deleted.discard((parameter, value))
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
        for item in _items(exchange.json, location.items):
            id_ = requested or shown_id(self._contract, operation_id, exchange, item)
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
