"""Active checks of path and query parameters: which values are accepted, which rejected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from conformance.checks.probe_context import ProbeContext, expect_accepted, expect_rejected
from conformance.checks.registry import ActiveCase, active_check
from conformance.contract_queries import SAFE_METHODS, parameter_schema, value_at
from conformance.errors import Untestable
from conformance.request_data.operation_request import OperationRequest
from conformance.verdict import CheckResult, failed, passed, skipped

_INVALID: Final = (400, 422)
MAX_VARIANTS: Final = 12
# So many characters at the end of an id are changed to make one that does not exist.
CHANGED_CHARACTERS: Final = 12
_SUBSTITUTES: Final = str.maketrans("0123456789abcdefABCDEF", "9876543210fedcbaFEDCBA")


@active_check("rejects_parameter", requests=2)
def rejects_parameter(
    case: ActiveCase, *, parameter: str, values: Sequence[Any], statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """Each of `values` for the parameter of an otherwise valid request is rejected."""
    probe = ProbeContext(case)
    request = probe.request_for_rejection()
    for value in values:
        changed = request.with_parameter(parameter, value)
        for variant in _with_and_without_optional(case, changed, parameter):
            exchange = probe.send(variant, valid=False)
            yield from expect_rejected(exchange, f"{parameter} {value!r}", tuple(statuses))


def _with_and_without_optional(
    case: ActiveCase, request: OperationRequest, name: str
) -> Iterator[OperationRequest]:
    """Yield a request, and the same without its other optional query parameters.

    One of them may be the reason of a rejection.
    """
    yield request
    parameters = case.contract.operations[request.operation].parameters
    needed = {name, *(p["name"] for p in parameters if p.get("required"))}
    if not request.query.keys() <= needed:
        yield replace(request, query={k: v for k, v in request.query.items() if k in needed})


@active_check("rejects_misread_id", writes=True, requests=5)
def rejects_misread_id(case: ActiveCase, *, parameter: str) -> Iterator[CheckResult]:
    """A text that is no id is refused, though a careless reader may take it for an existing one.

    It may keep 32 bits of a number, lose its sign, stop at the first letter, or know digits of
    other scripts. Needs a consent for the existing thing.
    """
    probe = ProbeContext(case)
    consent = case.target.consent.get(probe.operation)
    ids = consent.path.get(parameter, ()) if consent else ()
    known = next((id_ for id_ in ids if id_.isascii() and id_.isdigit()), None)
    if known is None:
        raise Untestable(f"the target file has no `consent` whose `path` names a {parameter}")
    request = probe.request_for_rejection()
    wide = str(int(known) + 2**32)
    digits = known.translate(_FULLWIDTH)
    for value in (wide, f"-{known}", f"{known}x", f"{known}.5", digits):
        exchange = probe.send(request.with_parameter(parameter, value), valid=False)
        yield from expect_rejected(exchange, f"{parameter} {value!r}")


_FULLWIDTH: Final = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}


@active_check("requires_parameter")
def requires_parameter(
    case: ActiveCase, *, parameter: str, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A request without the query parameter is rejected."""
    probe = ProbeContext(case)
    changed = probe.request_for_rejection().with_parameter(parameter, None)
    for variant in _with_and_without_optional(case, changed, parameter):
        exchange = probe.send(variant, valid=False)
        yield from expect_rejected(exchange, f"a request without {parameter}", tuple(statuses))


