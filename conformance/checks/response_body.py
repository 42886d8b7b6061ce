"""Judges of JSON bodies: each rule one level deep, so that one cause is one finding."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import jsonschema_rs
import orjson

from conformance.checks.applicability import applicable_response, expected_statuses, is_sourced
from conformance.checks.registry import ExchangeCase, exchange_check
from conformance.contract_queries import containers, values_at
from conformance.http.exchange import NOT_JSON, Exchange, RecordedResponse
from conformance.verdict import CheckResult, failed, passed
from specs import Contract
from specs.pointer import resolve, schema_at
from specs.schema import convert, standalone

_DEEPER = frozenset({"properties", "required", "items", "additionalProperties", "example"})


@exchange_check("field_matches_schema")
def field_matches_schema(
    case: ExchangeCase, *, pointers: Sequence[str], statuses: Sequence[int] = ()
) -> CheckResult | None:
    """What is present at `pointers` has the type, set, format and bounds of the contract.

    What lies deeper is left to the rows of its own members. Source: the schemas of openapi.yaml.
    """
    received = applicable_response(case, expected_statuses(case, statuses))
    if received is None or received.json is NOT_JSON:
        return None
    found = [
        (place, fault)
        for pointer in pointers
        for place, value in values_at(received.json, pointer)
        for fault in [_schema_error(shallow_schema(case, pointer, statuses), value)]
    ]
    return _first_error(case, found)


def shallow_schema(
    case: ExchangeCase, pointer: str, statuses: Sequence[int] = ()
) -> dict[str, Any]:
    """Return the schema at `pointer` of the answers with `statuses`, without what lies deeper."""
    contract = case.contract
    found = schema_at(contract.openapi, _schema(case, expected_statuses(case, statuses)), pointer)
    flat = {key: value for key, value in found.items() if key not in _DEEPER}
    if b"$ref" in orjson.dumps(flat):
        return standalone(contract.openapi, flat)
    converted: dict[str, Any] = convert(flat)
    return converted


def _schema(case: ExchangeCase, statuses: Sequence[int]) -> Any:
    operation = case.contract.operations[case.requirement.operation or ""]
    wanted = (case.exchange.status or 0, *statuses, operation.success)
    found = (case.contract.schema(operation.id, status) for status in wanted)
    return next(schema for schema in found if schema is not None)


def _schema_error(schema: dict[str, Any], value: Any) -> str | None:
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return next((error.message for error in validator.iter_errors(value)), None)


def _first_error(case: ExchangeCase, found: list[tuple[str, str | None]]) -> CheckResult | None:
    for place, fault in found:
        if fault is not None:
            return failed(f"{place}: {fault}", case.exchange)
    return passed(case.exchange) if found else None


@exchange_check("required_member")
def required_member(
    case: ExchangeCase, *, pointers: Sequence[str], statuses: Sequence[int]
) -> CheckResult | None:
    """Whatever object can hold the member at `pointers` does hold it."""
    received = applicable_response(case, statuses)
    if received is None or received.json is NOT_JSON:
        return None
    found = [
        (f"{place or 'the body'}", None if name in holder else f"{name!r} is missing")
        for pointer in pointers
        for place, holder, name in containers(received.json, pointer)
    ]
    return _first_error(case, found)


@exchange_check("object_body")
def object_body(case: ExchangeCase, *, statuses: Sequence[int]) -> CheckResult | None:
    """The body is a JSON object; an empty one is fine where nothing is required."""
    received = applicable_response(case, statuses)
    if received is None:
        return None
    if not received.body:
        return failed(f"the {received.status} has no body", case.exchange)
    if received.json is NOT_JSON:
        return failed(f"the body of the {received.status} is no JSON", case.exchange)
    if not isinstance(received.json, dict):
        kind = _KINDS.get(type(received.json), "no object")
        return failed(f"the body of the {received.status} is {kind}, not an object", case.exchange)
    return passed(case.exchange)


_KINDS = {list: "a list", str: "text", bool: "a truth value", type(None): "null"}


@exchange_check("body_schema")
def body_schema(case: ExchangeCase, *, statuses: Sequence[int] = ()) -> CheckResult | None:
    """The whole body fits its schema, for answers that more than an assumption stands behind.

    Refusals are concerned only where `statuses` names them.
    """
    received = applicable_response(case, statuses)
    if received is None or (not statuses and received.status >= 400):
        return None
    schema = _sourced_schema(case, received.status, received.media)
    if schema is None:
        return None
    if received.json is NOT_JSON:
        return failed(f"the body of the {received.status} is no JSON", case.exchange)
    faults = _schema_errors(case.contract, schema, received.json)
    return next((failed(fault, case.exchange) for fault in faults), passed(case.exchange))


def _sourced_schema(case: ExchangeCase, status: int, media: str) -> Any:
    operation = case.contract.operations[case.exchange.operation or ""]
    # An answer with another success than the listed one is judged by the listed one's body.
    known = status if status in operation.responses else operation.success
    if status >= 400 and known != status:
        return None
    response = operation.responses[known]
    if not is_sourced(response):
        return None
    content = response.get("content", {})
    chosen = content.get(media, content.get("application/json", {}))
    schema = chosen.get("schema")
    is_text = resolve(case.contract.openapi, schema or {}).get("format") == "binary"
    return None if is_text else schema


def _schema_errors(contract: Contract, schema: Any, body: Any) -> Iterator[str]:
    whole = standalone(contract.openapi, schema)
    validator = jsonschema_rs.validator_for(whole, validate_formats=True)
    for error in validator.iter_errors(body):
        place = "".join(f"/{step}" for step in error.instance_path)
        yield f"{place or 'the body'}: {error.message}"


_BOM: Final = b"\xef\xbb\xbf"
# Types whose content is never a JSON object or list.
_NOT_JSON: Final = ("text/html", "text/xml", "application/xml", "application/pdf", "image/")


@exchange_check("complete_body")
def complete_body(case: ExchangeCase) -> CheckResult | None:
    """The body has the length and the coding that its headers say, or had at the second try."""
    received = case.exchange.response
    if received is None:
        return None
    if not received.complete:
        return failed(received.body_error or "the answer broke off", case.exchange)
    return passed(case.exchange)


@exchange_check("media_matches_body")
def media_matches_body(case: ExchangeCase) -> CheckResult | None:
    """A body called JSON parses, and a JSON object is not called a page, XML, PDF or image.

    The files of finished jobs are left to the rows on files.
    """
    received = case.exchange.response
    if received is None or not received.complete or not received.body:
        return None
    if case.exchange.request.method == "HEAD" or _is_file(case, case.exchange):
        return None
    if is_json_media(received.media):
        if parse_json(received) is _UNPARSABLE:
            return failed(f"{received.media} is announced, no JSON is sent", case.exchange)
        return passed(case.exchange)
    if received.media.startswith(_NOT_JSON) and isinstance(parse_json(received), dict | list):
        return failed(f"{received.media} is announced, JSON is sent", case.exchange)
    return None


def _is_file(case: ExchangeCase, exchange: Exchange) -> bool:
    fetch = case.contract.lifecycle.roles.get("fetch")
    return fetch is not None and exchange.operation == fetch.operation and exchange.status == 200


def is_json_media(media: str) -> bool:
    """Tell whether a media type promises one JSON document."""
    return media in {"application/json", "text/json"} or media.endswith("+json")


_UNPARSABLE: Final = object()


def parse_json(received: RecordedResponse) -> Any:
    """Return the parsed body, leniently: a byte order mark and numbers of any size are fine."""
    try:
        return json.loads(received.body.removeprefix(_BOM))
    except (ValueError, RecursionError):
        return _UNPARSABLE
