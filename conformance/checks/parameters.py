"""Probes of path and query parameters: what must be refused, and what must not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from conformance.checks.probe_context import (
    NO_REQUEST_POSSIBLE,
    ProbeContext,
    expect_accepted,
    expect_rejected,
)
from conformance.checks.registry import ActiveCase, active_check
from conformance.contract_queries import SAFE_METHODS, parameter_schema, value_at
from conformance.http.exchange import Exchange
from conformance.request_data.operation_request import OperationRequest
from conformance.verdict import CheckResult, failed, passed, skipped

_INVALID: Final = (400, 422)
MAX_VARIANTS: Final = 12
# So many characters at the end of an id are changed to make one that names nothing.
CHANGED_CHARACTERS: Final = 12
_OTHERS: Final = str.maketrans("0123456789abcdefABCDEF", "9876543210fedcbaFEDCBA")


@active_check("rejects_parameter", requests=2)
def rejects_parameter(
    case: ActiveCase, *, parameter: str, values: Sequence[Any], statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """Each of `values` for the parameter of an otherwise valid request is refused."""
    subject = ProbeContext(case)
    asked = subject.request_for_rejection()
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    for value in values:
        for changed in _with_and_without_optional(
            case, asked.with_parameter(parameter, value), parameter
        ):
            exchange = subject.send(changed, valid=False)
            if judgement := expect_rejected(exchange, f"{parameter} {value!r}", tuple(statuses)):
                yield judgement


def _with_and_without_optional(
    case: ActiveCase, asked: OperationRequest, name: str
) -> Iterator[OperationRequest]:
    """Yield a request, and the same without the optional ones of its other query parameters.

    One of them may be what a request is refused for.
    """
    yield asked
    described = case.contract.operations[asked.operation].parameters
    kept_ones = {name, *(p["name"] for p in described if p.get("required"))}
    if not asked.query.keys() <= kept_ones:
        yield replace(asked, query={k: v for k, v in asked.query.items() if k in kept_ones})


@active_check("requires_parameter")
def requires_parameter(
    case: ActiveCase, *, parameter: str, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A request without the query parameter is refused."""
    subject = ProbeContext(case)
    asked = subject.request_for_rejection()
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    for changed in _with_and_without_optional(
        case, asked.with_parameter(parameter, None), parameter
    ):
        exchange = subject.send(changed, valid=False)
        if judgement := expect_rejected(
            exchange, f"a request without {parameter}", tuple(statuses)
        ):
            yield judgement