@active_check("rejects_unknown_id")
def rejects_unknown_id(
    case: ActiveCase, *, parameter: str, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """An id that does not exist is rejected in an otherwise valid request."""
    probe = ProbeContext(case)
    unused = _unused_id(case, probe, parameter)
    request = probe.jobs.factory.minimal(probe.operation, {parameter: unused})
    exchange = probe.send(request, valid=None)
    yield from expect_rejected(exchange, f"the unknown {parameter} {unused}", tuple(statuses))


def _unused_id(case: ActiveCase, probe: ProbeContext, parameter: str) -> str:
    """Return an id that does not exist; for a read in the format of the ids that do.

    An id of another format might rightly be rejected as malformed.
    """
    reads = case.contract.operations[probe.operation].method in SAFE_METHODS
    job = next(iter(probe.own_jobs()), None) or probe.any_known_job()
    if case.target.absent.get(parameter) or not reads or job is None or job.id.isdigit():
        return case.client.unused_id(parameter)
    return job.id[:-CHANGED_CHARACTERS] + job.id[-CHANGED_CHARACTERS:].translate(_SUBSTITUTES)


@active_check("rejects_other_parameter_value")
def rejects_other_parameter_value(case: ActiveCase, *, parameter: str) -> Iterator[CheckResult]:
    """What exists under one value of the parameter is rejected under its other values."""
    probe = ProbeContext(case)
    request = probe.request_for_rejection()
    current = request.path.get(parameter, request.query.get(parameter))
    others = [value for value in _known_values(case, parameter) if value != current]
    if not others:
        raise Untestable(f"the target file names no other `values` of {parameter}")
    exchange = probe.send(request.with_parameter(parameter, others[0]), valid=None)
    yield from expect_rejected(exchange, f"the same id under {parameter} {others[0]}")


def _known_values(case: ActiveCase, name: str) -> list[Any]:
    """Return the values of a parameter in the target file, then those of its enum."""
    operation = case.contract.operations[case.requirement.operation or ""]
    parameter = next(p for p in operation.parameters if p["name"] == name)
    own = list(case.target.values.get(name, ()))
    enum = parameter_schema(case.contract, parameter).get("enum", ())
    return own + [value for value in enum if value not in own]


@active_check("accepts_parameter", requests=6)
def accepts_parameter(
    case: ActiveCase, *, parameter: str, values: Sequence[Any], refusals: Sequence[int] = _INVALID
) -> Iterator[CheckResult]:
    """None of `values` is answered with one of `refusals`."""
    probe = ProbeContext(case)
    for value in values:
        exchange = probe.send(probe.valid_request({parameter: value}), valid=None)
        yield from expect_accepted(exchange, f"{parameter} {value!r}", tuple(refusals))


@active_check("accepts_omitted_parameter", requests=2)
def accepts_omitted_parameter(
    case: ActiveCase, *, parameter: str, refusals: Sequence[int] = _INVALID
) -> Iterator[CheckResult]:
    """A request without the optional parameter is not answered with one of `refusals`.

    It names a job that was created without the parameter, where that is possible.
    """
    probe = ProbeContext(case)
    exchange = probe.send(probe.valid_request({parameter: None}), valid=None)
    yield from expect_accepted(exchange, f"a request without {parameter}", tuple(refusals))


@active_check("empty_means_omitted", requests=6)
def empty_means_omitted(
    case: ActiveCase, *, parameter: str, values: Sequence[str]
) -> Iterator[CheckResult]:
    """Where a request without the parameter succeeds, it succeeds with each of `values` too."""
    probe = ProbeContext(case)
    without = probe.send(probe.valid_request({parameter: None}), valid=None)
    if without.status is None or without.status >= 400:
        raise Untestable(f"no request without {parameter} succeeded")
    for value in values:
        request = probe.valid_request({parameter: None}).with_parameter(parameter, value)
        yield from expect_accepted(probe.send(request, valid=None), f"{parameter} {value!r}")


@active_check("accepts_valid_request", requests=MAX_VARIANTS)
def accepts_valid_request(case: ActiveCase, *, statuses: Sequence[int]) -> Iterator[CheckResult]:
    """A valid request succeeds with one of `statuses`.

    Variants of it are sent for the exchange checks: no document promises that all succeed.
    """
    probe = ProbeContext(case)
    request = probe.valid_request()
    exchange = probe.send(request)
    for result in expect_accepted(exchange, "a valid request"):
        if result.passed and exchange.status not in statuses:
            expected = " or ".join(map(str, statuses))
            reason = f"a valid request was answered {exchange.status}, not {expected}"
            yield failed(reason, exchange)
        elif result.passed is False and (name := _guessed_member(case, request)):
            yield skipped(f"rejected, but the target file names no `values` for {name}")
        else:
            yield result
    for variant in islice(probe.jobs.factory.variants_of(request), MAX_VARIANTS):
        probe.send(variant, valid=None)


def _guessed_member(case: ActiveCase, request: OperationRequest) -> str | None:
    """Return a body member of numeric ids that the target file does not confirm to exist."""
    body: Mapping[str, Any] = request.json if isinstance(request.json, Mapping) else {}
    for name, value in body.items():
        first = value[0] if isinstance(value, list) and value else value
        is_number = isinstance(first, int) and not isinstance(first, bool)
        if is_number and name not in case.target.values:
            return name
    return None


@active_check("respects_page_size")
def respects_page_size(case: ActiveCase, *, parameter: str, items: str) -> Iterator[CheckResult]:
    """A list with a page size of one has at most one item."""
    probe = ProbeContext(case)
    exchange = probe.send(probe.jobs.factory.minimal(probe.operation, {parameter: 1}))
    listed = value_at(exchange.json, items)
    if not isinstance(listed, list):
        yield skipped("the response has no list of items")
    elif len(listed) > 1:
        yield failed(f"{len(listed)} items where {parameter} is 1", exchange)
    else:
        yield passed(exchange)
