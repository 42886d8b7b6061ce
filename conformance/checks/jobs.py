"""History judges of a job's facts: its id, what was asked for, what stays as it is."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from conformance.checks.datetimes import request_json, same_instant
from conformance.checks.job_timeline import JobTimeline, ObservedRequest, succeeded
from conformance.checks.registry import HistoryCase, history_check
from conformance.contract_queries import ABSENT, job_parameter, value_at
from conformance.http.exchange import Exchange
from conformance.target.tracker import JobHistory, Observation
from conformance.verdict import CheckResult, failed, passed, skipped


@history_check("unique_ids")
def unique_ids(case: HistoryCase) -> Iterator[CheckResult]:
    """No two successful creations answer with the same id, whatever operation creates."""
    creating = _create_operations(case)
    seen: dict[str, Exchange] = {}
    compared = False
    for exchange in case.exchanges:
        pointer = creating.get(exchange.operation or "")
        id_ = value_at(exchange.json, pointer) if pointer and succeeded(exchange) else None
        if not isinstance(id_, str | int):
            continue
        compared = compared or bool(seen)
        if str(id_) in seen:
            yield failed(f"the id {id_!r} was given twice", seen[str(id_)], exchange)
        elif seen:
            yield passed(exchange)
        seen.setdefault(str(id_), exchange)
    if not compared:
        yield skipped("fewer than two creations answered with an id")


def _create_operations(case: HistoryCase) -> dict[str, str]:
    """Return where the new id sits, for each operation that makes jobs."""
    return {
        name: location.id
        for name, location in case.contract.lifecycle.locations.items()
        if case.contract.operations[name].method == "POST"
        and job_parameter(case.contract, name) is None
    }


@history_check("created_is_readable")
def created_is_readable(case: HistoryCase) -> Iterator[CheckResult]:
    """The first well-asked look at a created job finds it."""
    histories = JobTimeline(case)
    looked = False
    for job in case.jobs:
        first = next(histories.requests_to(job, "poll"), None)
        if job.creation is None or first is None:
            continue
        looked = True
        if succeeded(first.exchange):
            yield passed(first.exchange)
        else:
            reason = f"the job {job.id} was created, then answered {first.exchange.status}"
            yield failed(reason, job.creation, first.exchange)
    if not looked:
        yield skipped("no created job was looked at")


@history_check("immutable_fields")
def immutable_fields(case: HistoryCase, *, pointers: Sequence[str]) -> Iterator[CheckResult]:
    """The values at `pointers` stay as they were first seen, over all looks at a job."""
    histories = JobTimeline(case)
    compared = False
    for job in case.jobs:
        first: dict[str, tuple[Any, Exchange]] = {}
        for around in histories.requests_to(job, "poll"):
            for pointer in pointers:
                value = value_at(around.exchange.json, pointer)
                if value is ABSENT:
                    continue
                before, exchange = first.setdefault(pointer, (value, around.exchange))
                compared = compared or exchange is not around.exchange
                if before != value:
                    reason = f"{pointer} of the job {job.id} was {before!r}, then {value!r}"
                    yield failed(reason, exchange, around.exchange)
                    return
    yield passed() if compared else skipped("no job showed these facts twice")


@history_check("job_echoes_request")
def job_echoes_request(
    case: HistoryCase, *, pointer: str, asked: Sequence[str]
) -> Iterator[CheckResult]:
    """A job shows at `pointer` what its creation asked for at the first of `asked` present."""
    histories = JobTimeline(case)
    compared = False
    for job in case.jobs:
        wanted = _requested_value(job, asked)
        if wanted is ABSENT:
            continue
        for around in histories.requests_to(job, "poll"):
            value = value_at(around.exchange.json, pointer)
            if value is ABSENT or job.creation is None:
                continue
            compared = True
            if _same(value, wanted):
                yield passed(around.exchange)
            else:
                reason = f"{pointer} is {value!r}, asked for was {wanted!r}"
                yield failed(reason, job.creation, around.exchange)
    if not compared:
        yield skipped("no job showed what had been asked for")


def _requested_value(job: JobHistory, asked: Sequence[str]) -> Any:
    if job.creation is None:
        return ABSENT
    body = request_json(job.creation)
    found = (value_at(body, pointer) for pointer in asked)
    return next((value for value in found if value is not ABSENT), ABSENT)


def _same(shown: Any, asked: Any) -> bool:
    """Compare member by member what is there on both sides; moments by what they mean."""
    if isinstance(shown, dict) and isinstance(asked, dict):
        return all(_same(shown[name], asked[name]) for name in shown.keys() & asked.keys())
    return same_instant(shown, asked)


@history_check("no_backward_transition")
def no_backward_transition(case: HistoryCase, *, states: Sequence[str]) -> Iterator[CheckResult]:
    """From `states` a job only goes on along edges of lifecycle.yaml, any number at once."""
    histories = JobTimeline(case)
    reached = False
    for job in case.jobs:
        known = [sighting for sighting in job.observations if histories.possible_states(sighting)]
        for earlier, later in pairwise(known):
            # Whether what has ended may be deleted on top is the vendor's own affair.
            if histories.surely_in(earlier, states) and not histories.ended_by_us(
                job, earlier.exchange, later.exchange
            ):
                reached = True
                yield _move(case, histories, job, (earlier, later))
    if not reached:
        yield skipped(f"no job was seen again after {_words(case, states)}")


def _move(
    case: HistoryCase,
    histories: JobTimeline,
    job: JobHistory,
    seen: tuple[Observation, Observation],
) -> CheckResult:
    lifecycle = case.contract.lifecycle
    earlier, later = seen
    starts, ends = histories.possible_states(earlier), histories.possible_states(later)
    if any(end == start or end in lifecycle.reachable(start) for start in starts for end in ends):
        return passed(later.exchange)
    reason = f"the job {job.id} was {earlier.state} and then {later.state}"
    return failed(reason, earlier.exchange, later.exchange)


def _words(case: HistoryCase, states: Sequence[str]) -> str:
    wires = {case.contract.lifecycle.wire(state): None for state in states}
    return " or ".join(wires)


@history_check("file_available_in")
def file_available_in(case: HistoryCase, *, states: Sequence[str]) -> Iterator[CheckResult]:
    """The file of a job that was seen in `states`, and in no other after, is given out."""
    histories = JobTimeline(case)
    reached = False
    for around in histories.requests("fetch"):
        stayed = around.after is None or histories.surely_in(around.after, states)
        if histories.surely_in(around.before, states) and stayed:
            seen = around.before.exchange if around.before else None
            if histories.ended_by_us(around.job, seen, around.exchange):
                continue
            reached = True
            yield _given(around)
    if not reached:
        yield skipped(f"no file was asked for while a job was {_words(case, states)}")


def _given(around: ObservedRequest) -> CheckResult:
    if succeeded(around.exchange):
        return passed(around.exchange)
    state = around.before.state if around.before else ""
    status = around.exchange.status
    reason = f"the job {around.job.id} is {state}, but its file is refused by {status}"
    proof = (around.before.exchange,) if around.before else ()
    return failed(reason, *proof, around.exchange)


@history_check("file_unavailable_in")
def file_unavailable_in(case: HistoryCase, *, states: Sequence[str]) -> Iterator[CheckResult]:
    """No file is given out while a job surely is in one of `states`.

    In a state that can lead on to a file, only a request between two sightings tells.
    """
    histories = JobTimeline(case)
    passing = _lead_to_file(case, states)
    reached = False
    for around in histories.requests("fetch"):
        stayed = not passing or histories.surely_in(around.after, states)
        if histories.surely_in(around.before, states) and stayed:
            reached = True
            yield _withheld(around)
    if not reached:
        yield skipped(f"no file was asked for while a job was {_words(case, states)}")


def _lead_to_file(case: HistoryCase, states: Sequence[str]) -> bool:
    lifecycle = case.contract.lifecycle
    onward = {end for state in states for end in lifecycle.reachable(state)}
    return any(lifecycle.states[name].file for name in onward)


def _withheld(around: ObservedRequest) -> CheckResult:
    if not succeeded(around.exchange):
        return passed(around.exchange)
    state = around.before.state if around.before else ""
    reason = f"the job {around.job.id} is {state}, but a file is given out"
    proof = [s.exchange for s in (around.before, around.after) if s is not None]
    return failed(reason, around.exchange, *proof)
