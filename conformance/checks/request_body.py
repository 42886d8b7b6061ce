"""Probes of request bodies and their media types: what must be refused, and what must not."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from conformance.checks.probe_context import (
    NO_REQUEST_POSSIBLE,
    ProbeContext,
    expect_accepted,
    expect_rejected,
)
from conformance.checks.registry import ActiveCase, active_check
from conformance.request_data.operation_request import OperationRequest
from conformance.verdict import CheckResult, failed, skipped

_INVALID: Final = (400, 415, 422)


def _changed(asked: OperationRequest, member: str, value: Any) -> OperationRequest:
    return asked.with_member(member, value) if member else asked.with_body(value)


def _name(member: str, value: Any) -> str:
    return f"{member.removeprefix('/') or 'the body'} {value!r}"


@active_check("accepts_body", writes=True, requests=6)
def accepts_body(
    case: ActiveCase, *, values: Sequence[Any], member: str = "", refusals: Sequence[int] = _INVALID
) -> Iterator[CheckResult]:
    """None of `values`, for the body or one member, is answered by one of `refusals`."""
    subject = ProbeContext(case)
    for value in values:
        asked = subject.valid_request()
        if asked is None:
            yield skipped(NO_REQUEST_POSSIBLE)
            return
        exchange = subject.send(_changed(asked, member, value))
        if judgement := expect_accepted(exchange, _name(member, value), tuple(refusals)):
            yield judgement


@active_check("accepts_one_body", writes=True, requests=4)
def accepts_one_body(
    case: ActiveCase, *, values: Sequence[Any], member: str = "", refusals: Sequence[int] = _INVALID
) -> Iterator[CheckResult]:
    """At least one of `values` is not answered by one of `refusals`: the page leaves the form."""
    found = list(accepts_body(case, values=values, member=member, refusals=refusals))
    good = [judgement for judgement in found if judgement.passed]
    bad = [judgement for judgement in found if judgement.passed is False]
    if good or not bad or len(bad) < len(found):
        yield from (good or [judgement for judgement in found if judgement.passed is None])
        return
    proof = [exchange for judgement in bad for exchange in judgement.exchanges]
    yield failed(f"{member.removeprefix('/')} is refused in every form", *proof)


@active_check("rejects_body", writes=True, requests=3)
def rejects_body(
    case: ActiveCase, *, values: Sequence[Any], member: str = "", statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """Each of `values`, for the body or one member of a valid request, is refused."""
    subject = ProbeContext(case)
    for value in values:
        asked = subject.request_for_rejection()
        if asked is None:
            yield skipped(NO_REQUEST_POSSIBLE)
            return
        exchange = subject.send(_changed(asked, member, value), valid=False)
        if judgement := expect_rejected(exchange, _name(member, value), tuple(statuses)):
            yield judgement


@active_check("accepts_media_type", writes=True, requests=2)
def accepts_media_type(case: ActiveCase, *, media: Sequence[str]) -> Iterator[CheckResult]:
    """A valid request succeeds under each Content-Type; the empty one stands for none at all."""
    subject = ProbeContext(case)
    for name in media:
        asked = subject.valid_request()
        if asked is None:
            yield skipped(NO_REQUEST_POSSIBLE)
            return
        exchange = subject.send(asked, headers={"Content-Type": name or None})
        what = f"the Content-Type {name!r}" if name else "a request without a Content-Type"
        if judgement := expect_accepted(exchange, what, (400, 406, 415, 422)):
            yield judgement


@active_check("rejects_media_type", writes=True, requests=2)
def rejects_media_type(case: ActiveCase, *, media: Sequence[str]) -> Iterator[CheckResult]:
    """A valid request is refused under each Content-Type."""
    subject = ProbeContext(case)
    for name in media:
        asked = subject.request_for_rejection()
        if asked is None:
            yield skipped(NO_REQUEST_POSSIBLE)
            return
        exchange = subject.send(asked, valid=False, headers={"Content-Type": name})
        if judgement := expect_rejected(exchange, f"the Content-Type {name!r}", ()):
            yield judgement
