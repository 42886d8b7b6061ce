"""JSON pointers (RFC 6901) and references into a document."""

from typing import Any


def find(document: Any, pointer: str) -> Any:
    """Return what `pointer` (`/job/id`, or `""` for all) names in `document`.

    Raises:
        LookupError: nothing is there.
    """
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and name.isdigit():
            document = document[int(name)]
        elif isinstance(document, dict):
            document = document[name]
        else:
            raise LookupError(pointer)
    return document


def resolve(document: dict[str, Any], element: Any) -> Any:
    """Follow `element`'s `$ref`s (`#/…`) within `document` until there is none.

    Raises:
        LookupError: a reference points at nothing.
    """
    while isinstance(element, dict) and "$ref" in element:
        element = find(document, element["$ref"].removeprefix("#"))
    return element


def schema_at(document: dict[str, Any], schema: Any, pointer: str) -> Any:
    """Return the schema of the value at `pointer` in an instance of `schema`.

    A number or `-` in the pointer enters an array.

    Raises:
        LookupError: the schema says nothing of such a value.
    """
    schema = resolve(document, schema)
    for token in pointer.split("/")[1:]:
        step = schema["items"] if token == "-" or token.isdigit() else schema["properties"][token]
        schema = resolve(document, step)
    return schema
