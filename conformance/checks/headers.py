"""Judges of response headers."""

from collections.abc import Mapping, Sequence
from email.policy import HTTP
from typing import Any

import jsonschema_rs

from conformance.checks.applicability import applicable_response
from conformance.checks.registry import ExchangeCase, exchange_check
from conformance.http.exchange import RecordedResponse
from conformance.verdict import CheckResult, failed, passed
from specs.pointer import resolve
from specs.schema import standalone


@exchange_check("header")
def header(
    case: ExchangeCase, *, header: str, statuses: Sequence[int], required: bool = False
) -> CheckResult | None:
    """The header, where present (or `required`), fits its schema in the contract."""
    received = applicable_response(case, statuses)
    return None if received is None else _check_headers(case, received, [header], required)


@exchange_check("paging_headers")
def paging_headers(
    case: ExchangeCase, *, headers: Sequence[str], statuses: Sequence[int]
) -> CheckResult | None:
    """All the headers are there and fit their schemas in the contract."""
    received = applicable_response(case, statuses)
    return None if received is None else _check_headers(case, received, headers, required=True)


def _check_headers(
    case: ExchangeCase, received: RecordedResponse, names: Sequence[str], required: bool
) -> CheckResult | None:
    described = _described(case, received.status)
    found = False
    for name in names:
        value = received.headers.get(name)
        if value is None and required:
            return failed(f"the header {name} is missing", case.exchange)
        if value is None:
            continue
        found = True
        if fault := _schema_error(case, described.get(name, {}), value):
            return failed(f"{name}: {fault}", case.exchange)
    return passed(case.exchange) if found else None


def _described(case: ExchangeCase, status: int) -> Mapping[str, Any]:
    operation = case.contract.operations[case.exchange.operation or ""]
    headers: Mapping[str, Any] = operation.responses.get(status, {}).get("headers", {})
    return headers


def _schema_error(case: ExchangeCase, described: Mapping[str, Any], text: str) -> str | None:
    schema = resolve(case.contract.openapi, described.get("schema", {"type": "string"}))
    value: Any = text
    if schema.get("type") == "integer" and text.strip().lstrip("-").isdigit():
        value = int(text)
    whole = standalone(case.contract.openapi, schema)
    validator = jsonschema_rs.validator_for(whole, validate_formats=True)
    return next((error.message for error in validator.iter_errors(value)), None)


@exchange_check("disposition_parses")
def disposition_parses(
    case: ExchangeCase, *, statuses: Sequence[int], required: bool = False
) -> CheckResult | None:
    """A Content-Disposition parses by RFC 6266; where `required`, it is there, an attachment.

    A file name is never required.
    """
    received = applicable_response(case, statuses)
    if received is None:
        return None
    text = received.headers.get("Content-Disposition")
    if text is None:
        return failed("no Content-Disposition came along", case.exchange) if required else None
    parsed: Any = HTTP.header_factory("Content-Disposition", text)
    if parsed.defects or not parsed.content_disposition:
        return failed(f"Content-Disposition {text!r} does not parse", case.exchange)
    if required and parsed.content_disposition.lower() != "attachment":
        return failed(f"Content-Disposition {text!r} is no attachment", case.exchange)
    return passed(case.exchange)
