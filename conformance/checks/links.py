"""Exchange checks of links, redirects and echoed ids: they target the requested resource."""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from conformance.checks.exchange_case import ExchangeCase, Responses
from conformance.checks.registry import exchange_check
from conformance.checks.response_body import shallow_schema
from conformance.contract_queries import match_path, operation_at, value_at
from conformance.http.request import parse_url
from conformance.verdict import CheckResult, failed, passed


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


@exchange_check("location_targets_same_resource")
def location_targets_same_resource(case: ExchangeCase, *, to: str) -> CheckResult | None:
    """A Location at this service targets the operation `to` of the requested resource.

    A Location that the contract does not know (a file storage) is not judged.
    """
    location = case.response.headers.get("Location")
    if location is None or not 300 <= case.response.status < 400:
        return None
    return _check_link(case, location, to, "Location")


def _check_link(case: ExchangeCase, href: str, to: str, label: str) -> CheckResult | None:
    url = parse_url(href, case.exchange.request.url)
    if url is None:
        return failed(f"{label} {href!r} is not a URL")
    linked = match_path(case.contract.operations[to].path, url.path)
    if linked is None:
        # An unknown path or another host may be a file storage.
        same_host = url.netloc == urlsplit(case.exchange.request.url).netloc
        known = operation_at(case.contract, url.path) is not None or url.path in {"", "/"}
        reason = f"{label} {href!r} does not target {to}"
        return failed(reason) if same_host and known else None
    for name, value in linked.items():
        # Generated values are encoded already; an id of the server may look as if it were.
        requested = str(case.exchange.path_parameters.get(name, value))
        if value not in {requested, unquote(requested)}:
            return failed(f"{label} {href!r} targets the {name} {value!r}, not {requested!r}")
    return passed()


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
