"""Exchange checks of HTTP statuses and response headers."""

from collections.abc import Mapping, Sequence
from email.policy import HTTP
from http import HTTPStatus
from typing import Any, Final

import jsonschema_rs

from conformance.checks.registry import (
    NOT_OFFERED,
    ExchangeCase,
    applicable_response,
    exchange_check,
    is_echo,
)
from conformance.verdict import CheckResult, failed, passed
from specs.pointer import resolve
from specs.schema import self_contained

# HTTP itself allows these for any request (RFC 9110, 6585), whatever a vendor lists.
GENERIC: Final = frozenset(
    {405, 406, 408, 411, 412, 413, 414, 415, 416, 417, 421, 426, 428, 429, 431, 451}
)


@exchange_check("no_server_error")
def no_server_error(case: ExchangeCase) -> CheckResult | None:
    """No 5xx to any request; 503 is overload (implied by all sources)."""
    response = case.exchange.response
    if response is None or response.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    if response.status >= 500:
        request = case.exchange.request
        reason = f"{request.method} {request.path} is answered {response.status}"
        return failed(reason, case.exchange)
    return passed(case.exchange)


@exchange_check("success_status")
def success_status(case: ExchangeCase, *, also: Sequence[int] = ()) -> CheckResult | None:
    """A success or redirect has a status that the contract lists, or one of `also`."""
    response = applicable_response(case)
    if response is None or response.status >= 400:
        return None
    operation = case.contract.operations[case.exchange.operation or ""]
    listed = sorted({*(s for s in operation.responses if s < 400), *also})
    if response.status not in listed:
        expected = " or ".join(map(str, listed))
        return failed(f"{response.status}, not {expected}, is the success", case.exchange)
    return passed(case.exchange)


@exchange_check("status_listed")
def status_listed(case: ExchangeCase) -> CheckResult | None:
    """A 4xx is a status of the contract, or one that HTTP allows for any request."""
    response = applicable_response(case)
    if response is None or not 400 <= response.status < 500:
        return None
    operation = case.contract.operations[case.exchange.operation or ""]
    if response.status in NOT_OFFERED - operation.responses.keys():
        return None  # so a server answers that does not have the operation
    if response.status in operation.responses or response.status in GENERIC:
        return passed(case.exchange)
    listed = ", ".join(str(s) for s in sorted(operation.responses) if s >= 400)
    return failed(f"{response.status} is none of {listed}", case.exchange)


@exchange_check("header")
def header(
    case: ExchangeCase, *, header: str, statuses: Sequence[int], required: bool = False
) -> CheckResult | None:
    """The header, where present (or `required`), matches its schema in the contract."""
    return _check_headers(case, [header], statuses, required=required)


@exchange_check("paging_headers")
def paging_headers(
    case: ExchangeCase, *, headers: Sequence[str], statuses: Sequence[int]
) -> CheckResult | None:
    """All the headers are present and match their schemas in the contract."""
    return _check_headers(case, headers, statuses, required=True)


def _check_headers(
    case: ExchangeCase, names: Sequence[str], statuses: Sequence[int], *, required: bool
) -> CheckResult | None:
    response = applicable_response(case, statuses)
    if response is None:
        return None
    operation = case.contract.operations[case.exchange.operation or ""]
    described = operation.responses.get(response.status, {}).get("headers", {})
    any_present = False
    for name in names:
        value = response.headers.get(name)
        if value is None and required:
            return failed(f"the header {name} is missing", case.exchange)
        if value is None:
            continue
        any_present = True
        if error := _schema_error(case, described.get(name, {}), value):
            return failed(f"{name}: {error}", case.exchange)
    return passed(case.exchange) if any_present else None


def _schema_error(case: ExchangeCase, described: Mapping[str, Any], text: str) -> str | None:
    schema = resolve(case.contract.openapi, described.get("schema", {"type": "string"}))
    value: Any = text
    if schema.get("type") == "integer" and text.strip().lstrip("-").isdigit():
        value = int(text)
    validator = jsonschema_rs.validator_for(
        self_contained(case.contract.openapi, schema), validate_formats=True
    )
    errors = (e for e in validator.iter_errors(value) if not is_echo(case.exchange, e))
    return next((error.message for error in errors), None)


@exchange_check("disposition_parses")
def disposition_parses(
    case: ExchangeCase, *, statuses: Sequence[int], required: bool = False
) -> CheckResult | None:
    """A Content-Disposition parses by RFC 6266; if `required`, it is present and an attachment.

    A file name is never required.
    """
    response = applicable_response(case, statuses)
    if response is None:
        return None
    text = response.headers.get("Content-Disposition")
    if text is None:
        return (
            failed("the header Content-Disposition is missing", case.exchange) if required else None
        )
    parsed: Any = HTTP.header_factory("Content-Disposition", text)
    if parsed.defects or not parsed.content_disposition:
        return failed(f"Content-Disposition {text!r} does not parse", case.exchange)
    if required and parsed.content_disposition.lower() != "attachment":
        return failed(f"Content-Disposition {text!r} is not an attachment", case.exchange)
    return passed(case.exchange)
