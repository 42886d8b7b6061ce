"""What a request met: the states of jobs, their order and durations, and other resources."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from conformance.contract_queries import job_parameter, request_parameters
from conformance.http import SAFE_METHODS, Exchange
from conformance.target.client import Client, Mark
from conformance.target.tracker import JobHistory, Observation, created_ids
from specs import Contract

Json = dict[str, Any]
_INTERFERING: Final = frozenset({"delete", "cancel", "start"})


@dataclass(slots=True)
class _Stay:
    """A job in one state: when it was first and last seen there, and last seen before that."""

    state: str
    before: Mark | None
    first: Mark
    last: Mark
    first_number: int
    last_number: int


@dataclass
class JobTimes:
    """The states of a run's jobs in their order, with the seconds that each lasted."""

    client: Client
    exchanges: Sequence[Exchange]
    _actions: dict[str, list[tuple[int, str]]] = field(init=False)
    _states: dict[int, str] = field(init=False)
    _jobs: Mapping[str, JobHistory] = field(init=False)
    _acting: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        contract = self.client.contract
        actions = contract.lifecycle.actions.items()
        self._acting = {action.operation: name for name, action in actions if name in _INTERFERING}
        self._jobs = {job.id: job for job in self.client.jobs}
        self._states = {
            seen.exchange.number: seen.state
            for job in self.client.jobs
            for seen in job.observations
            if self._shows_one_job(seen.exchange)
        }
        self._actions = defaultdict(list)
        for exchange in self.exchanges:
            name = self._acting.get(exchange.operation or "")
            if name and exchange.status is not None and exchange.status < 400:
                self._actions[self.job_id(exchange) or ""].append((exchange.number, name))

    def _shows_one_job(self, exchange: Exchange) -> bool:
        location = self.client.contract.lifecycle.locations.get(exchange.operation or "")
        return location is not None and location.items is None

    def job_id(self, exchange: Exchange) -> str | None:
        """Return the id of the job that a request names, None where it names none."""
        name = job_parameter(self.client.contract, exchange.operation or "")
        return str(request_parameters(exchange).get(name)) if name else None

    def creation(self, exchange: Exchange) -> Exchange | None:
        """Return the exchange that created the job of a request, None where this run did not."""
        job = self._jobs.get(self.job_id(exchange) or "")
        return job.creation if job else None

    def shown_state(self, exchange: Exchange) -> str | None:
        """Return the state of the one job that a response shows."""
        return self._states.get(exchange.number)

    def action_before(self, exchange: Exchange) -> str | None:
        """Return what this run last did to the job of a request (`cancel`), None where nothing."""
        id_ = self.job_id(exchange) or ""
        done = [name for number, name in self._actions[id_] if number < exchange.number]
        return done[-1] if done else ("force" if id_ in self.client.forced else None)

    def situation(self, exchange: Exchange) -> str | None:
        """Return in which state the job of a request is: empty without one, None where unknown."""
        id_ = self.job_id(exchange)
        job = self._jobs.get(id_ or "")
        if job is None:
            return ""
        acted = self.action_before(exchange)
        if acted in {"delete", "cancel"}:
            return f"job after {acted}"
        suffix = f" after {acted}" if acted else ""
        if state := self.shown_state(exchange):
            return f"job {state}{suffix}"
        before = [o.state for o in job.observations if o.exchange.number < exchange.number][-1:]
        after = [o.state for o in job.observations if o.exchange.number > exchange.number][:1]
        if not before and not after:
            return f"job without a state{suffix}" if self._waits(acted) else None
        if before and (before == after or self._stays(before[0])):
            return f"job {before[0]}{suffix}"
        return None

    def _waits(self, acted: str | None) -> bool:
        """Return whether time alone changes no job that nobody has looked at."""
        lifecycle = self.client.contract.lifecycle
        moves = lifecycle.reachable(lifecycle.initial, frozenset({"time"}))
        return acted == "force" or (acted is None and not moves)

    def _stays(self, state: str) -> bool:
        lifecycle = self.client.contract.lifecycle
        names = lifecycle.states_named(state)
        by_time = frozenset({"time"})
        return bool(names) and not any(lifecycle.reachable(name, by_time) for name in names)

    def ended(self) -> Iterator[tuple[JobHistory, str]]:
        """Yield the jobs of this run that time alone led to an end, with the state of that end."""
        for job in self._jobs.values():
            stays = list(self._undisturbed(job)) if job.creation is not None else []
            if stays and self._stays(stays[-1].state):
                yield job, stays[-1].state

    def to_json(self) -> Json:
        """Return the orders of states, and the least and most seconds that each may have lasted.

        Jobs that were watched closely say it best; without any, all jobs of the run do.
        """
        watched = self.client.watched
        orders: Counter[str] = Counter()
        durations: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for job in self._jobs.values():
            if job.creation is None or (watched and job.id not in watched):
                continue
            stays = list(self._undisturbed(job))
            if stays and self._stays(stays[-1].state):
                orders[" > ".join(stay.state for stay in stays)] += 1
            for state, least, most in self._durations(job, stays):
                durations[state].append((least, most))
        return {
            "watched": bool(watched),
            "orders": dict(sorted(orders.items())),
            "seconds": {state: _merged(rows) for state, rows in sorted(durations.items())},
        }

    def _durations(
        self, job: JobHistory, stays: Sequence[_Stay]
    ) -> Iterator[tuple[str, float, float]]:
        """Yield the states that time alone ended, with the least and most seconds of each."""
        created = self.client.marks[job.creation.number] if job.creation else None
        starts = [number for number, name in self._actions.get(job.id, ()) if name == "start"]
        for stay, following in pairwise(stays):
            if not any(stay.last_number < n < following.first_number for n in starts):
                start = stay.before or created
                if start is not None:
                    yield stay.state, self._least(stay), _most(start, following.first)

    def _least(self, stay: _Stay) -> float:
        """Return the seconds that a job surely was in a state.

        A clock that the run moves may stand still otherwise.
        """
        if self.client.has_control:
            return stay.last.moved - stay.first.moved
        return max(0.0, stay.last.sent - stay.first.received)

    def _undisturbed(self, job: JobHistory) -> Iterator[_Stay]:
        """Yield the states of a job up to the first change that this run has caused."""
        end = self._disturbed_at(job)
        yield from self._stays_of(o for o in job.observations if o.exchange.number < end)

    def _disturbed_at(self, job: JobHistory) -> float:
        """Return the number of the exchange with which this run first moved a job, but by starts.

        A start of a job that had ended begins it anew.
        """
        numbers = [n for n, name in self._actions.get(job.id, ()) if name != "start"]
        if job.id in self.client.forced:
            numbers.append(self.client.forced[job.id])
        starts = [n for n, name in self._actions.get(job.id, ()) if name == "start"]
        return min([*numbers, *starts[1:]], default=float("inf"))

    def _stays_of(self, observations: Iterable[Observation]) -> Iterator[_Stay]:
        current: _Stay | None = None
        for seen in observations:
            number = seen.exchange.number
            mark = self.client.marks.get(number)
            if mark is None:
                continue
            if current is None or current.state != seen.state:
                if current is not None:
                    yield current
                before = current.last if current is not None else None
                current = _Stay(seen.state, before, mark, mark, number, number)
            current.last, current.last_number = mark, number
        if current is not None:
            yield current


