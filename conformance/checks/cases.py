"""What a check is given: an exchange that it applies to, or the histories of the jobs."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from conformance.checks import Responses
from conformance.contract_queries import ABSENT, job_parameter, request_parameters, value_at
from conformance.http import Exchange, RecordedResponse
from conformance.job_client import ACTIVE_CHECK, DOWNLOAD, LIFECYCLE, redirect_url
from conformance.target import PRIMARY, READER
from conformance.target.credentials import DRIVER as CREDENTIALS
from conformance.target.tracker import JobHistory, Observation
from specs import Contract, Operation, Requirement

# The statuses with which a server answers an operation that it does not have.
NOT_OFFERED: Final = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class ExchangeCase:
    """An exchange whose response a check applies to; `statuses` is that argument of its row.

    The exchange is one of the requirement's operation (of any, where it names none).
    """

    contract: Contract
    requirement: Requirement
    exchange: Exchange
    response: RecordedResponse
    statuses: Sequence[int] = ()

    @property
    def operation(self) -> Operation:
        """The operation of the exchange."""
        return self.contract.operations[self.exchange.operation or ""]

    @property
    def expected_statuses(self) -> Sequence[int]:
        """The argument `statuses`, or the successes and redirects of the operation."""
        return self.statuses or _successes(self.contract, self.requirement)


def exchange_case(
    contract: Contract, requirement: Requirement, exchange: Exchange, responses: Responses
) -> ExchangeCase | None:
    """Return the case of an exchange, None where the requirement's check does not apply to it."""
    response = exchange.response
    arguments = requirement.check.arguments if requirement.check else {}
    statuses = arguments.get("statuses", ())
    if response is None:
        return None
    if responses is not Responses.ANY:
        if exchange.operation is None:
            return None
        expected = statuses
        if responses is Responses.SUCCESSFUL and not statuses:
            expected = _successes(contract, requirement)
        if (expected and response.status not in expected) or not _is_own(contract, exchange):
            return None
    return ExchangeCase(contract, requirement, exchange, response, statuses)


def _is_own(contract: Contract, exchange: Exchange) -> bool:
    """Return True for a complete response of the exchange's operation itself."""
    request, response = exchange.request, exchange.response
    if response is None or not response.complete or exchange.operation is None:
        return False
    # With an empty parameter the path may be another resource: /jobs/ is the list in many servers.
    if "" in exchange.path_parameters.values():
        return False
    if request.method != contract.operations[exchange.operation].method:
        return False
    # A gateway that rejects malformed bytes may not know the vendor's error body.
    return response.status < 400 or not request.is_malformed


def _successes(contract: Contract, requirement: Requirement) -> Sequence[int]:
    operation = contract.operations[requirement.operation or ""]
    return tuple({200, 201, 202, *(s for s in operation.responses if s < 400)})


def is_echo(exchange: Exchange, error: jsonschema_rs.ValidationError) -> bool:
    """Return True for a number that is out of bounds only because it is the request's own.

    No source states the bounds of pages and offsets: they are those of our contract.
    """
    bounds = jsonschema_rs.ValidationErrorKind.Maximum | jsonschema_rs.ValidationErrorKind.Minimum
    requested = {value for _, value in exchange.request.query}
    return isinstance(error.kind, bounds) and str(error.instance) in requested


@dataclass(frozen=True, slots=True)
class ObservedRequest:
    """A request to a job, between the last observation before it and the first one after it."""

    job: JobHistory
    exchange: Exchange
    before: Observation | None
    after: Observation | None


