"""Checks of links, redirects and echoed ids: they target the requested resource."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

from conformance.checks import Responses, exchange_check, history_check
from conformance.checks.cases import ExchangeCase, HistoryCase, ObservedRequest
from conformance.checks.response_body import shallow_schema
from conformance.contract_queries import match_path, operation_at, value_at
from conformance.http.exchange import Exchange
from conformance.http.request import parse_url
from conformance.verdict import CheckResult, failed, passed
from specs import Contract


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
    location = case.contract.lifecycle.locations.get(case.operation.id)
    if location is None or not location.status or not 300 <= case.response.status < 400:
        return None
    state = value_at(case.response.json, location.status)
    if not isinstance(state, str):
        return None
    allowed = {case.contract.lifecycle.wire_name(name) for name in states}
    if state not in allowed and case.contract.lifecycle.states_named(state):
        return failed(f"a {case.response.status} while the status is {state}")
    return passed() if state in allowed else None
