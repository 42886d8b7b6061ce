"""Where in a JSON body a fault can strike, by the body itself and by its schema."""

from collections.abc import Iterator
from typing import Any

from specs import pointer

Tokens = tuple[str | int, ...]
"""The way to a member: names, and the indices of array items."""


def members(body: Any, path: Tokens = ()) -> Iterator[Tokens]:
    """Yield the way to every member of an object within `body`; of arrays the first item stands
    for all.
    """
    if isinstance(body, dict):
        for name, value in body.items():
            yield (*path, name)
            yield from members(value, (*path, name))
    elif isinstance(body, list) and body:
        yield from members(body[0], (*path, 0))


def read_path(text: str, body: Any) -> Tokens | None:
    """Return the way that a JSON pointer (RFC 6901) names, or None where nothing is there."""
    path: list[str | int] = []
    current = body
    for token in text.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        step = int(name) if isinstance(current, list) and name.isdecimal() else name
        try:
            current = current[step]
        except (LookupError, TypeError):
            return None
        path.append(step)
    return tuple(path)


def write_path(path: Tokens) -> str:
    """Return the JSON pointer of a way."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def value_at(body: Any, path: Tokens) -> Any:
    """Return what is at a way that is known to be there."""
    for step in path:
        body = body[step]
    return body


def changed_at(body: Any, path: Tokens, value: Any) -> Any:
    """Return a copy of `body` with another value at a way; what does not lie on it is shared."""
    if not path:
        return value
    copy = body.copy()
    copy[path[0]] = changed_at(body[path[0]], path[1:], value)
    return copy


def without(body: Any, path: Tokens) -> Any:
    """Return a copy of `body` without the member or item at a way that is not empty."""
    copy = body.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = without(body[path[0]], path[1:])
    return copy


def enum_at(openapi: dict[str, Any], schema: Any, path: Tokens) -> list[Any] | None:
    """Return the values that a schema lists for what is at a way, or None where it lists none."""
    values = [value for row in _schemas(openapi, schema, path) for value in row.get("enum", ())]
    return values or None


def _schemas(openapi: dict[str, Any], schema: Any, path: Tokens) -> Iterator[dict[str, Any]]:
    """Yield each schema that speaks of what is at a way."""
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
