"""Judges of response headers."""

from collections.abc import Mapping, Sequence
from email.policy import HTTP
from typing import Any

import jsonschema_rs

from conformance.checks.base import JudgeCase, judge
from conformance.checks.concern import answer_of
from conformance.outcome import Judgement, broken, kept
from conformance.traffic.exchange import Received
from specs.pointer import resolve
from specs.schema import standalone


@judge("header")
def header(
    case: JudgeCase, *, header: str, statuses: Sequence[int], required: bool = False
) -> Judgement | None:
    """The header, where present (or `required`), fits its schema in the contract."""
    received = answer_of(case, statuses)
    return None if received is None else _judge(case, received, [header], required)


@judge("paging_headers")
def paging_headers(
    case: JudgeCase, *, headers: Sequence[str], statuses: Sequence[int]
) -> Judgement | None:
    """All the headers are there and fit their schemas in the contract."""
    received = answer_of(case, statuses)
    return None if received is None else _judge(case, received, headers, required=True)


def _judge(
    case: JudgeCase, received: Received, names: Sequence[str], required: bool
) -> Judgement | None:
    described = _described(case, received.status)
    found = False
    for name in names:
        value = received.headers.get(name)
        if value is None and required:
            return broken(f"the header {name} is missing", case.exchange)
        if value is None:
            continue
        found = True
        if fault := _fault(case, described.get(name, {}), value):
            return broken(f"{name}: {fault}", case.exchange)
    return kept(case.exchange) if found else None


def _described(case: JudgeCase, status: int) -> Mapping[str, Any]:
    operation = case.contract.operations[case.exchange.operation or ""]
    headers: Mapping[str, Any] = operation.responses.get(status, {}).get("headers", {})
    return headers


def _fault(case: JudgeCase, described: Mapping[str, Any], text: str) -> str | None:
    schema = resolve(case.contract.openapi, described.get("schema", {"type": "string"}))
    value: Any = text
    if schema.get("type") == "integer" and text.strip().lstrip("-").isdigit():
        value = int(text)
    whole = standalone(case.contract.openapi, schema)
    validator = jsonschema_rs.validator_for(whole, validate_formats=True)
    return next((error.message for error in validator.iter_errors(value)), None)


@judge("disposition_parses")
def disposition_parses(
    case: JudgeCase, *, statuses: Sequence[int], required: bool = False
) -> Judgement | None:
    """A Content-Disposition parses by RFC 6266; where `required`, it is there, an attachment.

    A file name is never required.
    """
    received = answer_of(case, statuses)
    if received is None:
        return None
    text = received.headers.get("Content-Disposition")
    if text is None:
        return broken("no Content-Disposition came along", case.exchange) if required else None
    parsed: Any = HTTP.header_factory("Content-Disposition", text)
    if parsed.defects or not parsed.content_disposition:
        return broken(f"Content-Disposition {text!r} does not parse", case.exchange)
    if required and parsed.content_disposition.lower() != "attachment":
        return broken(f"Content-Disposition {text!r} is no attachment", case.exchange)
    return kept(case.exchange)
