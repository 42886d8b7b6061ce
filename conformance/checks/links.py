"""Judges of links, redirects and echoed ids: they stay with the thing that was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import jsonschema_rs

from conformance.checks.applicability import applicable_response, expected_statuses
from conformance.checks.registry import ExchangeCase, exchange_check
from conformance.checks.response_body import shallow_schema
from conformance.contract_queries import match_path, operation_at, value_at
from conformance.http.request import parse_url
from conformance.verdict import CheckResult, failed, passed


@exchange_check("field_equals_parameter")
def field_equals_parameter(
    case: ExchangeCase, *, pointer: str, parameter: str
) -> CheckResult | None:
    """The value at `pointer` is that of the path parameter; its type has a row of its own."""
    received = applicable_response(case, expected_statuses(case, ()))
    if received is None or parameter not in case.exchange.path_parameters:
        return None
    value = value_at(received.json, pointer)
    fits = jsonschema_rs.validator_for(shallow_schema(case, pointer)).is_valid
    if not isinstance(value, str | int) or not fits(value):
        return None
    asked = case.exchange.path_parameters[parameter]
    if str(value) != str(asked):
        return failed(f"{pointer} is {value!r}, {str(asked)!r} was asked for", case.exchange)
    return passed(case.exchange)


@exchange_check("link_targets_same_resource")
def link_targets_same_resource(case: ExchangeCase, *, pointer: str, to: str) -> CheckResult | None:
    """A link leads to the operation `to` of the very thing that was asked for."""
    received = applicable_response(case, expected_statuses(case, ()))
    href = value_at(received.json, pointer) if received else None
    return _check_link(case, href, to, pointer) if isinstance(href, str) else None


@exchange_check("location_targets_same_resource")
def location_targets_same_resource(case: ExchangeCase, *, to: str) -> CheckResult | None:
    """A Location at this service leads to the operation `to` of the thing asked for.

    One to a place that the contract does not know (a storage) names no job and is not judged.
    """
    received = applicable_response(case)
    if received is None or not 300 <= received.status < 400:
        return None
    text = received.headers.get("Location")
    return _check_link(case, text, to, "Location") if text is not None else None


def _check_link(case: ExchangeCase, href: str, to: str, what: str) -> CheckResult | None:
    parts = parse_url(href, case.exchange.request.url)
    if parts is None:
        return failed(f"{what} {href!r} is no URL", case.exchange)
    found = match_path(case.contract.operations[to].path, parts.path)
    if found is None:
        return _elsewhere(case, parts, f"{what} {href!r} leads to no {to}")
    asked = _asked(case.exchange.path_parameters)
    strange = [name for name, value in found.items() if asked.get(name, value) != value]
    if strange:
        name = strange[0]
        reason = f"{what} {href!r} leads to the {name} {found[name]!r}, not {asked[name]!r}"
        return failed(reason, case.exchange)
    return passed(case.exchange)


def _elsewhere(case: ExchangeCase, parts: SplitResult, reason: str) -> CheckResult | None:
    """A place that the contract does not know may be a storage; its other operations are none."""
    if parts.netloc != urlsplit(case.exchange.request.url).netloc:
        return None
    known = operation_at(case.contract, parts.path) is not None or parts.path in {"", "/"}
    return failed(reason, case.exchange) if known else None


def _asked(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: unquote(str(value)) for name, value in parameters.items()}


@exchange_check("redirect_only_in")
def redirect_only_in(case: ExchangeCase, *, states: Sequence[str]) -> CheckResult | None:
    """A redirect comes only while the status in its body, where present, is one of `states`."""
    received = applicable_response(case)
    location = case.contract.lifecycle.locations.get(case.exchange.operation or "")
    if received is None or location is None or not location.status:
        return None
    if not 300 <= received.status < 400:
        return None
    state = value_at(received.json, location.status)
    if not isinstance(state, str):
        return None
    allowed = {case.contract.lifecycle.wire(name) for name in states}
    if state not in allowed and case.contract.lifecycle.named(state):
        return failed(f"a {received.status} while the status is {state}", case.exchange)
    return passed(case.exchange) if state in allowed else None
