"""Values that a schema allows, made from the schema alone."""

from collections.abc import Mapping
from typing import Any, Final

from specs.contract import Contract
from specs.pointer import properties, resolve

_MAX_DEPTH: Final = 8
_FORMATS: Final = {
    "date-time": "2026-03-01T00:00:00Z",
    "date": "2026-03-01",
    "time": "12:00:00Z",
    "email": "nobody@example.com",
    "uri": "https://example.com/sample",
    "uri-reference": "/sample",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "byte": "c2FtcGxl",
}


def sample(contract: Contract, schema: Any, depth: int = 0) -> Any:
    """Return a value that a schema allows, as far as it says: with required members alone."""
    schema = resolve(contract.openapi, schema)
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return {}
    stated = [schema[key] for key in ("example", "default") if key in schema]
    stated += [value for value in schema.get("enum", ()) if value is not None]
    if stated:
        return stated[0]
    parts = [*schema.get("oneOf", ())[:1], *schema.get("anyOf", ())[:1]]
    members = properties(contract.openapi, schema)
    if parts and not members:
        return sample(contract, parts[0], depth + 1)
    if members or schema.get("type") == "object":
        required = _required(contract, schema, depth)
        return {n: sample(contract, m, depth + 1) for n, m in members.items() if n in required}
    if schema.get("type") == "array":
        items = [sample(contract, schema.get("items", {}), depth + 1)]
        return items * max(1, int(schema.get("minItems", 1)))
    return _scalar(schema)


def _required(contract: Contract, schema: Mapping[str, Any], depth: int) -> set[str]:
    required = set(schema.get("required", ()))
    for part in schema.get("allOf", ()) if depth <= _MAX_DEPTH else ():
        required |= _required(contract, resolve(contract.openapi, part), depth + 1)
    for part in (*schema.get("oneOf", ())[:1], *schema.get("anyOf", ())[:1]):
        required |= _required(contract, resolve(contract.openapi, part), depth + 1)
    return required


def _scalar(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind in {"integer", "number"}:
        low, high = schema.get("minimum", 1), schema.get("maximum")
        value = low + 1 if schema.get("exclusiveMinimum") is True else low
        return value if high is None else min(value, high)
    text = str(_FORMATS.get(schema.get("format", ""), "sample"))
    text = text.ljust(int(schema.get("minLength", 0)), "x")
    return text[: schema["maxLength"]] if "maxLength" in schema else text
