"""Active checks of request bodies and their media types: what is accepted, what rejected."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from conformance.checks.active_case import ActiveCase
from conformance.checks.registry import active_check
from conformance.request_data.operation_request import OperationRequest
from conformance.verdict import CheckResult, failed

_INVALID: Final = (400, 415, 422)


def _changed(request: OperationRequest, member: str, value: Any) -> OperationRequest:
    return request.with_member(member, value) if member else request.with_body(value)


def _subject(member: str, value: Any) -> str:
    return f"{member.removeprefix('/') or 'the body'} {value!r}"


@active_check("accepts_body", writes=True, requests=6)
def accepts_body(
    case: ActiveCase,
    *,
    values: Sequence[Any],
    member: str = "",
    refusals: Sequence[int] = _INVALID,
) -> Iterator[CheckResult]:
    """None of `values`, for the body or one member, is answered with one of `refusals`."""
    for value in values:
        request = _changed(case.valid_request(), member, value)
        yield from case.send_valid(request, _subject(member, value), refusals)


@active_check("accepts_one_body", writes=True, requests=4)
def accepts_one_body(
    case: ActiveCase,
    *,
    values: Sequence[Any],
    member: str = "",
    refusals: Sequence[int] = _INVALID,
) -> Iterator[CheckResult]:
    """At least one of `values` is not answered with one of `refusals`: the page leaves the form."""
    results = list(accepts_body(case, values=values, member=member, refusals=refusals))
    failures = [result for result in results if result.passed is False]
    if failures and len(failures) == len(results):
        evidence = [exchange for result in failures for exchange in result.exchanges]
        yield failed(f"{member.removeprefix('/')} is rejected in every form", *evidence)
        return
    accepted = [result for result in results if result.passed]
    yield from accepted or [result for result in results if result.passed is None]


@active_check("rejects_body", writes=True, requests=3)
def rejects_body(
    case: ActiveCase, *, values: Sequence[Any], member: str = "", statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """Each of `values`, for the body or one member of a valid request, is rejected."""
    for value in values:
        request = _changed(case.request_for_rejection(), member, value)
        yield from case.send_invalid(request, _subject(member, value), statuses)


@active_check("accepts_media_type", writes=True, requests=2)
def accepts_media_type(case: ActiveCase, *, media: Sequence[str]) -> Iterator[CheckResult]:
    """A valid request succeeds under each Content-Type; the empty one stands for no header."""
    for name in media:
        subject = f"the Content-Type {name!r}" if name else "a request without a Content-Type"
        headers = {"Content-Type": name or None}
        request = case.valid_request()
        yield from case.send_valid(request, subject, (400, 406, 415, 422), headers=headers)


@active_check("rejects_media_type", writes=True, requests=2)
def rejects_media_type(case: ActiveCase, *, media: Sequence[str]) -> Iterator[CheckResult]:
    """A valid request is rejected under each Content-Type."""
    for name in media:
        request = case.request_for_rejection()
        headers = {"Content-Type": name}
        yield from case.send_invalid(request, f"the Content-Type {name!r}", headers=headers)
