"""Exchange checks of response headers."""

from collections.abc import Mapping, Sequence
from email.policy import HTTP
from typing import Any

import jsonschema_rs

from conformance.checks.applicability import applicable_response, is_echo
from conformance.checks.registry import ExchangeCase, exchange_check
from conformance.verdict import CheckResult, failed, passed
from specs.pointer import resolve
from specs.schema import self_contained


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
