"""Bodies and parameter values beside the valid ones: one change each, at every place."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import orjson

from conformance.checks.datetimes import parse_datetime
from conformance.contract_queries import parameter_schema
from conformance.drivers import DriverCase
from conformance.errors import NotPermitted
from conformance.job_client import NEGATIVE
from conformance.request_data.factory import FORM, JSON, RequestFactory
from conformance.request_data.operation_request import OperationRequest, existing_resources
from conformance.settings import Effort
from conformance.target.client import UNSET
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
# So often a list is repeated to be a long one.
MANY: Final = 100
BOOLEANS: Final = ("true", 1, None)


class Mutations:
    """Changes JSON values along the schemas of one OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def mutate(self, schema: Any, value: Any) -> Iterator[Any]:
        """Yield variants of `value`, each with one change somewhere in it."""
        schema = self._fitting(schema, value)
        if isinstance(value, Mapping):
            yield from self._objects(schema.get("properties", {}), value)
        elif isinstance(value, list):
            yield from self._lists(schema.get("items", {}), value)
        else:
            yield from self._leaves(schema, value)

    def _fitting(self, schema: Any, value: Any) -> Mapping[str, Any]:
        """Return the schema, or the alternative of it that a list or an object belongs to."""
        found: Mapping[str, Any] = resolve(self._document, schema)
        wanted = "array" if isinstance(value, list) else "object"
        for choice in found.get("anyOf", ()):
            if isinstance(value, list | dict) and choice.get("type") == wanted:
                return self._fitting(choice, value)
        return found

    def _objects(self, properties: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[Any]:
        for name, schema in properties.items():
            if name in value:
                yield from ({**value, name: new} for new in self.mutate(schema, value[name]))
                yield {key: one for key, one in value.items() if key != name}
        yield {**value, "no_such_member": {"x": [1]}}

    def _lists(self, items: Any, value: list[Any]) -> Iterator[Any]:
        yield from ([], [*value, *value], value * MANY, {}, None)
        if value:
            yield from ([new, *value[1:]] for new in self.mutate(items, value[0]))

    def _leaves(self, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
        if "enum" in schema:
            yield from (one for one in schema["enum"] if one != value)
        if isinstance(value, str) and value:
            yield from (value.swapcase(), f"{value}s", value[:-1])
        if isinstance(value, str) and parse_datetime(value) is not None:
            yield from _other_datetimes(value)
        yield from self._typed(schema.get("type"))

    @staticmethod
    def _typed(kind: str | None) -> tuple[Any, ...]:
        by_type: dict[str | None, tuple[Any, ...]] = {
            "string": STRINGS,
            "integer": INTEGERS,
            "number": INTEGERS,
            "boolean": BOOLEANS,
        }
        return by_type.get(kind, (None,))


# Ways to write a date-time that ISO 8601 and RFC 3339 both allow.
RIGHT_DATETIMES: Final = (
    "2026-03-30T10:00:00+02:00",
    "2026-03-30T10:00:00-05:30",
    "2026-03-30T10:00:00.123456Z",
    "2026-03-30T10:00:00Z",
)


def _other_datetimes(value: str) -> Iterator[str]:
    """Yield a date-time in other zones and precisions; the time of day stays."""
    plain = value.removesuffix("Z")[:19]
    yield from (f"{plain}+02:00", f"{plain}-05:30", f"{plain}.123456Z", plain)


def malformed_json(text: bytes) -> Iterator[bytes]:
    """Yield bodies that are no proper JSON, made from one that is."""
    yield text.replace(b'"', b'"\xff\xfe', 1) if b'"' in text else b'{"x": "\xff\xfe"}'
    yield text[:-1]
    yield b"[" * 3000 + b"]" * 3000
    yield b'{"x":' * 3000 + b"1" + b"}" * 3000
    yield b""
    yield b"null"
    yield b'"text"'
    yield b'{"x": 1e999, "x": NaN}'


def edge_case_parameters(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return values of a path or query parameter that are unusual, or wrong."""
    if schema.get("type") == "integer":
        return ("abc", "2147483648", "-2147483649", "1.5", "-1", "0", "9" * 40)
    if schema.get("type") == "array":
        return ("", "abc", "7,,8", ",", "2147483648", "-1", "7;8")
    if schema.get("format") == "date-time":
        return (
            *RIGHT_DATETIMES,
            "2026-02-30T00:00:00Z",
            "2026-03-30T25:61:00Z",
            "yesterday",
            "2026-03-30",
            "0",
        )
    return ("x" * 300, "x" * 2000, "", "Zürich, 東京 ✓", "a\x00b", "' OR '1'='1", "..", "%", "null")


# How many changes of a body an operation is sent at most; what the documents tell of comes first.
MAX_MUTATIONS: Final = {Effort.QUICK: 8, Effort.DEFAULT: 120, Effort.DEEP: 400}
MAX_MUTATIONS_UNDOCUMENTED: Final = {Effort.QUICK: 0, Effort.DEFAULT: 6, Effort.DEEP: 400}


def drive(case: DriverCase) -> None:
    """Send them; only what the target allows, and nothing that others own."""
    requests = RequestFactory(case.client)
    for name in case.operations:
        operation = case.contract.operations[name]
        documented = operation.source == "documented"
        creates = name == case.contract.lifecycle.actions["create"].operation
        most = (MAX_MUTATIONS if documented or creates else MAX_MUTATIONS_UNDOCUMENTED)[case.effort]
        there = existing_resources(case.client, operation)
        plain = requests.minimal(name, there[-1] if there else {})
        for asked in islice(_bodies(case, operation, requests, plain), most):
            _send(case, asked)
        if documented or case.effort is Effort.DEEP:
            _parameters(case, operation, plain)
        if operation.body is not None:
            _raw(case, operation, plain)


def _send(case: DriverCase, asked: OperationRequest, **more: Any) -> None:
    try:
        asked.send(case.client, NEGATIVE, valid=None, **more)
    except NotPermitted:
        return


def _bodies(
    case: DriverCase, operation: Operation, requests: RequestFactory, plain: OperationRequest
) -> Iterator[OperationRequest]:
    content = (operation.body or {}).get("content", {}).get(JSON)
    if content is None:
        return
    fullest = _fullest(content, plain.json)
    for changed in Mutations(case.contract.openapi).mutate(content["schema"], fullest):
        yield requests.with_fresh_unique_values(plain.with_body(changed))


def _fullest(content: Mapping[str, Any], plain: Any) -> Any:
    """Return the example that says the most, with the plain one's own values in it."""
    examples = [example["value"] for example in content.get("examples", {}).values()]
    fullest = max([plain, *examples], key=lambda value: len(orjson.dumps(value)))
    if isinstance(fullest, dict) and isinstance(plain, dict):
        return {**fullest, **plain}
    return fullest


def _parameters(case: DriverCase, operation: Operation, plain: OperationRequest) -> None:
    for parameter in operation.parameters:
        schema = parameter_schema(case.contract, parameter)
        for value in edge_case_parameters(schema):
            _send(case, plain.with_parameter(parameter["name"], value))


def _raw(case: DriverCase, operation: Operation, plain: OperationRequest) -> None:
    """Send bodies that are no JSON, and one under another media type."""
    media = JSON if JSON in (operation.body or {}).get("content", {}) else FORM
    valid = orjson.dumps({} if plain.json is UNSET else plain.json)
    for body in malformed_json(valid):
        _send_bytes(case, plain, body, media)
    _send_bytes(case, plain, valid, "application/octet-stream")


def _send_bytes(case: DriverCase, plain: OperationRequest, body: bytes, media: str) -> None:
    try:
        case.client.call(
            plain.operation,
            path=plain.path,
            query=plain.query,
            headers={"Content-Type": media},
            body=body,
            driver=NEGATIVE,
            valid=False,
        )
    except NotPermitted:
        return
