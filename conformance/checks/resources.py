"""Probes and judges of things that are created, read, found again and deleted."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.checks.base import JudgeCase, ProbeCase, judge, probe
from conformance.checks.concern import answer_of, statuses_of
from conformance.checks.reading import sent_json
from conformance.checks.subject import Subject, refusal
from conformance.contracts.inspection import ids_made
from conformance.contracts.pointing import members, value_at
from conformance.jobs.askers import PROBE
from conformance.jobs.pilot import Pilot
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.requests.asked import Asked
from conformance.traffic.exchange import Exchange

_NOT_MADE: Final = "no creation answered with an id"


@judge("reflects_report_ids")
def reflects_report_ids(
    case: JudgeCase, *, asked: str, pointer: str, member: str
) -> Judgement | None:
    """The items at `pointer` have, at `member`, the ids that the request named at `asked`."""
    received = answer_of(case, statuses_of(case, ()))
    wanted = value_at(sent_json(case.exchange), asked)
    if received is None or not isinstance(wanted, list):
        return None
    if not isinstance(value_at(received.json, pointer), list):
        return None
    shown = [value for _, value in members(received.json, f"{pointer}/-{member}")]
    if {str(id_) for id_ in shown} != {str(id_) for id_ in wanted}:
        return broken(f"asked for were {wanted}, in the answer are {shown}", case.exchange)
    return kept(case.exchange)


@judge("answered")
def answered(case: JudgeCase, *, pointer: str, asked: str, upper: bool = False) -> Judgement | None:
    """What the request said at `asked` is in the answer at `pointer`, in capitals if `upper`."""
    received = answer_of(case, statuses_of(case, ()))
    wanted = value_at(sent_json(case.exchange), asked)
    if received is None or not isinstance(wanted, str) or not wanted:
        return None
    shown = value_at(received.json, pointer)
    if not isinstance(shown, str):
        return None
    right = wanted.upper() if upper else wanted
    if shown != right:
        return broken(f"{pointer} is {shown!r}, not {right!r}", case.exchange)
    return kept(case.exchange)


@probe("refuses_duplicate", writes=True, requests=3)
def refuses_duplicate(case: ProbeCase, *, member: str) -> Iterator[Judgement]:
    """A second creation with the same value at `member`, in the same or another case, fails."""
    subject = Subject(case)
    asked = subject.ready()
    first = subject.send(asked) if asked is not None else None
    if asked is None or first is None or first.status is None or first.status >= 400:
        yield skipped("no first one could be created")
        return
    value = value_at(asked.json, member)
    for again in dict.fromkeys((value, str(value).lower())):
        exchange = subject.send(asked.with_member(member, again), valid=None)
        if judgement := refusal(exchange, f"a second one with {again!r}", ()):
            yield judgement


@probe("created_reads_back", writes=True, requests=2)
def created_reads_back(case: ProbeCase, *, create: str) -> Iterator[Judgement]:
    """What was created can be read, and every member reads as it was answered."""
    made = _make(case, create)
    if made is None:
        yield skipped(_NOT_MADE)
        return
    creation, ids = made
    read = _about(case, case.requirement.operation or "", ids).send(case.client, PROBE)
    if read.status is None:
        return
    if read.status >= 400:
        yield broken(f"what was just created is answered {read.status}", creation, read)
    elif different := _different(creation.json, read.json):
        yield broken(f"{different!r} is not as it was answered", creation, read)
    else:
        yield kept(creation, read)


def _make(case: ProbeCase, create: str) -> tuple[Exchange, Mapping[str, str]] | None:
    asked = Pilot(case.client, PROBE).requests.plain(create)
    creation = asked.send(case.client, PROBE)
    ids = dict(ids_made(case.contract, creation)) if creation.status else {}
    return (creation, ids) if creation.status and creation.status < 300 and ids else None


def _about(case: ProbeCase, operation: str, ids: Mapping[str, str]) -> Asked:
    return Pilot(case.client, PROBE).requests.plain(operation, ids)


def _different(created: Any, read: Any) -> str | None:
    if not isinstance(created, dict) or not isinstance(read, dict):
        return None
    shared = created.keys() & read.keys()
    return next((name for name in sorted(shared) if created[name] != read[name]), None)


@probe("deleted_is_gone", writes=True, requests=3)
def deleted_is_gone(case: ProbeCase, *, create: str, read: str) -> Iterator[Judgement]:
    """What was created can be deleted by a 204, and can be read no more."""
    made = _make(case, create)
    if made is None:
        yield skipped(_NOT_MADE)
        return
    creation, ids = made
    deletion = _about(case, case.requirement.operation or "", ids).send(case.client, PROBE)
    if deletion.status != 204:
        if deletion.status is not None and deletion.status < 500:
            yield broken(f"the deletion is answered {deletion.status}", creation, deletion)
        return
    after = _about(case, read, ids).send(case.client, PROBE, valid=None)
    judgement = refusal(after, "a look at what was deleted", ())
    if judgement is not None and judgement.kept is False:
        yield broken(judgement.reason, deletion, after)
    elif judgement is not None:
        yield judgement
