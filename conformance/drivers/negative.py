"""Sends invalid and unusual bodies and parameter values: one change to a valid request each."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

import orjson

from conformance.checks.datetimes import parse_datetime
from conformance.contract_queries import parameter_schema
from conformance.drivers import DriverCase
from conformance.errors import NotPermitted
from conformance.http.request import UNSET
from conformance.job_client import NEGATIVE
from conformance.request_data import OperationRequest, existing_resources
from conformance.request_data.factory import FORM, JSON, RequestFactory
from conformance.settings import Effort
from specs import Operation
from specs.pointer import resolve

LONG_STRING: Final = "x" * 5000
STRINGS: Final = (
    "",
    LONG_STRING,
    "x" * 255,
    "Zürich, 東京 ✓",
    "20260330",
    "a\x00b",
    None,
    7,
    ["a"],
)
INTEGERS: Final = (2**31 - 1, 2**31, -(2**31) - 1, 2**32 + 1, -1, 0, 2**63, 1.5, "7", None)
# A long list repeats its items so often.
MANY: Final = 100
BOOLEANS: Final = ("true", 1, None)
# Formats of a date-time that ISO 8601 and RFC 3339 both allow.
VALID_DATETIMES: Final = (
    "2026-03-30T10:00:00+02:00",
    "2026-03-30T10:00:00-05:30",
    "2026-03-30T10:00:00.123456Z",
    "2026-03-30T10:00:00Z",
)
# The maximum number of mutated bodies for each operation.
MAX_MUTATIONS: Final = {Effort.QUICK: 8, Effort.DEFAULT: 120, Effort.DEEP: 400}
MAX_MUTATIONS_UNDOCUMENTED: Final = {Effort.QUICK: 0, Effort.DEFAULT: 6, Effort.DEEP: 400}


class Mutations:
    """Mutates JSON values by the schemas of an OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def mutate(self, schema: Any, value: Any) -> Iterator[Any]:
        """Yield variants of `value`, each with one change somewhere."""
        schema = self._schema_for(schema, value)
        if isinstance(value, Mapping):
            yield from self._objects(schema.get("properties", {}), value)
        elif isinstance(value, list):
            yield from self._lists(schema.get("items", {}), value)
        else:
            yield from self._leaves(schema, value)

    def _schema_for(self, schema: Any, value: Any) -> Mapping[str, Any]:
        """Return the resolved schema; for a list or an object its alternative in `anyOf`."""
        resolved: Mapping[str, Any] = resolve(self._document, schema)
        type_ = "array" if isinstance(value, list) else "object"
        for alternative in resolved.get("anyOf", ()):
            if isinstance(value, list | dict) and alternative.get("type") == type_:
                return self._schema_for(alternative, value)
        return resolved

    def _objects(self, properties: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[Any]:
        for name, schema in properties.items():
            if name in value:
                yield from ({**value, name: new} for new in self.mutate(schema, value[name]))
                yield {key: v for key, v in value.items() if key != name}
        yield {**value, "no_such_member": {"x": [1]}}

    def _lists(self, items: Any, value: list[Any]) -> Iterator[Any]:
        yield from ([], [*value, *value], value * MANY, {}, None)
        if value:
            yield from ([new, *value[1:]] for new in self.mutate(items, value[0]))

    def _leaves(self, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
        if "enum" in schema:
            yield from (other for other in schema["enum"] if other != value)
        if isinstance(value, str) and value:
            yield from (value.swapcase(), f"{value}s", value[:-1])
        if isinstance(value, str) and parse_datetime(value) is not None:
            yield from _other_datetimes(value)
        by_type: dict[str, tuple[Any, ...]] = {
            "string": STRINGS,
            "integer": INTEGERS,
            "number": INTEGERS,
            "boolean": BOOLEANS,
        }
        yield from by_type.get(schema.get("type", ""), (None,))


def _other_datetimes(value: str) -> Iterator[str]:
    """Yield a date-time with other offsets and precisions, at the same local time."""
    local = value.removesuffix("Z")[:19]
    yield from (f"{local}+02:00", f"{local}-05:30", f"{local}.123456Z", local)


def malformed_json(text: bytes) -> Iterator[bytes]:
    """Yield malformed bodies, made from valid JSON."""
    yield text.replace(b'"', b'"\xff\xfe', 1) if b'"' in text else b'{"x": "\xff\xfe"}'
    yield text[:-1]
    yield b"[" * 3000 + b"]" * 3000
    yield b'{"x":' * 3000 + b"1" + b"}" * 3000
    yield b""
    yield b"null"
    yield b'"text"'
    yield b'{"x": 1e999, "x": NaN}'


def edge_case_parameters(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return unusual and invalid values of a path or query parameter."""
    if schema.get("type") == "integer":
        return ("abc", "2147483648", "-2147483649", "1.5", "-1", "0", "9" * 40)
    if schema.get("type") == "array":
        return ("", "abc", "7,,8", ",", "2147483648", "-1", "7;8")
    if schema.get("format") == "date-time":
        return (
            *VALID_DATETIMES,
            "2026-02-30T00:00:00Z",
            "2026-03-30T25:61:00Z",
            "yesterday",
            "2026-03-30",
            "0",
        )
    return ("x" * 300, "x" * 2000, "", "Zürich, 東京 ✓", "a\x00b", "' OR '1'='1", "..", "%", "null")


# Stands for bytes that are no text.
NOT_UTF8: Final = "not-utf-8"


def drive(case: DriverCase) -> None:
    """Send the requests; what the target does not allow is omitted."""
    factory = RequestFactory(case.client)
    for name in case.operations:
        operation = case.contract.operations[name]
        documented = operation.source == "documented"
        creates = name == case.contract.lifecycle.actions["create"].operation
        limits = MAX_MUTATIONS if documented or creates else MAX_MUTATIONS_UNDOCUMENTED
        existing = existing_resources(case.client, operation)
        valid = factory.minimal(name, existing[-1] if existing else {})
        for request in islice(_bodies(case, operation, factory, valid), limits[case.effort]):
            _send(case, request)
        if documented or case.effort is Effort.DEEP:
            _send_parameters(case, operation, valid)
        if operation.body is not None:
            _send_raw_bodies(case, operation, valid)


def _send(case: DriverCase, request: OperationRequest) -> None:
    try:
        request.send(case.client, NEGATIVE, valid=None)
    except NotPermitted:
        return


def _bodies(
    case: DriverCase, operation: Operation, factory: RequestFactory, valid: OperationRequest
) -> Iterator[OperationRequest]:
    content = (operation.body or {}).get("content", {}).get(JSON)
    if content is None:
        return
    body = _largest_example(content, valid.json)
    for mutated in Mutations(case.contract.openapi).mutate(content["schema"], body):
        yield factory.with_fresh_unique_values(valid.with_body(mutated))


def _largest_example(content: Mapping[str, Any], valid: Any) -> Any:
    """Return the largest example, with the values of the valid body in it."""
    examples = [example["value"] for example in content.get("examples", {}).values()]
    largest = max([valid, *examples], key=lambda value: len(orjson.dumps(value)))
    if isinstance(largest, dict) and isinstance(valid, dict):
        return {**largest, **valid}
    return largest


def _send_parameters(case: DriverCase, operation: Operation, valid: OperationRequest) -> None:
    for parameter in operation.parameters:
        schema = parameter_schema(case.contract, parameter)
        for value in edge_case_parameters(schema):
            _send(case, valid.with_parameter(parameter["name"], value))
        if parameter["in"] == "path":
            _send_not_utf8(case, valid, parameter["name"])


def _send_not_utf8(case: DriverCase, valid: OperationRequest, name: str) -> None:
    """Send a path whose parameter is not UTF-8 once its percent-encoding is undone."""
    try:
        call = valid.with_parameter(name, NOT_UTF8).prepare(case.client, NEGATIVE, valid=None)
        path = call.request.path.replace(NOT_UTF8, "%FF%FE")
        case.client.send_prepared(replace(call, request=replace(call.request, path=path)))
    except NotPermitted:
        return


def _send_raw_bodies(case: DriverCase, operation: Operation, valid: OperationRequest) -> None:
    """Send malformed bodies, and a valid one under another media type."""
    media = JSON if JSON in (operation.body or {}).get("content", {}) else FORM
    body = orjson.dumps({} if valid.json is UNSET else valid.json)
    for malformed in malformed_json(body):
        _send_bytes(case, valid, malformed, media)
    _send_bytes(case, valid, body, "application/octet-stream")


def _send_bytes(case: DriverCase, valid: OperationRequest, body: bytes, media: str) -> None:
    try:
        case.client.call(
            valid.operation,
            path=valid.path,
            query=valid.query,
            headers={"Content-Type": media},
            body=body,
            driver=NEGATIVE,
            valid=False,
        )
    except NotPermitted:
        return
