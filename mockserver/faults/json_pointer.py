"""JSON pointers (RFC 6901) into a body, and the enum that its schema declares there."""

from collections.abc import Iterator
from typing import Any

from specs import pointer

Tokens = tuple[str | int, ...]
"""A path into a JSON value: member names and array indices."""


def members(body: Any, path: Tokens = ()) -> Iterator[Tokens]:
    """Yield the path of every object member in `body`; only the first item of each array."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield (*path, name)
            yield from members(value, (*path, name))
    elif isinstance(body, list) and body:
        yield from members(body[0], (*path, 0))


def read_path(text: str, body: Any) -> Tokens | None:
    """Return the path of a JSON pointer (RFC 6901), or None if it matches nothing in `body`."""
    path: list[str | int] = []
    current = body
    for name in pointer.tokens(text):
        step = int(name) if isinstance(current, list) and name.isdecimal() else name
        try:
            current = current[step]
        except (LookupError, TypeError):
            return None
        path.append(step)
    return tuple(path)


def write_path(path: Tokens) -> str:
    """Return the JSON pointer of a path."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def value_at(body: Any, path: Tokens) -> Any:
    """Return the value at an existing path."""
    for step in path:
        body = body[step]
    return body


def changed_at(body: Any, path: Tokens, value: Any) -> Any:
    """Return a copy of `body` with `value` at a path; unchanged parts are shared."""
    if not path:
        return value
    copy = body.copy()
    copy[path[0]] = changed_at(body[path[0]], path[1:], value)
    return copy


def without(body: Any, path: Tokens) -> Any:
    """Return a copy of `body` without the member or item at a non-empty path."""
    *parent_path, last = path
    parent = value_at(body, tuple(parent_path)).copy()
    del parent[last]
    return changed_at(body, tuple(parent_path), parent)


def enum_at(openapi: dict[str, Any], schema: Any, path: Tokens) -> list[Any] | None:
    """Return the enum values that a schema declares at a path, or None if it declares none."""
    values = [value for row in _schemas(openapi, schema, path) for value in row.get("enum", ())]
    return values or None


def _schemas(openapi: dict[str, Any], schema: Any, path: Tokens) -> Iterator[dict[str, Any]]:
    """Yield each schema that applies at a path."""
    schema = pointer.resolve(openapi, schema)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            yield from _schemas(openapi, part, path)
    if not path:
        yield schema
        return
    inner = schema.get("items") if isinstance(path[0], int) else _member(schema, path[0])
    if isinstance(inner, dict):
        yield from _schemas(openapi, inner, path[1:])


def _member(schema: dict[str, Any], name: str) -> Any:
    return schema.get("properties", {}).get(name, schema.get("additionalProperties"))
