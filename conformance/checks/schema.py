"""Judges of JSON bodies: each rule one level deep, so that one cause is one finding."""

from collections.abc import Iterator, Sequence
from typing import Any

import jsonschema_rs
import orjson

from conformance.checks.base import JudgeCase, judge
from conformance.checks.concern import answer_of, promised, statuses_of
from conformance.contracts.pointing import holders, members
from conformance.outcome import Judgement, broken, kept
from conformance.traffic.exchange import NOT_JSON
from specs import Contract
from specs.pointer import resolve, schema_at
from specs.schema import convert, standalone

_DEEPER = frozenset({"properties", "required", "items", "additionalProperties", "example"})


@judge("field")
def field(
    case: JudgeCase, *, pointers: Sequence[str], statuses: Sequence[int] = ()
) -> Judgement | None:
    """What is present at `pointers` has the type, set, format and bounds of the contract.

    What lies deeper is left to the rows of its own members. Source: the schemas of openapi.yaml.
    """
    received = answer_of(case, statuses_of(case, statuses))
    if received is None or received.json is NOT_JSON:
        return None
    found = [
        (place, fault)
        for pointer in pointers
        for place, value in members(received.json, pointer)
        for fault in [_fault(shallow(case, pointer, statuses), value)]
    ]
    return _verdict(case, found)


def shallow(case: JudgeCase, pointer: str, statuses: Sequence[int] = ()) -> dict[str, Any]:
    """Return the schema at `pointer` of the answers with `statuses`, without what lies deeper."""
    contract = case.contract
    found = schema_at(contract.openapi, _schema(case, statuses_of(case, statuses)), pointer)
    flat = {key: value for key, value in found.items() if key not in _DEEPER}
    if b"$ref" in orjson.dumps(flat):
        return standalone(contract.openapi, flat)
    converted: dict[str, Any] = convert(flat)
    return converted


def _schema(case: JudgeCase, statuses: Sequence[int]) -> Any:
    operation = case.contract.operations[case.requirement.operation or ""]
    wanted = (case.exchange.status or 0, *statuses, operation.success)
    found = (case.contract.schema(operation.id, status) for status in wanted)
    return next(schema for schema in found if schema is not None)


def _fault(schema: dict[str, Any], value: Any) -> str | None:
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return next((error.message for error in validator.iter_errors(value)), None)


def _verdict(case: JudgeCase, found: list[tuple[str, str | None]]) -> Judgement | None:
    for place, fault in found:
        if fault is not None:
            return broken(f"{place}: {fault}", case.exchange)
    return kept(case.exchange) if found else None


@judge("required_member")
def required_member(
    case: JudgeCase, *, pointers: Sequence[str], statuses: Sequence[int]
) -> Judgement | None:
    """Whatever object can hold the member at `pointers` does hold it."""
    received = answer_of(case, statuses)
    if received is None or received.json is NOT_JSON:
        return None
    found = [
        (f"{place or 'the body'}", None if name in holder else f"{name!r} is missing")
        for pointer in pointers
        for place, holder, name in holders(received.json, pointer)
    ]
    return _verdict(case, found)


@judge("object_body")
def object_body(case: JudgeCase, *, statuses: Sequence[int]) -> Judgement | None:
    """The body is a JSON object; an empty one is fine where nothing is required."""
    received = answer_of(case, statuses)
    if received is None:
        return None
    if not received.body:
        return broken(f"the {received.status} has no body", case.exchange)
    if received.json is NOT_JSON:
        return broken(f"the body of the {received.status} is no JSON", case.exchange)
    if not isinstance(received.json, dict):
        kind = _KINDS.get(type(received.json), "no object")
        return broken(f"the body of the {received.status} is {kind}, not an object", case.exchange)
    return kept(case.exchange)


_KINDS = {list: "a list", str: "text", bool: "a truth value", type(None): "null"}


@judge("body_schema")
def body_schema(case: JudgeCase, *, statuses: Sequence[int] = ()) -> Judgement | None:
    """The whole body fits its schema, for answers that more than an assumption stands behind.

    Refusals are concerned only where `statuses` names them.
    """
    received = answer_of(case, statuses)
    if received is None or (not statuses and received.status >= 400):
        return None
    schema = _promised_schema(case, received.status, received.media)
    if schema is None:
        return None
    if received.json is NOT_JSON:
        return broken(f"the body of the {received.status} is no JSON", case.exchange)
    faults = _faults(case.contract, schema, received.json)
    return next((broken(fault, case.exchange) for fault in faults), kept(case.exchange))


def _promised_schema(case: JudgeCase, status: int, media: str) -> Any:
    operation = case.contract.operations[case.exchange.operation or ""]
    # An answer with another success than the listed one is judged by the listed one's body.
    known = status if status in operation.responses else operation.success
    if status >= 400 and known != status:
        return None
    response = operation.responses[known]
    if not promised(response):
        return None
    content = response.get("content", {})
    chosen = content.get(media, content.get("application/json", {}))
    schema = chosen.get("schema")
    is_text = resolve(case.contract.openapi, schema or {}).get("format") == "binary"
    return None if is_text else schema


def _faults(contract: Contract, schema: Any, body: Any) -> Iterator[str]:
    whole = standalone(contract.openapi, schema)
    validator = jsonschema_rs.validator_for(whole, validate_formats=True)
    for error in validator.iter_errors(body):
        place = "".join(f"/{step}" for step in error.instance_path)
        yield f"{place or 'the body'}: {error.message}"
