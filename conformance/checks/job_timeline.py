"""What a run knows about jobs: the requests to each job, and the states observed around them."""

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
    """A request to a job, between the last observation before it and the first one after it."""

    job: JobHistory
    exchange: Exchange
    before: Observation | None
    after: Observation | None


class JobTimeline:
    """The valid, answered requests to jobs, by their action in the lifecycle."""

    def __init__(self, case: HistoryCase) -> None:
        self._case = case
        self._by_action: dict[str, Mapping[str, list[Exchange]]] = {}
        self._ends: Mapping[str, list[int]] | None = None

    def requests(self, action: str) -> Iterator[ObservedRequest]:
        """Yield the requests of an action (`poll`, `fetch`, …), job by job, in order."""
        for job in self._case.jobs:
            yield from self.requests_to(job, action)

    def requests_to(self, job: JobHistory, action: str) -> Iterator[ObservedRequest]:
        """Yield the requests of an action to one job, in order."""
        numbers = [observation.exchange.number for observation in job.observations]
        if action not in self._by_action:
            self._by_action[action] = self._collect(action)
        for exchange in self._by_action[action].get(job.id, ()):
            earlier = bisect_left(numbers, exchange.number)
            later = bisect_right(numbers, exchange.number)
            yield ObservedRequest(
                job,
                exchange,
                job.observations[earlier - 1] if earlier else None,
                job.observations[later] if later < len(numbers) else None,
            )

    def _collect(self, action_name: str) -> Mapping[str, list[Exchange]]:
        action = self._case.contract.lifecycle.actions.get(action_name)
        name = job_parameter(self._case.contract, action.operation) if action else None
        exchanges: dict[str, list[Exchange]] = defaultdict(list)
        for exchange in self._case.exchanges:
            if (
                action
                and name
                and exchange.operation == action.operation
                and _is_evidence(exchange)
            ):
                exchanges[str(request_parameters(exchange).get(name))].append(exchange)
        return exchanges

    def ended_by_us(self, job: JobHistory, start: Exchange | None, end: Exchange) -> bool:
        """Return True if this run deleted or cancelled a job between two exchanges."""
        if self._ends is None:
            self._ends = self._collect_ends()
        first = start.number if start else 0
        return any(first < number < end.number for number in self._ends.get(job.id, ()))

    def _collect_ends(self) -> Mapping[str, list[int]]:
        contract = self._case.contract
        actions = [contract.lifecycle.actions.get(name) for name in ("delete", "cancel")]
        names = {a.operation: job_parameter(contract, a.operation) for a in actions if a}
        ends: dict[str, list[int]] = defaultdict(list)
        for exchange in self._case.exchanges:
            name = names.get(exchange.operation or "")
            if name and succeeded(exchange):
                ends[str(request_parameters(exchange).get(name))].append(exchange.number)
        return ends

    def possible_states(self, observation: Observation | None) -> frozenset[str]:
        """Return the lifecycle states that an observed name may stand for; none if unknown."""
        lifecycle = self._case.contract.lifecycle
        return lifecycle.states_named(observation.state) if observation else frozenset()

    def surely_in(self, observation: Observation | None, states: Sequence[str]) -> bool:
        """Return True if an observation can only be one of `states`."""
        possible = self.possible_states(observation)
        return bool(possible) and possible <= set(states)


def _is_evidence(exchange: Exchange) -> bool:
    # Other drivers combine values that are valid one by one, but may not be so together.
    if exchange.driver not in {LIFECYCLE, PROBE}:
        return False
    response = exchange.response
    # The status counts even where the body is incomplete, which `complete_body` judges.
    if response is None or exchange.valid is not True:
        return False
    return exchange.request.role in {PRIMARY, READER} and response.status < 500


def succeeded(exchange: Exchange) -> bool:
    """Return True for a success or a redirect."""
    return exchange.status is not None and exchange.status < 400
