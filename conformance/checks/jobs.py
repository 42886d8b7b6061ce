"""History checks of jobs: ids, echoed values, states, and the file that belongs to a state."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from conformance.checks import (
    CheckResult,
    Responses,
    exchange_check,
    failed,
    history_check,
    passed,
    skipped,
)
from conformance.checks.cases import (
    ExchangeCase,
    HistoryCase,
    ObservedRequest,
    requested_value,
    succeeded,
)
from conformance.checks.datetimes import same_instant
from conformance.contract_queries import ABSENT, job_parameter, operation_at, value_at
from conformance.http import REDIRECTS, Exchange
from conformance.job_client import DOWNLOAD, UNFOLLOWED, file_url, is_endless
from conformance.target.tracker import JobHistory, Observation, observed_state, shown_id
from specs import Condition, Location


@history_check("unique_ids", otherwise="fewer than two creations answered with an id")
def unique_ids(case: HistoryCase, *, pointer: str = "") -> Iterator[CheckResult]:
    """No two successful creations answer with the same id, whatever operation creates.

    With `pointer` it is about what the operation of the requirement creates, and the JSON pointer
    to its id; what was deleted may leave its id to another.
    """
    creators = {case.requirement.operation} if pointer else _creations(case)
    creations: dict[str, Exchange] = {}
    for exchange in case.exchanges:
        if pointer and exchange.request.method == "DELETE" and succeeded(exchange):
            for value in exchange.path_parameters.values():
                creations.pop(str(value), None)
        if exchange.operation not in creators or not succeeded(exchange):
            continue
        id_ = value_at(exchange.json, pointer) if pointer else _shown_id(case, exchange)
        if not isinstance(id_, str | int):
            continue
        if str(id_) in creations:
            yield failed(f"the id {id_!r} was assigned twice", creations[str(id_)], exchange)
        elif creations:
            yield passed(exchange)
        creations.setdefault(str(id_), exchange)


def _shown_id(case: HistoryCase, exchange: Exchange) -> str | int | None:
    return shown_id(case.contract, exchange.operation or "", exchange, exchange.json)


def _creations(case: HistoryCase) -> set[str | None]:
    """Return the operations that create jobs and show the new id."""
    return {
        name
        for name in case.contract.lifecycle.locations
        if case.contract.operations[name].method == "POST"
        and job_parameter(case.contract, name) is None
    }


@history_check("created_is_readable", otherwise="no created job was polled")
def created_is_readable(case: HistoryCase) -> Iterator[CheckResult]:
    """The first valid poll of a created job succeeds."""
    for job in case.jobs:
        first = next(case.requests_to(job, "poll"), None)
        if job.creation is None or first is None:
            continue
        if case.ended_by_us(job, job.creation, first.exchange):
            continue
        if succeeded(first.exchange):
            yield passed(first.exchange)
        else:
            reason = f"the job {job.id} was created, then answered {first.exchange.status}"
            yield failed(reason, job.creation, first.exchange)


@history_check("immutable_fields", otherwise="no job showed these fields twice")
def immutable_fields(case: HistoryCase, *, pointers: Sequence[str]) -> Iterator[CheckResult]:
    """The values at `pointers` keep their first value over all polls of a job."""
    compared = False
    for job in case.jobs:
        first: dict[str, tuple[Any, Exchange]] = {}
        for poll in case.requests_to(job, "poll"):
            for pointer in pointers:
                value = value_at(poll.exchange.json, pointer)
                if value is ABSENT:
                    continue
                before, exchange = first.setdefault(pointer, (value, poll.exchange))
                compared = compared or exchange is not poll.exchange
                if before != value:
                    reason = f"{pointer} of the job {job.id} was {before!r}, then {value!r}"
                    yield failed(reason, exchange, poll.exchange)
                    return
    if compared:
        yield passed()


@history_check("job_echoes_request", otherwise="no job showed the requested value")
def job_echoes_request(
    case: HistoryCase, *, pointer: str, requested: Sequence[str]
) -> Iterator[CheckResult]:
    """A job has at `pointer` what its creation requested at the first of `requested` present."""
    for job in case.jobs:
        expected = requested_value(job, requested)
        for poll in case.requests_to(job, "poll"):
            value = value_at(poll.exchange.json, pointer)
            if ABSENT in (expected, value) or job.creation is None:
                continue
            if _matches(value, expected):
                yield passed(poll.exchange)
            else:
                reason = f"{pointer} is {value!r}, requested was {expected!r}"
                yield failed(reason, job.creation, poll.exchange)


def _matches(shown: Any, requested: Any) -> bool:
    """Compare the members that both sides have; date-times by their instant."""
    if isinstance(shown, dict) and isinstance(requested, dict):
        shared = shown.keys() & requested.keys()
        return all(_matches(shown[name], requested[name]) for name in shared)
    return same_instant(shown, requested)


@history_check("no_backward_transition", otherwise="no job was observed again after {states}")
def no_backward_transition(case: HistoryCase, *, states: Sequence[str]) -> Iterator[CheckResult]:
    """From `states` a job only moves along edges of lifecycle.yaml, any number at once."""
    for job in case.jobs:
        known = [seen for seen in job.observations if case.possible_states(seen)]
        for earlier, later in pairwise(known):
            # What happens to a job after its deletion or cancellation is up to the vendor.
            if case.surely_in(earlier, states) and not case.ended_by_us(
                job, earlier.exchange, later.exchange
            ):
                yield _transition_result(case, job, (earlier, later))


def _transition_result(
    case: HistoryCase, job: JobHistory, observations: tuple[Observation, Observation]
) -> CheckResult:
    lifecycle = case.contract.lifecycle
    earlier, later = observations
    starts, ends = case.possible_states(earlier), case.possible_states(later)
    if any(end == start or end in lifecycle.reachable(start) for start in starts for end in ends):
        return passed(later.exchange)
    reason = f"the job {job.id} was {earlier.state} and then {later.state}"
    return failed(reason, earlier.exchange, later.exchange)


@exchange_check("state_is_known", responses=Responses.SUCCESSFUL)
def state_is_known(case: ExchangeCase) -> CheckResult | None:
    """Each job in a response is in a state that lifecycle.yaml knows, as far as it shows one.

    Where members show the state together, they contradict no state alone: a member that is left out
    says nothing.
    """
    lifecycle, operation = case.contract.lifecycle, case.operation.id
    location = lifecycle.locations[operation]
    body: Any = case.response.json
    items = [body] if location.items is None else value_at(body, location.items)
    shown = 0
    for item in items if isinstance(items, list) else ():
        states = lifecycle.states_shown(operation, case.response.status, item)
        if not states and (reason := _unknown_state(location, item)):
            return failed(f"{reason}, which is no state of the {lifecycle.job}")
        shown += bool(states)
    return passed() if shown else None


def _unknown_state(location: Location, item: Any) -> str | None:
    """Return what shows that a job is in an unknown state; None where it may just not be told."""
    if not isinstance(item, dict):
        return None
    if location.shown is None:
        value = value_at(item, location.status) if location.status else ABSENT
        return None if value is ABSENT or value is None else f"{location.status} is {value!r}"
    for conditions in location.shown.values():
        told = [c for c in conditions if c.present is not None or _is_told(item, c)]
        if all(condition.holds(item) for condition in told):
            return None  # what is left out may have any value
    places = dict.fromkeys(c.at for conditions in location.shown.values() for c in conditions)
    values = {at: value_at(item, at) for at in places}
    return ", ".join(f"{at} is {value!r}" for at, value in values.items() if value is not ABSENT)


def _is_told(item: Any, condition: Condition) -> bool:
    value = value_at(item, condition.at)
    return value is not ABSENT and value is not None


@exchange_check("state_has_its_status", responses=Responses.SUCCESSFUL)
def state_has_its_status(case: ExchangeCase) -> CheckResult | None:
    """A response that shows a state has the HTTP status that lifecycle.yaml gives to the state."""
    lifecycle = case.contract.lifecycle
    shown = observed_state(lifecycle, case.exchange, case.response.json)
    if shown is None or not shown.states:
        return None
    actions = [a for a in lifecycle.actions.values() if a.operation == case.operation.id]
    expected = {
        action.status(state, case.operation.success) for action in actions for state in shown.states
    }
    if case.response.status in expected:
        return passed()
    listed = " or ".join(map(str, sorted(expected)))
    return failed(f"{shown.state} is answered {case.response.status}, not {listed}")


_NO_FILE: Final = (
    "no file was fetched while a job was {states} (`known` in the target file may name such jobs)"
)
# Nothing was given out: it is on its way, or there is nothing.
_NO_CONTENT: Final = frozenset({HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})


@history_check("file_available_in", otherwise=_NO_FILE)
def file_available_in(case: HistoryCase, *, states: Sequence[str]) -> Iterator[CheckResult]:
    """The file of a job observed in `states`, and in no other state after, can be fetched."""
    elsewhere = False
    for fetch in case.requests("fetch"):
        stayed = fetch.after is None or case.surely_in(fetch.after, states)
        if fetch.before is None or not case.surely_in(fetch.before, states) or not stayed:
            continue
        if case.ended_by_us(fetch.job, fetch.before.exchange, fetch.exchange):
            continue
        # A list may show that a job is done, and leave to its poll where the file is.
        urls = (file_url(case.contract, seen.exchange) for seen in fetch.job.observations)
        if any(url and url.geturl() != fetch.exchange.request.url for url in urls):
            elsewhere = True
            continue
        followed = case.followed(fetch.exchange)
        if reason := _unavailable_reason(followed):
            reason = f"the job {fetch.job.id} is {fetch.before.state}, but its file {reason}"
            yield failed(reason, fetch.before.exchange, *followed)
        elif _is_success(followed[-1]):
            yield passed(*followed)
        else:
            elsewhere = True
    downloads = [e for e in case.exchanges if e.driver == DOWNLOAD and _is_success(e)]
    if downloads:
        yield passed(downloads[0])
    elif elsewhere:
        yield skipped(UNFOLLOWED)


def _is_success(exchange: Exchange) -> bool:
    return exchange.status is not None and exchange.status < HTTPStatus.MULTIPLE_CHOICES


def _unavailable_reason(followed: Sequence[Exchange]) -> str | None:
    """Return how a fetch, and what its redirects led to, was refused; None if it was not."""
    fetch, last = followed[0], followed[-1]
    if is_endless(followed):
        return f"is answered {fetch.status}, and that redirects for ever"
    if last.status in REDIRECTS and last.response and "Location" not in last.response.headers:
        return f"is answered {last.status} without a Location"
    if last.status is None or not 400 <= last.status < 500:
        return None
    return f"is answered {fetch.status}" + f", which leads to {last.status}" * (last is not fetch)


@history_check("file_unavailable_in", otherwise="no file was fetched while a job was {states}")
def file_unavailable_in(case: HistoryCase, *, states: Sequence[str]) -> Iterator[CheckResult]:
    """No file can be fetched while a job surely is in one of `states`.

    For a state that can lead to a file, only a fetch between two observations is evidence.
    """
    lifecycle = case.contract.lifecycle
    later_states = {end for state in states for end in lifecycle.reachable(state)}
    leads_to_file = any(lifecycle.states[name].file for name in later_states)
    for fetch in case.requests("fetch"):
        stayed = not leads_to_file or case.surely_in(fetch.after, states)
        is_evidence = case.surely_in(fetch.before, states) and stayed
        if is_evidence and (result := _unavailable_result(case, fetch)):
            yield result


def _unavailable_result(case: HistoryCase, fetch: ObservedRequest) -> CheckResult | None:
    """Return whether a fetch brought nothing; None where it cannot be said what it brought."""
    followed = case.followed(fetch.exchange)
    last = followed[-1]
    if not succeeded(last):
        return passed(*followed)
    if not _is_success(last) or last.status in _NO_CONTENT or _is_of_other(case, last):
        return None
    state = fetch.before.state if fetch.before else ""
    evidence = [seen.exchange for seen in (fetch.before, fetch.after) if seen is not None]
    reason = f"the job {fetch.job.id} is {state}, but a file is given out"
    return failed(reason, *followed, *evidence)


def _is_of_other(case: HistoryCase, followed: Exchange) -> bool:
    """Return True where a redirect led to another operation of the contract: that is no file."""
    fetch = case.contract.lifecycle.actions["fetch"].operation
    path = urlsplit(followed.request.url).path
    return operation_at(case.contract, path) not in {None, fetch}
