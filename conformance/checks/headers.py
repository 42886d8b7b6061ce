"""Checks of statuses, headers, and links in headers and bodies."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from email.policy import HTTP
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from conformance.checks import (
    CheckResult,
    Responses,
    active_check,
    exchange_check,
    failed,
    history_check,
    passed,
    result_of,
    skipped,
)
from conformance.checks.active_case import ActiveCase
from conformance.checks.cases import (
    NOT_OFFERED,
    ExchangeCase,
    HistoryCase,
    ObservedRequest,
    is_echo,
)
from conformance.checks.response_body import shallow_schema
from conformance.contract_queries import match_path, operation_at, value_at
from conformance.errors import describe_schema_error
from conformance.http import NOT_JSON, Exchange, parse_json
from conformance.http.request import parse_url
from conformance.job_client import NEGATIVE
from conformance.target.tracker import observed_state
from specs import Contract
from specs.pointer import resolve

# The two spellings of a file's name in a Content-Disposition, quoted texts emptied before.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_PLAIN_NAME: Final = re.compile(r';\s*filename\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;"]+)', re.IGNORECASE)
_NAMES: Final = re.compile(r";\s*filename(\*?)\s*=", re.IGNORECASE)

# HTTP itself allows these for any request (RFC 9110, 6585), whatever a vendor lists.
GENERIC: Final = frozenset(
    {405, 406, 408, 411, 412, 413, 414, 415, 416, 417, 421, 426, 428, 429, 431, 451}
)


@exchange_check("no_server_error", responses=Responses.ANY)
def no_server_error(case: ExchangeCase) -> CheckResult | None:
    """No 5xx to any request; 503 is overload (implied by all sources)."""
    status, request = case.response.status, case.exchange.request
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    if status == HTTPStatus.NOT_IMPLEMENTED and _is_other_method(case):
        return passed()
    if status >= 500:
        return failed(f"{request.method} {request.path} is answered {status}")
    return passed()


def _is_other_method(case: ExchangeCase) -> bool:
    """Return True for a method that no operation has; a server may not know it (RFC 9110)."""
    return case.exchange.operation is None and case.exchange.driver == NEGATIVE


@exchange_check("success_status")
def success_status(case: ExchangeCase, *, also: Sequence[int] = ()) -> CheckResult | None:
    """A success or redirect has a status that the contract lists, or one of `also`."""
    if case.response.status >= 400:
        return None
    listed = sorted({*(s for s in case.operation.responses if s < 400), *also})
    if case.response.status not in listed:
        expected = " or ".join(map(str, listed))
        return failed(f"{case.response.status}, not {expected}, is the success")
    return passed()


@exchange_check("status_listed")
def status_listed(case: ExchangeCase, *, also: Sequence[int] = ()) -> CheckResult | None:
    """A 4xx is a status of the contract, one of `also`, or one that HTTP allows for any request."""
    status, responses = case.response.status, case.operation.responses
    if not 400 <= status < 500:
        return None
    if status in NOT_OFFERED - responses.keys():
        return None  # so a server answers that does not have the operation
    if status in responses or status in GENERIC or status in also:
        return passed()
    return failed(f"{status} is none of {', '.join(str(s) for s in sorted(responses) if s >= 400)}")


# What stores of files call any file.
_NEUTRAL: Final = frozenset({"application/octet-stream", "binary/octet-stream"})


@exchange_check("media_type_listed")
def media_type_listed(case: ExchangeCase) -> CheckResult | None:
    """A body that has a media type has one that the contract lists for the status.

    A range (`text/*`) lists all of it; a file may be called one of no known type.
    """
    listed = case.operation.responses.get(case.response.status, {}).get("content", {})
    media = case.response.media
    if not listed or not media or not case.response.body:
        return None
    fetch = case.contract.lifecycle.actions.get("fetch")
    if fetch is not None and fetch.operation == case.operation.id and media in _NEUTRAL:
        return None
    names = [name.partition(";")[0].strip().lower() for name in listed]
    if any(fnmatchcase(media, name) for name in names):
        return passed()
    return failed(f"the media type is {media}, not {' or '.join(names)}")


@exchange_check("headers")
def headers(
    case: ExchangeCase, *, headers: Sequence[str], required: bool = False
) -> CheckResult | None:
    """The headers, where present (or `required`), match their schemas in the contract."""
    described = case.operation.responses.get(case.response.status, {}).get("headers", {})
    sent = case.response.headers
    missing = [name for name in headers if name not in sent]
    if missing and required:
        return failed(f"the header {missing[0]} is missing")
    present = [name for name in headers if name in sent]
    for name in present:
        if error := _schema_error(case, described.get(name, {}), sent[name]):
            return failed(f"{name}: {error}")
    return passed() if present else None


def _schema_error(case: ExchangeCase, described: Mapping[str, Any], text: str) -> str | None:
    schema = resolve(case.contract.openapi, described.get("schema", {"type": "string"}))
    value: Any = text
    if schema.get("type") in {"integer", "number", "boolean"}:
        parsed = parse_json(text.strip().encode())
        value = text if parsed is NOT_JSON else parsed
    elif case.contract.own and schema.get("format") == "uri":
        # RFC 9110, 10.2.2: a Location may be relative, and few who write `uri` forbid that.
        schema = {**schema, "format": "uri-reference"}
    validator = case.contract.validator(schema)
    errors = (e for e in validator.iter_errors(value) if not is_echo(case.exchange, e))
    return next((describe_schema_error(error) for error in errors), None)


@active_check("page_count_fits", writes=True, requests=3)
def page_count_fits(
    case: ActiveCase, *, size: str, create: str, total: str, length: str, pages: str
) -> Iterator[CheckResult]:
    """The header `pages` says how many pages of `length` the `total` of a list fills.

    Two sizes are asked for, so that one of them leaves the last page partial.
    """
    case.create_resource(create)
    for number in (7, 8):
        exchange = case.send_minimal(case.operation, {size: number})
        sent = exchange.response.headers if exchange.response else {}
        texts = [sent.get(name, "") for name in (total, length, pages)]
        if not all(text.isdecimal() for text in texts) or not int(texts[1]):
            yield skipped("the list does not state its total, its page size and its pages")
            continue
        items, stated_size, stated = map(int, texts)
        expected = -(-items // stated_size)
        wrong = f"{items} items are {expected} pages of {stated_size}, {pages} says {stated}"
        yield result_of(wrong if stated != expected else None, exchange)


@exchange_check("disposition_parses")
def disposition_parses(case: ExchangeCase, *, required: bool = False) -> CheckResult | None:
    """A Content-Disposition parses by RFC 6266; if `required`, it is present and an attachment.

    A file name is never required.
    """
    text = case.response.headers.get("Content-Disposition")
    if text is None:
        return failed("the header Content-Disposition is missing") if required else None
    # RFC 6266 recommends `filename` beside `filename*`, which the parser takes for a duplicate.
    twice = sorted(_NAMES.findall(_QUOTED.sub('""', text))) == ["", "*"]
    parsed: Any = HTTP.header_factory(
        "Content-Disposition", _PLAIN_NAME.sub("", text, count=1) if twice else text
    )
    if parsed.defects or not parsed.content_disposition:
        return failed(f"Content-Disposition {text!r} does not parse")
    if required and parsed.content_disposition.lower() != "attachment":
        return failed(f"Content-Disposition {text!r} is not an attachment")
    return passed()


@exchange_check("field_equals_parameter", responses=Responses.SUCCESSFUL)
def field_equals_parameter(
    case: ExchangeCase, *, pointer: str, parameter: str
) -> CheckResult | None:
    """The value at `pointer` is that of the path parameter; its type has its own requirement."""
    if parameter not in case.exchange.path_parameters:
        return None
    value = value_at(case.response.json, pointer)
    schema_allows = case.contract.validator(shallow_schema(case, pointer), formats=False).is_valid
    if not isinstance(value, str | int) or not schema_allows(value):
        return None
    requested = str(case.exchange.path_parameters[parameter])
    if str(value) != requested:
        return failed(f"{pointer} is {value!r}, requested was {requested!r}")
    return passed()


@exchange_check("link_targets_same_resource", responses=Responses.SUCCESSFUL)
def link_targets_same_resource(case: ExchangeCase, *, pointer: str, to: str) -> CheckResult | None:
    """The link at `pointer` targets the operation `to` of the requested resource."""
    href = value_at(case.response.json, pointer)
    return _check_link(case, href, to, pointer) if isinstance(href, str) else None


@history_check("file_link_names_no_other_job", otherwise="no job said where its file is")
def file_link_names_no_other_job(
    case: HistoryCase, *, to: str, pointer: str | None = None
) -> Iterator[CheckResult]:
    """Where a job says its file is, is not the file of another job, nor another operation.

    That is the link at `pointer`, or the Location of a redirect. A file may have an id of its own,
    and a URL that the contract does not know may be a storage.
    """
    jobs = {job.id for job in case.jobs}
    for poll in case.requests("poll"):
        exchange = poll.exchange
        href = _location(exchange) if pointer is None else value_at(exchange.json, pointer)
        if not isinstance(href, str):
            continue
        label = pointer or "Location"
        url = parse_url(href, exchange.request.url)
        target = None if url is None else match_path(case.contract.operations[to].path, url.path)
        if url is None:
            yield failed(f"{label} {href!r} is not a URL", exchange)
        elif target is None:
            if _is_other_operation(case.contract, exchange, url):
                yield failed(f"{label} {href!r} does not target {to}", exchange)
        elif reason := _other_file(poll, target, jobs):
            yield failed(f"{label} {href!r} {reason}", exchange)
        else:
            yield passed(exchange)


def _other_file(
    poll: ObservedRequest, target: Mapping[str, str], jobs: Collection[str]
) -> str | None:
    """Return why the parameters of a file's path show that it is not the file of a polled job."""
    for name, value, requested in _differences(poll.exchange, target):
        if requested != poll.job.id:
            return f"names the {name} {value!r}, not {requested!r}"
        if value in jobs:
            return f"names the file of the job {value!r}, not of {requested!r}"
    return None