@active_check("rejects_unknown_id")
def rejects_unknown_id(
    case: ActiveCase, *, parameter: str, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """An id that names nothing is refused; all else in the request is right."""
    subject = ProbeContext(case)
    absent = _absent(case, subject, parameter)
    asked = subject.jobs.factory.minimal(subject.operation, {parameter: absent})
    exchange = subject.send(asked, valid=None)
    if judgement := expect_rejected(exchange, f"the unknown {parameter} {absent}", tuple(statuses)):
        yield judgement


def _absent(case: ActiveCase, subject: ProbeContext, parameter: str) -> str:
    """Return an id that names nothing; for a read one in the shape of the ids that are there.

    An id of another shape might rightly be refused as malformed.
    """
    reads = case.contract.operations[subject.operation].method in SAFE_METHODS
    handle = next(iter(subject.own_jobs()), None) or subject.any_known_job()
    if case.target.absent.get(parameter) or not reads or handle is None or handle.id.isdigit():
        return case.client.unused_id(parameter)
    return handle.id[:-CHANGED_CHARACTERS] + handle.id[-CHANGED_CHARACTERS:].translate(_OTHERS)


@active_check("rejects_other_parameter_value")
def rejects_other_parameter_value(case: ActiveCase, *, parameter: str) -> Iterator[CheckResult]:
    """What exists under one value of the parameter is refused under its other values."""
    subject = ProbeContext(case)
    asked = subject.request_for_rejection()
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    own = asked.path.get(parameter, asked.query.get(parameter))
    others = [value for value in _values(case, parameter) if value != own]
    if not others:
        yield skipped(f"no other value of {parameter} is known")
        return
    exchange = subject.send(asked.with_parameter(parameter, others[0]), valid=None)
    if judgement := expect_rejected(exchange, f"the same id under {parameter} {others[0]}", ()):
        yield judgement


def _values(case: ActiveCase, name: str) -> list[Any]:
    operation = case.contract.operations[case.requirement.operation or ""]
    found = next(p for p in operation.parameters if p["name"] == name)
    own = list(case.target.values.get(name, ()))
    return own + [v for v in parameter_schema(case.contract, found).get("enum", ()) if v not in own]


@active_check("accepts_parameter", requests=6)
def accepts_parameter(
    case: ActiveCase, *, parameter: str, values: Sequence[Any], refusals: Sequence[int] = _INVALID
) -> Iterator[CheckResult]:
    """None of `values` is answered by one of `refusals`."""
    subject = ProbeContext(case)
    for value in values:
        asked = subject.valid_request({parameter: value})
        if asked is None:
            yield skipped(NO_REQUEST_POSSIBLE)
            return
        exchange = subject.send(asked, valid=None)
        if judgement := expect_accepted(exchange, f"{parameter} {value!r}", tuple(refusals)):
            yield judgement


@active_check("accepts_omitted_parameter", requests=2)
def accepts_omitted_parameter(
    case: ActiveCase, *, parameter: str, refusals: Sequence[int] = _INVALID
) -> Iterator[CheckResult]:
    """A request without the optional parameter is not answered by one of `refusals`.

    It names a thing that was made without the parameter, where that can be.
    """
    subject = ProbeContext(case)
    asked = subject.valid_request({parameter: None})
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    exchange = subject.send(asked, valid=None)
    if judgement := expect_accepted(exchange, f"a request without {parameter}", tuple(refusals)):
        yield judgement


@active_check("empty_means_omitted", requests=6)
def empty_means_omitted(
    case: ActiveCase, *, parameter: str, values: Sequence[str]
) -> Iterator[CheckResult]:
    """Where a request without the parameter succeeds, it does so with each of `values` too."""
    subject = ProbeContext(case)
    bare = subject.valid_request({parameter: None})
    without = subject.send(bare, valid=None) if bare is not None else None
    if without is None or without.status is None or without.status >= 400:
        yield skipped(f"no request without {parameter} succeeded")
        return
    for value in values:
        asked = subject.valid_request({parameter: None})
        if asked is None:
            return
        exchange = subject.send(asked.with_parameter(parameter, value), valid=None)
        if judgement := expect_accepted(exchange, f"{parameter} {value!r}", ()):
            yield judgement


@active_check("accepts_valid_request", requests=MAX_VARIANTS)
def accepts_valid_request(case: ActiveCase, *, statuses: Sequence[int]) -> Iterator[CheckResult]:
    """A request that is right in every way succeeds, with one of `statuses`.

    Variants of it are sent for the judges of the answers: nobody promises that all succeed.
    """
    subject = ProbeContext(case)
    asked = subject.valid_request()
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    exchange = subject.send(asked)
    yield from _accepted(case, asked, exchange, statuses)
    for variant in islice(subject.jobs.factory.variants_of(asked), MAX_VARIANTS):
        subject.send(variant, valid=None)


def _accepted(
    case: ActiveCase, asked: OperationRequest, exchange: Exchange, statuses: Sequence[int]
) -> Iterator[CheckResult]:
    judgement = expect_accepted(exchange, "a valid request", ())
    if judgement is not None and judgement.passed and exchange.status not in statuses:
        right = " or ".join(map(str, statuses))
        yield failed(f"a valid request was answered {exchange.status}, not {right}", exchange)
    elif judgement is not None and judgement.passed is False and (name := _guessed(case, asked)):
        yield skipped(f"refused, but the target file names no values for {name}")
    elif judgement is not None:
        yield judgement


def _guessed(case: ActiveCase, asked: OperationRequest) -> str | None:
    """Return a member of the body that names numbered things which nobody said are there."""
    body: Mapping[str, Any] = asked.json if isinstance(asked.json, Mapping) else {}
    for name, value in body.items():
        first = value[0] if isinstance(value, list) and value else value
        numbered = isinstance(first, int) and not isinstance(first, bool)
        if numbered and name not in case.target.values:
            return name
    return None


@active_check("respects_page_size")
def respects_page_size(case: ActiveCase, *, parameter: str, items: str) -> Iterator[CheckResult]:
    """A list that was asked for one item has no more."""
    subject = ProbeContext(case)
    asked = subject.jobs.factory.minimal(subject.operation, {parameter: 1})
    exchange = subject.send(asked)
    found = value_at(exchange.json, items)
    if not isinstance(found, list):
        yield skipped("the list did not show any items")
    elif len(found) > 1:
        yield failed(f"{len(found)} items came where {parameter} is 1", exchange)
    else:
        yield passed(exchange)
