"""What a run knows of jobs: the states around a request, and the requests to each job."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.checks.registry import HistoryCase
from conformance.contract_queries import job_parameter, request_parameters
from conformance.http.exchange import Exchange
from conformance.job_client import LIFECYCLE, PROBE
from conformance.target.config import PRIMARY, READER
from conformance.target.tracker import JobHistory, Observation


@dataclass(frozen=True, slots=True)
class ObservedRequest:
    """A request to a job between the states seen last before and first after it."""

    job: JobHistory
    exchange: Exchange
    before: Observation | None
    after: Observation | None


class JobTimeline:
    """The well-asked, answered requests to jobs, by the part they play in the lifecycle."""

    def __init__(self, case: HistoryCase) -> None:
        self._case = case
        self._found: dict[str, Mapping[str, list[Exchange]]] = {}
        self._ended: Mapping[str, list[int]] | None = None

    def requests(self, role: str) -> Iterator[ObservedRequest]:
        """Yield the requests in the part `role` to each job, job by job, in order."""
        for job in self._case.jobs:
            yield from self.requests_to(job, role)

    def requests_to(self, job: JobHistory, role: str) -> Iterator[ObservedRequest]:
        """Yield the requests in the part `role` to one job, in order."""
        numbers = [sighting.exchange.number for sighting in job.observations]
        for exchange in self._by_job(role).get(job.id, ()):
            earlier = bisect_left(numbers, exchange.number)
            later = bisect_right(numbers, exchange.number)
            yield ObservedRequest(
                job,
                exchange,
                job.observations[earlier - 1] if earlier else None,
                job.observations[later] if later < len(numbers) else None,
            )

    def ended_by_us(self, job: JobHistory, start: Exchange | None, end: Exchange) -> bool:
        """Tell whether anybody in this run deleted or cancelled a job between two exchanges."""
        first = start.number if start else 0
        return any(first < number < end.number for number in self._endings().get(job.id, ()))

    def _endings(self) -> Mapping[str, list[int]]:
        if self._ended is None:
            self._ended = self._collect_endings()
        return self._ended

    def _collect_endings(self) -> Mapping[str, list[int]]:
        contract = self._case.contract
        parts = [contract.lifecycle.roles.get(role) for role in ("delete", "cancel")]
        named = {p.operation: job_parameter(contract, p.operation) for p in parts if p}
        found: dict[str, list[int]] = defaultdict(list)
        for exchange in self._case.exchanges:
            name = named.get(exchange.operation or "")
            if name and succeeded(exchange):
                found[str(request_parameters(exchange).get(name))].append(exchange.number)
        return found

    def _by_job(self, role: str) -> Mapping[str, list[Exchange]]:
        if role not in self._found:
            self._found[role] = self._collect(role)
        return self._found[role]

    def _collect(self, role: str) -> Mapping[str, list[Exchange]]:
        part = self._case.contract.lifecycle.roles.get(role)
        name = job_parameter(self._case.contract, part.operation) if part else None
        found: dict[str, list[Exchange]] = defaultdict(list)
        for exchange in self._case.exchanges:
            if part and name and exchange.operation == part.operation and _is_evidence(exchange):
                found[str(request_parameters(exchange).get(name))].append(exchange)
        return found

    def possible_states(self, sighting: Observation | None) -> frozenset[str]:
        """Return the states of the lifecycle that a sighting may stand for; none if unknown."""
        lifecycle = self._case.contract.lifecycle
        return lifecycle.named(sighting.state) if sighting else frozenset()

    def surely_in(self, sighting: Observation | None, states: Sequence[str]) -> bool:
        """Tell whether a sighting surely is one of `states`."""
        found = self.possible_states(sighting)
        return bool(found) and found <= set(states)


def _is_evidence(exchange: Exchange) -> bool:
    # Only these know what they ask: others combine values that are valid, but not together.
    if exchange.driver not in {LIFECYCLE, PROBE}:
        return False
    received = exchange.response
    # Its status counts even where its body broke off, which `complete_body` judges.
    if received is None or exchange.valid is not True:
        return False
    return exchange.request.role in {PRIMARY, READER} and received.status < 500


def succeeded(exchange: Exchange) -> bool:
    """Tell whether an answer is a success or a redirect."""
    return exchange.status is not None and exchange.status < 400
