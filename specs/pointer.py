"""JSON pointers (RFC 6901) and references into a document."""

from typing import Any


def find(document: Any, pointer: str) -> Any:
    """Return what `pointer` (`/job/id`, or `""` for all) names in `document`.

    Raises:
        LookupError: there is no such value.
    """
    for token in tokens(pointer):
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
        LookupError: a reference cannot be resolved.
    """
    while isinstance(element, dict) and "$ref" in element:
        element = find(document, element["$ref"].removeprefix("#"))
    return element


def schema_at(document: dict[str, Any], schema: Any, pointer: str) -> Any:
    """Return the schema of the value at `pointer` in an instance of `schema`.

    A number or `-` in the pointer enters an array.

    Raises:
        LookupError: the schema does not define such a value.
    """
    schema = resolve(document, schema)
    for token in tokens(pointer):
        into_array = token == "-" or _is_index(token)
        schema = resolve(document, schema["items"] if into_array else schema["properties"][token])
    return schema


def tokens(pointer: str) -> list[str]:
    """Return the unescaped tokens of a JSON pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _is_index(token: str) -> bool:
    return token.isascii() and token.isdigit()
