"""History judges of a job's facts: its id, what was asked for, what stays as it is."""

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.access.ledger import JobHistory
from conformance.checks.base import HistoryCase, history_judge
from conformance.checks.histories import Histories, succeeded
from conformance.checks.reading import same_moment, sent_json
from conformance.contracts.naming import job_parameter
from conformance.contracts.pointing import ABSENT, value_at
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.traffic.exchange import Exchange


@history_judge("unique_ids")
def unique_ids(case: HistoryCase) -> Iterator[Judgement]:
    """No two successful creations answer with the same id, whatever operation creates."""
    creating = _creating(case)
    seen: dict[str, Exchange] = {}
    compared = False
    for exchange in case.exchanges:
        pointer = creating.get(exchange.operation or "")
        id_ = value_at(exchange.json, pointer) if pointer and succeeded(exchange) else None
        if not isinstance(id_, str | int):
            continue
        compared = compared or bool(seen)
        if str(id_) in seen:
            yield broken(f"the id {id_!r} was given twice", seen[str(id_)], exchange)
        elif seen:
            yield kept(exchange)
        seen.setdefault(str(id_), exchange)
    if not compared:
        yield skipped("fewer than two creations answered with an id")


def _creating(case: HistoryCase) -> dict[str, str]:
    """Return where the new id sits, for each operation that makes jobs."""
    return {
        name: location.id
        for name, location in case.contract.lifecycle.locations.items()
        if case.contract.operations[name].method == "POST"
        and job_parameter(case.contract, name) is None
    }


@history_judge("created_is_readable")
def created_is_readable(case: HistoryCase) -> Iterator[Judgement]:
    """The first well-asked look at a created job finds it."""
    histories = Histories(case)
    looked = False
    for job in case.jobs:
        first = next(histories.of(job, "poll"), None)
        if job.request is None or first is None:
            continue
        looked = True
        if succeeded(first.exchange):
            yield kept(first.exchange)
        else:
            reason = f"the job {job.id} was created, then answered {first.exchange.status}"
            yield broken(reason, job.request, first.exchange)
    if not looked:
        yield skipped("no created job was looked at")


@history_judge("stable")
def stable(case: HistoryCase, *, pointers: Sequence[str]) -> Iterator[Judgement]:
    """The values at `pointers` stay as they were first seen, over all looks at a job."""
    histories = Histories(case)
    compared = False
    for job in case.jobs:
        first: dict[str, tuple[Any, Exchange]] = {}
        for around in histories.of(job, "poll"):
            for pointer in pointers:
                value = value_at(around.exchange.json, pointer)
                if value is ABSENT:
                    continue
                before, exchange = first.setdefault(pointer, (value, around.exchange))
                compared = compared or exchange is not around.exchange
                if before != value:
                    reason = f"{pointer} of the job {job.id} was {before!r}, then {value!r}"
                    yield broken(reason, exchange, around.exchange)
                    return
    yield kept() if compared else skipped("no job showed these facts twice")


@history_judge("echoed")
def echoed(case: HistoryCase, *, pointer: str, asked: Sequence[str]) -> Iterator[Judgement]:
    """A job shows at `pointer` what its creation asked for at the first of `asked` present."""
    histories = Histories(case)
    compared = False
    for job in case.jobs:
        wanted = _wanted(job, asked)
        if wanted is ABSENT:
            continue
        for around in histories.of(job, "poll"):
            value = value_at(around.exchange.json, pointer)
            if value is ABSENT or job.request is None:
                continue
            compared = True
            if _same(value, wanted):
                yield kept(around.exchange)
            else:
                reason = f"{pointer} is {value!r}, asked for was {wanted!r}"
                yield broken(reason, job.request, around.exchange)
    if not compared:
        yield skipped("no job showed what had been asked for")


def _wanted(job: JobHistory, asked: Sequence[str]) -> Any:
    if job.request is None:
        return ABSENT
    body = sent_json(job.request)
    found = (value_at(body, pointer) for pointer in asked)
    return next((value for value in found if value is not ABSENT), ABSENT)


def _same(shown: Any, asked: Any) -> bool:
    """Compare member by member what is there on both sides; moments by what they mean."""
    if isinstance(shown, dict) and isinstance(asked, dict):
        return all(_same(shown[name], asked[name]) for name in shown.keys() & asked.keys())
    return same_moment(shown, asked)
