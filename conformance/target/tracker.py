"""What the run has seen of jobs, and what it has made itself and may therefore change."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.contract_queries import create_operations, created_ids, id_parameters, id_type
from conformance.http.exchange import Exchange
from specs import Contract
from specs.pointer import find


class Observation(NamedTuple):
    """A job seen in a state (its name on the wire) by an exchange."""

    exchange: Exchange
    state: str


@dataclass(slots=True)
class JobHistory:
    """One job as the run saw it, in order.

    `scope` joins the path parameters that are not its id (Talkdesk: the report type). `creation` is
    the exchange that created it, None where this run did not.
    """

    id: str
    scope: str
    creation: Exchange | None = None
    observations: list[Observation] = field(default_factory=list)

    @property
    def created_by_us(self) -> bool:
        """True where this run created the job."""
        return self.creation is not None


class ResourceTracker:
    """Jobs by id, and the ids of everything that this run has made."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._jobs: dict[str, JobHistory] = {}
        self._created: dict[str, dict[str, Exchange]] = {}
        self._create_operations = create_operations(contract)

    @property
    def jobs(self) -> tuple[JobHistory, ...]:
        """The jobs in the order in which they were first seen."""
        return tuple(self._jobs.values())

    def created(self, parameter: str) -> tuple[str, ...]:
        """Return the ids that this run made for a path or query parameter, oldest first."""
        return tuple(self._created.get(parameter, ()))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters for which this run made ids."""
        return tuple(self._created)

    def origins(self, parameter: str) -> tuple[tuple[str, Exchange], ...]:
        """Return the ids that this run made for a parameter, with the exchange that made each."""
        return tuple(self._created.get(parameter, {}).items())

    def observe(self, exchange: Exchange) -> None:
        """Take note of the jobs and ids in a successful answer."""
        if exchange.operation is None or exchange.status is None or exchange.status >= 400:
            return
        for parameter, value in created_ids(self._contract, exchange):
            self._created.setdefault(parameter, {}).setdefault(value, exchange)
        for id_, state in self._observations(exchange):
            history = self._job(id_, exchange)
            if state is not None:
                history.observations.append(Observation(exchange, state))

    def _job(self, id_: str, exchange: Exchange) -> JobHistory:
        request = exchange if exchange.operation in self._create_operations else None
        if id_ not in self._jobs:
            rest = (str(v) for v in exchange.path_parameters.values() if str(v) != id_)
            self._jobs[id_] = JobHistory(id_, "/".join(rest), request)
        return self._jobs[id_]

    def _observations(self, exchange: Exchange) -> Iterator[tuple[str, str | None]]:
        location = self._contract.lifecycle.locations.get(exchange.operation or "")
        if location is None:
            return
        asked = self._requested_id(exchange)
        kind = id_type(self._contract, exchange.operation or "", exchange.status or 0)
        for item in _items(exchange.json, location.items):
            id_ = asked or _value(item, location.id)
            state = _value(item, location.status)
            if asked or type(id_) is kind:
                yield str(id_), state if isinstance(state, str) else None

    def _requested_id(self, exchange: Exchange) -> str | None:
        """The id that the request named: a wrong one in the body is not this job's history."""
        if exchange.operation in self._create_operations:
            return None
        operation = self._contract.operations[exchange.operation or ""]
        names = [n for n in id_parameters(self._contract, operation) if n in operation.path]
        values: Mapping[str, Any] = exchange.path_parameters
        return str(values[names[0]]) if len(names) == 1 and names[0] in values else None


def _items(body: Any, pointer: str | None) -> Iterable[Any]:
    if pointer is None:
        return [body]
    items = _value(body, pointer)
    return items if isinstance(items, list) else []


def _value(body: Any, pointer: str | None) -> Any:
    if pointer is None:
        return None
    try:
        return find(body, pointer)
    except (LookupError, TypeError):
        return None