def _location(exchange: Exchange) -> str | None:
    response = exchange.response
    if response is None or not 300 <= response.status < 400:
        return None
    return response.headers.get("Location")


def _is_other_operation(contract: Contract, exchange: Exchange, url: SplitResult) -> bool:
    """Return True for a path of this service that is known as something else than a file."""
    same_host = url.netloc == urlsplit(exchange.request.url).netloc
    return same_host and (operation_at(contract, url.path) is not None or url.path in {"", "/"})


def _check_link(case: ExchangeCase, href: str, to: str, label: str) -> CheckResult | None:
    url = parse_url(href, case.exchange.request.url)
    if url is None:
        return failed(f"{label} {href!r} is not a URL")
    linked = match_path(case.contract.operations[to].path, url.path)
    if linked is None:
        other = _is_other_operation(case.contract, case.exchange, url)
        return failed(f"{label} {href!r} does not target {to}") if other else None
    for name, value, requested in _differences(case.exchange, linked):
        return failed(f"{label} {href!r} targets the {name} {value!r}, not {requested!r}")
    return passed()


def _differences(exchange: Exchange, target: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and requested value of each path parameter of a link that is another."""
    for name, value in target.items():
        # Generated values are encoded already; an id of the server may look as if it were.
        requested = str(exchange.path_parameters.get(name, value))
        if value not in {requested, unquote(requested)}:
            yield name, value, requested


@exchange_check("redirect_only_in")
def redirect_only_in(case: ExchangeCase, *, states: Sequence[str]) -> CheckResult | None:
    """A redirect comes only while the status in its body, where present, is one of `states`."""
    lifecycle = case.contract.lifecycle
    location = lifecycle.locations.get(case.operation.id)
    stated = location is not None and (location.status or location.shown)
    if not stated or not 300 <= case.response.status < 400:
        return None
    shown = observed_state(lifecycle, case.exchange, case.response.json)
    if shown is None or not shown.states:
        return None
    if shown.states.isdisjoint(states):
        return failed(f"a {case.response.status} while the status is {shown.state}")
    return passed()
