"""Lint the examples: each is valid against its schema, wherever OpenAPI allows one."""

from collections.abc import Iterator
from typing import Any

from specs import schema as schemas
from specs.contract import read_operations
from specs.explanation import FileShape

Found = tuple[str, dict[str, Any], Any]


def check_examples(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each invalid example of a body, a parameter, a header or a schema."""
    whole = schemas.self_contained(document, {})  # converted once: a document has many examples
    for place, schema, example in _found(document):
        shape = FileShape({**whole, **schemas.to_json_schema(schema)})
        for at, reason in shape.errors(example):
            yield place, f"the example is invalid at {at}: {reason}"


def _found(document: dict[str, Any]) -> Iterator[Found]:
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        if "example" in schema:
            yield f"/components/schemas/{name}/example", schema, schema["example"]
    for operation in read_operations(document):
        for parameter in operation.parameters:
            yield from _shown(parameter, f"{operation.id}/parameters/{parameter['name']}")
        bodies = [("body", operation.body or {}), *operation.responses.items()]
        for place, body in bodies:
            for media, content in body.get("content", {}).items():
                yield from _shown(content, f"{operation.id}/{place}/{media}")
            for name, header in body.get("headers", {}).items():
                yield from _shown(header, f"{operation.id}/{place}/{name}")


def _shown(element: Any, place: str) -> Iterator[Found]:
    schema = element.get("schema", {})
    if "example" in element:
        yield f"{place}/example", schema, element["example"]
    for name, example in element.get("examples", {}).items():
        if "value" in example:
            yield f"{place}/examples/{name}", schema, example["value"]