@dataclass(frozen=True)
class JobRequests:
    """The exchanges of a run by what they do to which job; worked out once for all requirements."""

    contract: Contract
    exchanges: Sequence[Exchange]

    @cached_property
    def numbers(self) -> Sequence[int]:
        """The numbers of the exchanges."""
        return [exchange.number for exchange in self.exchanges]

    @cached_property
    def evidence(self) -> Mapping[tuple[str, str], list[Exchange]]:
        """The valid, answered requests by action and job."""
        evidence: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
        for exchange in filter(_is_evidence, self.exchanges):
            for action, id_ in self._acted_on(exchange):
                evidence[action, id_].append(exchange)
        return evidence

    @cached_property
    def ends(self) -> Mapping[str, list[int]]:
        """The numbers of the exchanges that deleted or cancelled a job, by its id.

        A request without a response may have been carried out.
        """
        ends: dict[str, list[int]] = defaultdict(list)
        for exchange in (e for e in self.exchanges if succeeded(e) or e.failure is not None):
            for action, id_ in self._acted_on(exchange):
                if action in {"delete", "cancel"}:
                    ends[id_].append(exchange.number)
        return ends

    def _acted_on(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """Yield the actions of a request, and the id of its job."""
        for action, name in self._actions.get(exchange.operation or "", ()):
            yield action, str(request_parameters(exchange).get(name))

    @cached_property
    def _actions(self) -> Mapping[str, list[tuple[str, str]]]:
        """The actions by operation, each with the parameter that takes a job's id."""
        actions: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for action in self.contract.lifecycle.actions.values():
            if name := job_parameter(self.contract, action.operation):
                actions[action.operation].append((action.name, name))
        return actions


@dataclass(frozen=True)
class HistoryCase:
    """All jobs that the run has observed, and all exchanges."""

    requirement: Requirement
    jobs: Sequence[JobHistory]
    sent: JobRequests

    @property
    def contract(self) -> Contract:
        """The contract by which the run is judged."""
        return self.sent.contract

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """All exchanges of the run."""
        return self.sent.exchanges

    def requests(self, action: str) -> Iterator[ObservedRequest]:
        """Yield the valid, answered requests of an action (`poll`, `fetch`, …), job by job."""
        for job in self.jobs:
            yield from self.requests_to(job, action)

    def requests_to(self, job: JobHistory, action: str) -> Iterator[ObservedRequest]:
        """Yield the valid, answered requests of an action to one job, in order."""
        numbers = [observation.exchange.number for observation in job.observations]
        for exchange in self.sent.evidence.get((action, job.id), ()):
            earlier = bisect_left(numbers, exchange.number)
            later = bisect_right(numbers, exchange.number)
            yield ObservedRequest(
                job,
                exchange,
                job.observations[earlier - 1] if earlier else None,
                job.observations[later] if later < len(numbers) else None,
            )

    def followed(self, fetch: Exchange) -> list[Exchange]:
        """Return a fetch and what its redirects led to, as far as they were followed."""
        chain = [fetch]
        for exchange in islice(self.exchanges, bisect_right(self.sent.numbers, fetch.number), None):
            if exchange.driver == CREDENTIALS:
                continue
            is_repeated = exchange.request.url == chain[-1].request.url  # without a credential
            if exchange.driver != DOWNLOAD or not (is_repeated or redirect_url(chain[-1])):
                break
            chain.append(exchange)
        return chain

    def ended_by_us(self, job: JobHistory, start: Exchange | None, end: Exchange) -> bool:
        """Return True if this run deleted or cancelled a job between two exchanges."""
        first = start.number if start else 0
        return any(first < number < end.number for number in self.sent.ends.get(job.id, ()))

    def possible_states(self, observation: Observation | None) -> frozenset[str]:
        """Return the lifecycle states that an observed name may stand for; none if unknown."""
        return observation.states if observation else frozenset()

    def surely_in(self, observation: Observation | None, states: Sequence[str]) -> bool:
        """Return True if an observation can only be one of `states`."""
        possible = self.possible_states(observation)
        return bool(possible) and possible <= set(states)


def _is_evidence(exchange: Exchange) -> bool:
    # Other drivers combine values that are valid one by one, but may not be so together.
    if exchange.driver not in {LIFECYCLE, ACTIVE_CHECK}:
        return False
    response = exchange.response
    # The status counts even where the body is incomplete, which `complete_body` judges.
    if response is None or exchange.valid is not True:
        return False
    return exchange.request.role in {PRIMARY, READER} and response.status < 500


def succeeded(exchange: Exchange) -> bool:
    """Return True for a success or a redirect."""
    return exchange.status is not None and exchange.status < 400


def requested_value(job: JobHistory, pointers: Sequence[str]) -> Any:
    """Return what the creation of a job has at the first of `pointers` that is there."""
    if job.creation is None:
        return ABSENT
    values = (value_at(job.creation.request.json, pointer) for pointer in pointers)
    return next((value for value in values if value is not ABSENT), ABSENT)
