"""Where in a JSON body a fault can strike, by the body itself and by its schema."""

from collections.abc import Iterator
from typing import Any

from specs import pointer

Tokens = tuple[str | int, ...]
"""The way to a member: names, and the indices of array items."""


def members(body: Any, way: Tokens = ()) -> Iterator[Tokens]:
    """Yield the way to every member of an object within `body`; of arrays the first item stands
    for all.
    """
    if isinstance(body, dict):
        for name, value in body.items():
            yield (*way, name)
            yield from members(value, (*way, name))
    elif isinstance(body, list) and body:
        yield from members(body[0], (*way, 0))


def read_path(text: str, body: Any) -> Tokens | None:
    """Return the way that a JSON pointer (RFC 6901) names, or None where nothing is there."""
    way: list[str | int] = []
    here = body
    for token in text.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        step = int(name) if isinstance(here, list) and name.isdecimal() else name
        try:
            here = here[step]
        except (LookupError, TypeError):
            return None
        way.append(step)
    return tuple(way)


def write_path(way: Tokens) -> str:
    """Return the JSON pointer of a way."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in way)


def value_at(body: Any, way: Tokens) -> Any:
    """Return what is at a way that is known to be there."""
    for step in way:
        body = body[step]
    return body


def changed_at(body: Any, way: Tokens, value: Any) -> Any:
    """Return a copy of `body` with another value at a way; what does not lie on it is shared."""
    if not way:
        return value
    copy = body.copy()
    copy[way[0]] = changed_at(body[way[0]], way[1:], value)
    return copy


def without(body: Any, way: Tokens) -> Any:
    """Return a copy of `body` without the member or item at a way that is not empty."""
    copy = body.copy()
    if len(way) == 1:
        del copy[way[0]]
    else:
        copy[way[0]] = without(body[way[0]], way[1:])
    return copy


def enum_at(openapi: dict[str, Any], schema: Any, way: Tokens) -> list[Any] | None:
    """Return the values that a schema lists for what is at a way, or None where it lists none."""
    found = [value for row in _schemas(openapi, schema, way) for value in row.get("enum", ())]
    return found or None


def _schemas(openapi: dict[str, Any], schema: Any, way: Tokens) -> Iterator[dict[str, Any]]:
    """Yield each schema that speaks of what is at a way."""
    schema = pointer.resolve(openapi, schema)
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            yield from _schemas(openapi, part, way)
    if not way:
        yield schema
        return
    inner = schema.get("items") if isinstance(way[0], int) else _member(schema, way[0])
    if isinstance(inner, dict):
        yield from _schemas(openapi, inner, way[1:])


def _member(schema: dict[str, Any], name: str) -> Any:
    return schema.get("properties", {}).get(name, schema.get("additionalProperties"))
