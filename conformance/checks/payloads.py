"""Probes of request bodies and their media types: what must be refused, and what must not."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import NO_SUBJECT, Subject, acceptance, refusal
from conformance.outcome import Judgement, broken, skipped
from conformance.requests.asked import Asked

_INVALID: Final = (400, 415, 422)


def _changed(asked: Asked, member: str, value: Any) -> Asked:
    return asked.with_member(member, value) if member else asked.with_body(value)


def _name(member: str, value: Any) -> str:
    return f"{member.removeprefix('/') or 'the body'} {value!r}"


@probe("accepts_body", writes=True, requests=6)
def accepts_body(
    case: ProbeCase, *, values: Sequence[Any], member: str = "", refusals: Sequence[int] = _INVALID
) -> Iterator[Judgement]:
    """None of `values`, for the body or one member, is answered by one of `refusals`."""
    subject = Subject(case)
    for value in values:
        asked = subject.ready()
        if asked is None:
            yield skipped(NO_SUBJECT)
            return
        exchange = subject.send(_changed(asked, member, value))
        if judgement := acceptance(exchange, _name(member, value), tuple(refusals)):
            yield judgement


@probe("accepts_one_body", writes=True, requests=4)
def accepts_one_body(
    case: ProbeCase, *, values: Sequence[Any], member: str = "", refusals: Sequence[int] = _INVALID
) -> Iterator[Judgement]:
    """At least one of `values` is not answered by one of `refusals`: the page leaves the form."""
    found = list(accepts_body(case, values=values, member=member, refusals=refusals))
    good = [judgement for judgement in found if judgement.kept]
    bad = [judgement for judgement in found if judgement.kept is False]
    if good or not bad or len(bad) < len(found):
        yield from (good or [judgement for judgement in found if judgement.kept is None])
        return
    proof = [exchange for judgement in bad for exchange in judgement.exchanges]
    yield broken(f"{member.removeprefix('/')} is refused in every form", *proof)


@probe("refuses_body", writes=True, requests=3)
def refuses_body(
    case: ProbeCase, *, values: Sequence[Any], member: str = "", statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """Each of `values`, for the body or one member of a valid request, is refused."""
    subject = Subject(case)
    for value in values:
        asked = subject.refusable()
        if asked is None:
            yield skipped(NO_SUBJECT)
            return
        exchange = subject.send(_changed(asked, member, value), valid=False)
        if judgement := refusal(exchange, _name(member, value), tuple(statuses)):
            yield judgement


@probe("accepts_media", writes=True, requests=2)
def accepts_media(case: ProbeCase, *, media: Sequence[str]) -> Iterator[Judgement]:
    """A valid request succeeds under each Content-Type; the empty one stands for none at all."""
    subject = Subject(case)
    for name in media:
        asked = subject.ready()
        if asked is None:
            yield skipped(NO_SUBJECT)
            return
        exchange = subject.send(asked, headers={"Content-Type": name or None})
        what = f"the Content-Type {name!r}" if name else "a request without a Content-Type"
        if judgement := acceptance(exchange, what, (400, 406, 415, 422)):
            yield judgement


@probe("refuses_media", writes=True, requests=2)
def refuses_media(case: ProbeCase, *, media: Sequence[str]) -> Iterator[Judgement]:
    """A valid request is refused under each Content-Type."""
    subject = Subject(case)
    for name in media:
        asked = subject.refusable()
        if asked is None:
            yield skipped(NO_SUBJECT)
            return
        exchange = subject.send(asked, valid=False, headers={"Content-Type": name})
        if judgement := refusal(exchange, f"the Content-Type {name!r}", ()):
            yield judgement
