"""Probe of the schedule: a run by hand leaves it alone."""

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import Subject
from conformance.contracts.inspection import ids_made
from conformance.contracts.pointing import ABSENT, value_at
from conformance.failures import Refused
from conformance.jobs.askers import PROBE
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.requests.asked import Asked
from conformance.traffic.exchange import Exchange


@probe("schedule_untouched", writes=True, requests=6)
def schedule_untouched(
    case: ProbeCase, *, parameter: str, read: str, create: str, pointers: Sequence[str]
) -> Iterator[Judgement]:
    """What `read` shows at `pointers` is the same before and after a run.

    It is run with users in place of the recipients and, where the target allows it, without;
    what `create` makes has never run before.
    """
    subject = Subject(case)
    for plain in _plain(subject, create):
        for asked in (plain, plain.with_parameter(parameter, None)):
            try:
                yield _around(subject, asked, read, pointers)
            except Refused:
                continue


def _plain(subject: Subject, create: str) -> Iterator[Asked]:
    requests = subject.pilot.requests
    creation = requests.plain(create).send(subject.client, PROBE)
    if creation.status is not None and creation.status < 300:
        ids = dict(ids_made(subject.client.contract, creation))
        yield requests.plain(subject.operation, ids)
    yield requests.plain(subject.operation)


def _around(subject: Subject, asked: Asked, read: str, pointers: Sequence[str]) -> Judgement:
    look = subject.pilot.requests.plain(read, asked.path)
    before = look.send(subject.client, PROBE)
    run = subject.send(asked)
    after = look.send(subject.client, PROBE)
    if run.status is None or run.status >= 400:
        return skipped(f"the run was answered {run.status}")
    shown = [pointer for pointer in pointers if _both(before, after, pointer)]
    if not shown:
        return skipped("no schedule was shown")
    for pointer in shown:
        was, is_ = _at(before, pointer), _at(after, pointer)
        if was != is_:
            return broken(f"{pointer} was {was!r}, after the run {is_!r}", before, run, after)
    return kept(before, run, after)


def _both(before: Exchange, after: Exchange, pointer: str) -> bool:
    return _at(before, pointer) is not ABSENT and _at(after, pointer) is not ABSENT


def _at(exchange: Exchange, pointer: str) -> Any:
    return value_at(exchange.json, pointer) if exchange.status == 200 else ABSENT
