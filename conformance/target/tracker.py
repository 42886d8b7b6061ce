"""Tracks what a run has observed of jobs, and what it has created and may therefore change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.contract_queries import (
    create_operations,
    id_parameters,
    id_type,
    job_parameter,
    request_parameters,
    value_at,
)
from conformance.http.exchange import Exchange
from conformance.target.job_ids import created_ids, created_job_id
from specs import Contract
from specs.lifecycle import Location


class Observation(NamedTuple):
    """A job in a state (its name on the wire), as an exchange shows it."""

    exchange: Exchange
    state: str


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
        for id_, state in self._shown_jobs(exchange, exchange.operation, exchange.status):
            job = self._job(id_, exchange)
            if state is not None:
                job.observations.append(Observation(exchange, state))
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

    def _shown_jobs(
        self, exchange: Exchange, operation_id: str, status: int
    ) -> Iterator[tuple[str, str | None]]:
        """Yield id and state (None where there is none) of the jobs in a response."""
        location = self._contract.lifecycle.locations.get(operation_id)
        if location is None:
            return
        if operation_id in self._create_operations and location.items is None:
            id_: Any = created_job_id(self._contract, exchange)
            if id_ is not None:
                yield str(id_), _state(exchange.json, location)
            return
        requested = self._requested_id(exchange)
        type_ = id_type(self._contract, operation_id, status)
        for item in _items(exchange.json, location.items):
            id_ = requested or value_at(item, location.configured_id or location.id)
            if requested or type(id_) is type_:
                yield str(id_), _state(item, location)

    def _requested_id(self, exchange: Exchange) -> str | None:
        """Return the id in the request's path: a wrong one in the body is another requirement."""
        operation = self._contract.operations[exchange.operation or ""]
        names = [n for n in id_parameters(self._contract, operation) if n in operation.path]
        if len(names) != 1 or names[0] not in exchange.path_parameters:
            return None
        return str(exchange.path_parameters[names[0]])


def _state(item: Any, location: Location) -> str | None:
    state = value_at(item, location.status) if location.status is not None else None
    return state if isinstance(state, str) else None


def _items(body: Any, pointer: str | None) -> Iterable[Any]:
    items = [body] if pointer is None else value_at(body, pointer)
    return items if isinstance(items, list) else []
