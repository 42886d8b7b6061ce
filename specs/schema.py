"""Convert OpenAPI 3.0 schemas to JSON Schema 2020-12."""

from typing import Any


def to_json_schema(schema: Any) -> Any:
    """Return `schema` with `nullable` and boolean exclusive bounds in terms of JSON Schema."""
    if isinstance(schema, list):
        return [to_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {
        key: value if key in _LITERAL else to_json_schema(value) for key, value in schema.items()
    }
    for bound, exclusive in _BOUNDS.items():
        if schema.get(exclusive) is True:
            out[exclusive] = out.pop(bound)
        elif schema.get(exclusive) is False:
            del out[exclusive]
    if out.pop("nullable", False) is True:
        if "enum" in out and None not in out["enum"]:
            out["enum"] = [*out["enum"], None]
        if isinstance(out.get("type"), str):
            out["type"] = [out["type"], "null"]
    return out


_LITERAL = frozenset({"enum", "example", "default", "required"})
_BOUNDS = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}


def self_contained(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return `schema` as a JSON Schema that contains the `#/components/…` it refers to."""
    components = document.get("components", {}).get("schemas", {})
    return {**to_json_schema(schema), "components": {"schemas": to_json_schemas(components)}}


def to_json_schemas(schemas: dict[str, Any]) -> dict[str, Any]:
    """Convert every named schema."""
    return {name: to_json_schema(schema) for name, schema in schemas.items()}