def _most(start: Mark, end: Mark) -> float:
    """Return the seconds that may have passed between two looks at a job."""
    return end.received + end.moved - start.sent - start.moved


def _merged(rows: Sequence[tuple[float, float]]) -> Json:
    """Return the bounds that hold for all jobs; where none do, the widest, for jobs vary."""
    least, most = max(row[0] for row in rows), min(row[1] for row in rows)
    varies = least > most
    if varies:
        least, most = min(row[0] for row in rows), max(row[1] for row in rows)
    return {"least": round(least, 2), "most": round(most, 2), "jobs": len(rows), "varies": varies}


class ResourceState:
    """What the exchanges so far did to resources: which are deleted, which values are taken."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._deleted: set[tuple[str, str]] = set()
        self._unique = {
            str(row.check.arguments["member"]).removeprefix("/")
            for row in contract.requirements
            if row.check and row.check.name == "rejects_duplicate"
        }
        # Who has a value of a unique member: the id of a resource; None where that is unknown.
        self._holders: dict[tuple[str, str], str | None] = {}

    def observe(self, exchange: Exchange) -> None:
        """Record what an exchange has changed."""
        status = exchange.status
        if exchange.request.method in SAFE_METHODS or (status and 300 <= status < 500):
            return
        is_certain = status is not None and status < 300
        owner = self._owner(exchange) if is_certain else None
        if exchange.request.method == "DELETE" and is_certain:
            self._deleted.update((n, str(v)) for n, v in exchange.path_parameters.items())
        sent = dict(self.unique_values(exchange))
        for key in [k for k, id_ in self._holders.items() if owner is not None and id_ == owner]:
            if exchange.request.method == "DELETE" or key[0] in sent:
                self._holders[key] = None
        for key in sent.items():
            self._holders[key] = owner

    def is_deleted(self, name: str, value: str) -> bool:
        """Return whether the resource that a parameter names was deleted."""
        return (name, value) in self._deleted

    def unique_values(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """Yield name and value, but for its case, of each unique member of a request's body."""
        body = exchange.request.json if self._unique else None
        if isinstance(body, dict):
            for name in sorted(self._unique & body.keys()):
                if isinstance(body[name], str):
                    yield name, body[name].strip().casefold()

    def holder(self, name: str, value: str, exchange: Exchange) -> str | None:
        """Return who has a value: "" for nobody, `taken`, `its own`; None where that is unknown."""
        if (name, value) not in self._holders:
            return ""
        holder = self._holders[name, value]
        own = exchange.path_parameters.values()
        return holder and ("its own" if holder in map(str, own) else "taken")

    def _owner(self, exchange: Exchange) -> str | None:
        ids = [str(value) for value in exchange.path_parameters.values()]
        return next(
            iter(ids or (value for _, value in created_ids(self._contract, exchange))), None
        )
