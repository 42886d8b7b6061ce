"""JSON pointers (RFC 6901) and references into a document."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any


def find(document: Any, pointer: str) -> Any:
    """Return what `pointer` (`/job/id`, or `""` for all) names in `document`.

    Raises:
        LookupError: there is no such value.
    """
    for token in _tokens(pointer):
        if isinstance(document, list) and _is_index(token):
            document = document[int(token)]
        elif isinstance(document, dict):
            document = document[token]
        else:
            raise LookupError(pointer)
    return document


def resolve(document: dict[str, Any], element: Any) -> Any:
    """Follow `element`'s `$ref`s (`#/…`) within `document` until there is none.

    Raises:
        LookupError: a reference cannot be resolved, or leads to itself.
    """
    seen: list[str] = []
    while isinstance(element, dict) and "$ref" in element:
        reference = element["$ref"]
        if reference in seen:
            raise LookupError(f"{reference} leads to itself")
        seen.append(reference)
        element = find(document, reference.removeprefix("#"))
    return element


def schema_at(document: dict[str, Any], schema: Any, pointer: str) -> Any:
    """Return the schema of the value at `pointer` in an instance of `schema`.

    A number or `-` in the pointer enters an array. Of `allOf`, `oneOf` and `anyOf` the first part
    counts that defines the value.

    Raises:
        LookupError: the schema does not define such a value.
    """
    schema = resolve(document, schema)
    for token in _tokens(pointer):
        schema = resolve(document, _member(document, schema, token, 0))
    return schema


def properties(document: dict[str, Any], schema: Any, depth: int = 0) -> dict[str, Any]:
    """Return the members of an object by name, those of the parts of `allOf` and so on with it."""
    schema = resolve(document, schema)
    if not isinstance(schema, dict) or depth > _DEPTH:
        return {}
    found: dict[str, Any] = {}
    for part in _parts(schema):
        found = {**properties(document, part, depth + 1), **found}
    return {**found, **schema.get("properties", {})}


def escape(token: str) -> str:
    """Return a token as it is written in a JSON pointer."""
    return token.replace("~", "~0").replace("/", "~1")


_DEPTH = 8  # schemas may contain themselves


def _member(document: dict[str, Any], schema: Any, token: str, depth: int) -> Any:
    if not isinstance(schema, dict):  # no schema at all, or one that is true or false
        raise LookupError(token)
    into_array = token == "-" or _is_index(token)
    if into_array and "items" in schema:
        return schema["items"]
    if token in schema.get("properties", {}):
        return schema["properties"][token]
    for part in _parts(schema) if depth < _DEPTH else ():
        with suppress(LookupError):
            return _member(document, resolve(document, part), token, depth + 1)
    if isinstance(schema.get("additionalProperties"), dict):
        return schema["additionalProperties"]
    raise LookupError(token)


def _parts(schema: dict[str, Any]) -> Iterator[Any]:
    for key in ("allOf", "oneOf", "anyOf"):
        yield from schema.get(key, ())


def tokens(pointer: str) -> list[str]:
    """Return the unescaped tokens of a JSON pointer."""
    return list(_tokens(pointer))


@lru_cache(maxsize=4096)
def _tokens(pointer: str) -> tuple[str, ...]:
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def _is_index(token: str) -> bool:
    return token.isascii() and token.isdigit()
