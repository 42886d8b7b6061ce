"""Lint OpenAPI links: the operation, its parameters, and the values that they are taken from."""

from collections.abc import Iterator
from typing import Any

from specs import pointer
from specs.contract import Operation, read_operations

BODY = "$response.body#"
REQUEST = "$request."


def check_links(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each link to an unknown operation, parameter, or value."""
    known = {operation.id: operation for operation in read_operations(document)}
    for operation in known.values():
        for status, response in operation.responses.items():
            for name, link in response.get("links", {}).items():
                place = f"{operation.id}/responses/{status}/links/{name}"
                target = known.get(link.get("operationId", ""))
                if target is None:
                    yield place, f"unknown operation {link.get('operationId')!r}"
                    continue
                yield from _parameters(document, operation, response, link, target, place)


def _parameters(
    document: dict[str, Any],
    operation: Operation,
    response: Any,
    link: dict[str, Any],
    target: Operation,
    place: str,
) -> Iterator[tuple[str, str]]:
    names = {entry["name"] for entry in target.parameters}
    sent = {f"{entry['in']}.{entry['name']}" for entry in operation.parameters}
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    for name, value in link.get("parameters", {}).items():
        if name.split(".")[-1] not in names:
            yield place, f"{target.id} has no parameter {name!r}"
        if isinstance(value, str) and value.startswith(BODY):
            try:
                pointer.schema_at(document, schema, value.removeprefix(BODY))
            except (LookupError, TypeError):
                yield place, f"{value} is not in the body of {operation.id}"
        elif str(value).startswith(REQUEST) and value.removeprefix(REQUEST) not in sent:
            yield place, f"{value} is not a parameter of {operation.id}"
