"""Active checks of parameters, bodies and media types: what is accepted, what rejected."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from conformance.checks import CheckResult, active_check, failed, passed, skipped
from conformance.checks.active_case import SHORTEST_GLOBAL_ID, ActiveCase, expect_accepted
from conformance.contract_queries import (
    account_parameters,
    create_operations,
    job_parameter,
    request_parameters,
)
from conformance.errors import Untestable
from conformance.http import REDIRECTS, SAFE_METHODS, Exchange
from conformance.job_client import JobRef, follow_redirects, is_endless
from conformance.request_data import JSON, OperationRequest, json_media
from conformance.request_data.edge_cases import NOT_JSON_BODIES, values_at_bounds
from conformance.target.safety import near_ids
from specs.pointer import resolve

_INVALID: Final = (400, 422)
_INVALID_BODY: Final = (400, 415, 422)
MAX_VARIANTS: Final = 12
# So many characters at the end of an id are changed to make one that does not exist.
CHANGED_CHARACTERS: Final = 12
_SUBSTITUTES: Final = str.maketrans("0123456789abcdefABCDEF", "9876543210fedcbaFEDCBA")


@active_check("rejects_parameter", requests=2)
def rejects_parameter(
    case: ActiveCase, *, parameter: str, values: Sequence[Any], statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """Each of `values` for the parameter of an otherwise valid request is rejected.

    The value null stands for a request without the parameter.
    """
    request = case.request_for_rejection()
    for value in values:
        changed = request.with_parameter(parameter, value)
        for variant in _with_and_without_optional(case, changed, parameter):
            yield from case.send_invalid(variant, _subject(parameter, value), statuses)


def _subject(parameter: str, value: Any) -> str:
    return f"a request without {parameter}" if value is None else f"{parameter} {value!r}"


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


@active_check("rejects_misread_id", requests=5)
def rejects_misread_id(case: ActiveCase, *, parameter: str) -> Iterator[CheckResult]:
    """What only resembles an id is refused, though a careless reader may take it for that id.

    It may keep 32 bits of a number, lose its sign, stop at the first letter, know digits of other
    scripts, or compare the beginning alone. The id is of what a valid request names: something that
    this run made, or that has a consent, or that is only read.
    """
    request = case.request_for_rejection()
    known = str({**request.path, **request.query}.get(parameter, ""))
    if known in case.client.policy.unused_ids(parameter) or not near_ids(known):
        raise Untestable(f"the target file has no `consent` whose `path` names a {parameter}")
    for value in near_ids(known):
        changed = request.with_parameter(parameter, value)
        yield from case.send_invalid(changed, f"{parameter} {value!r}")


@active_check("rejects_unknown_id")
def rejects_unknown_id(
    case: ActiveCase,
    *,
    parameter: str,
    statuses: Sequence[int] = (),
    malformed: Sequence[int] = (),
) -> Iterator[CheckResult]:
    """An id that does not exist is rejected in an otherwise valid request.

    `malformed` are the statuses that are as good where ids have no known format: a server may see
    of its own that it has not given out such an id.
    """
    unused = _unused_id(case, parameter)
    if statuses and not _PLAIN_ID.fullmatch(unused):
        statuses = [*statuses, *malformed]
    request = case.factory.minimal(case.operation, {parameter: unused})
    subject = f"the unknown {parameter} {unused}"
    yield from case.send_invalid(request, subject, statuses, valid=None)


# A number, hexadecimal digits, or a UUID.
_PLAIN_ID: Final = re.compile(
    r"\d+|[0-9a-f]{16,}|[0-9A-F]{16,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)


def _unused_id(case: ActiveCase, parameter: str) -> str:
    """Return an id that does not exist; for a read in the format of the ids that do.

    An id of another format might rightly be rejected as malformed.
    """
    reads = case.contract.operations[case.operation].method in SAFE_METHODS
    job = case.newest_job() or case.any_known_job()
    if case.target.absent.get(parameter) or not reads or job is None or job.id.isdigit():
        return case.client.unused_id(parameter)
    return job.id[:-CHANGED_CHARACTERS] + job.id[-CHANGED_CHARACTERS:].translate(_SUBSTITUTES)


@active_check("rejects_other_parameter_value")
def rejects_other_parameter_value(case: ActiveCase, *, parameter: str) -> Iterator[CheckResult]:
    """What exists under one value of the parameter is rejected under its other values."""
    request = case.request_for_rejection()
    id_ = str(request.path.get(job_parameter(case.contract, case.operation) or ""))
    reads = case.contract.operations[case.operation].method in SAFE_METHODS
    if not reads and len(id_) < SHORTEST_GLOBAL_ID:
        raise Untestable(f"the id {id_} is short: there may be another with it")
    other = case.other_value(parameter, {**request.path, **request.query}.get(parameter))
    changed = request.with_parameter(parameter, other)
    yield from case.send_invalid(changed, f"the same id under {parameter} {other}", valid=None)


@active_check("accepts_parameter", requests=6)
def accepts_parameter(
    case: ActiveCase, *, parameter: str, values: Sequence[Any], refusals: Sequence[int] = _INVALID
) -> Iterator[CheckResult]:
    """None of `values` is answered with one of `refusals`.

    The value null stands for a request without the parameter; where possible it names a job that
    was created without it too.
    """
    for value in values:
        request = case.valid_request({parameter: value})
        yield from case.send_valid(request, _subject(parameter, value), refusals, valid=None)


@active_check("empty_means_omitted", requests=6)
def empty_means_omitted(
    case: ActiveCase, *, parameter: str, values: Sequence[str]
) -> Iterator[CheckResult]:
    """Where a request without the parameter succeeds, it succeeds with each of `values` too."""
    without = case.send(case.valid_request({parameter: None}), valid=None)
    if without.status is None or without.status >= 400:
        raise Untestable(f"no request without {parameter} succeeded")
    for value in values:
        request = case.valid_request({parameter: None}).with_parameter(parameter, value)
        yield from case.send_valid(request, f"{parameter} {value!r}", valid=None)


@active_check("accepts_valid_request", requests=MAX_VARIANTS)
def accepts_valid_request(case: ActiveCase, *, statuses: Sequence[int]) -> Iterator[CheckResult]:
    """A valid request succeeds with one of `statuses`.

    Variants of it are sent for the exchange checks: no document promises that all succeed.
    """
    request = case.valid_request()
    exchange = case.send(request)
    for result in expect_accepted(exchange, "a valid request"):
        if result.passed and _is_redirect_of_file(case, exchange):
            yield from _redirected_file(case, exchange, statuses)
        elif result.passed and exchange.status not in statuses:
            expected = " or ".join(map(str, statuses))
            reason = f"a valid request was answered {exchange.status}, not {expected}"
            yield failed(reason, exchange)
        elif result.passed is False and (name := _guessed_member(case, request)):
            yield skipped(f"rejected, but the target file names no `values` for {name}")
        else:
            yield result
    for variant in islice(case.factory.variants_of(request), MAX_VARIANTS):
        case.send(variant, valid=None)


def _is_redirect_of_file(case: ActiveCase, exchange: Exchange) -> bool:
    """Return True where a file is not here but there: HTTP allows it for any GET (RFC 9110)."""
    fetch = case.jobs.lifecycle.actions.get("fetch")
    is_fetch = fetch is not None and fetch.operation == exchange.operation
    return is_fetch and exchange.status in REDIRECTS


def _redirected_file(
    case: ActiveCase, exchange: Exchange, statuses: Sequence[int]
) -> Iterator[CheckResult]:
    """Yield whether the Location of a redirect has the file that was asked for."""
    name = job_parameter(case.contract, case.operation)
    job = JobRef(str(request_parameters(exchange).get(name or "")))
    followed = follow_redirects(case.client, exchange, job)
    location = exchange.response.headers.get("Location") if exchange.response else None
    if location is None:
        yield failed(f"a {exchange.status} without a Location", exchange)
    elif is_endless([exchange, *followed]):
        yield failed("the Location of the file redirects for ever", exchange, *followed)
    elif not followed or followed[-1].status in REDIRECTS:
        yield skipped(
            f"the file is at {location}, and `download_hosts` in the target file does not "
            "name that host"
        )
    elif followed[-1].status not in statuses:
        reason = f"the Location of the file answers {followed[-1].status}"
        yield failed(reason, exchange, *followed)
    else:
        yield passed(exchange, *followed)


def _guessed_member(case: ActiveCase, request: OperationRequest) -> str | None:
    """Return what the target file does not say, and may have to, for a request to succeed.

    That is a body member of numeric ids, or, where a job is created, a parameter that says of what:
    no page may mark it as required, and without it a server need not know what to make.
    """
    body: Mapping[str, Any] = request.json if isinstance(request.json, Mapping) else {}
    for name, value in body.items():
        first = value[0] if isinstance(value, list) and value else value
        is_number = isinstance(first, int) and not isinstance(first, bool)
        if is_number and name not in case.target.values:
            return name
    if case.operation not in create_operations(case.contract):
        return None
    names = account_parameters(case.contract, case.contract.operations[case.operation])
    return next((name for name in names if name not in case.target.values), None)


def _changed(request: OperationRequest, member: str, value: Any) -> OperationRequest:
    return request.with_member(member, value) if member else request.with_body(value)


def _body_subject(member: str, value: Any) -> str:
    return f"{member.removeprefix('/') or 'the body'} {value!r}"


@active_check("accepts_body", writes=True, requests=6)
def accepts_body(
    case: ActiveCase,
    *,
    values: Sequence[Any],
    member: str = "",
    refusals: Sequence[int] = _INVALID_BODY,
) -> Iterator[CheckResult]:
    """None of `values`, for the body or one member, is answered with one of `refusals`."""
    for value in values:
        request = _changed(case.valid_request(), member, value)
        yield from case.send_valid(request, _body_subject(member, value), refusals)


@active_check("accepts_one_body", writes=True, requests=4)
def accepts_one_body(
    case: ActiveCase,
    *,
    values: Sequence[Any],
    member: str = "",
    refusals: Sequence[int] = _INVALID_BODY,
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
    case: ActiveCase,
    *,
    values: Sequence[Any],
    member: str = "",
    statuses: Sequence[int] = (),
    omitted: bool = False,
) -> Iterator[CheckResult]:
    """Each of `values`, for the body or one member of a valid request, is rejected.

    With `omitted` a body without the member is rejected as well.
    """
    if omitted:
        request = case.request_for_rejection().without_member(member.removeprefix("/"))
        yield from case.send_invalid(request, f"a body without {member[1:]}", statuses)
    for value in values:
        request = _changed(case.request_for_rejection(), member, value)
        yield from case.send_invalid(request, _body_subject(member, value), statuses)


@active_check("rejects_invalid_body", writes=True, requests=4)
def rejects_invalid_body(case: ActiveCase, *, kind: str) -> Iterator[CheckResult]:
    """A valid request is rejected once its body breaks its schema.

    `kind` says how: a `required` member is left out, a value has another `type` that nothing reads
    as the right one, or is none of an `enum`.
    """
    request = case.request_for_rejection()
    body = request.json if request.form is None else request.form
    bodies = case.factory.invalid_bodies(case.operation, body, kind)
    for name, changed in islice(bodies, MAX_INVALID):
        subject = (
            f"a body without {name}"
            if kind == "required"
            else f"a body with {changed[name]!r} as {name}"
        )
        yield from case.send_invalid(request.with_body(changed), subject)


MAX_INVALID: Final = 6


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


@active_check("rejects_malformed_body", writes=True, requests=4)
def rejects_malformed_body(case: ActiveCase) -> Iterator[CheckResult]:
    """A body that is no JSON to any reader is rejected."""
    request = case.request_for_rejection()
    media = json_media(case.contract.operations[case.operation]) or JSON
    for body in NOT_JSON_BODIES:
        subject, headers = f"the body {body.decode()!r}", {"Content-Type": media}
        yield from case.send_invalid(request, subject, headers=headers, body=body)


@active_check("accepts_bounds", writes=True, requests=5)
def accepts_bounds(case: ActiveCase, *, member: str) -> Iterator[CheckResult]:
    """The items of a list are accepted with each listed value, and at the bounds of the contract.

    All are sent in one list; where that is refused, those of each property. That only counts where
    the list is accepted with ordinary values.
    """
    item, properties = _item_of_list(case, member)
    bounds = {name: values_at_bounds(schema) for name, schema in properties.items()}
    item = {**item, **{name: usual[0] for name, (usual, _) in bounds.items() if usual}}
    every = [{**item, name: value} for name, (_, values) in bounds.items() for value in values]
    request = case.valid_request()
    results = list(_send_items(case, request, member, every))
    if any(result.passed is False for result in results):
        # A refused request changes nothing, so the next may name the same.
        results = list(_send_items(case, request, member, [item]))
        if not all(result.passed for result in results):
            raise Untestable(f"{member.removeprefix('/')} is refused with ordinary values as well")
        for name, (_, values) in bounds.items():
            items = [{**item, name: value} for value in values]
            results += _send_items(case, case.valid_request(), member, items) if items else []
    yield from results


def _item_of_list(
    case: ActiveCase, member: str
) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """Return the contract's example of an item of a list in the body, and its properties."""
    name = member.removeprefix("/")
    item = case.factory.body_options(case.operation)[name][0][0]
    openapi, operation = case.contract.openapi, case.contract.operations[case.operation]
    schema = (operation.body or {})["content"][JSON]["schema"]
    schema = resolve(openapi, resolve(openapi, schema)["properties"][name])
    lists = [entry for entry in schema.get("anyOf", [schema]) if entry.get("type") == "array"]
    properties = resolve(openapi, lists[0]["items"])["properties"]
    return item, {key: resolve(openapi, value) for key, value in properties.items()}


def _send_items(
    case: ActiveCase,
    request: OperationRequest,
    member: str,
    items: Sequence[Mapping[str, Any]],
) -> Iterator[CheckResult]:
    subject = f"{member.removeprefix('/')} {items!r}"
    changed = request.with_member(member, items)
    yield from case.send_valid(changed, subject, _INVALID_BODY, valid=None)
