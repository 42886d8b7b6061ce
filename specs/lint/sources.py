"""Lint the sources: each element of a contract says where it is from."""

from collections.abc import Iterator
from typing import Any

from specs.files import CONTROL
from specs.own import METHODS

NAMED = ("schemas", "responses", "parameters", "headers")


def check_sources(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Operations, responses, parameters and named components have an `x-source`.

    A documented element has an `x-document` too. The control plane is our own: it has no source.
    """
    if document["x-vendor"] == CONTROL:
        return
    for place, element in _elements(document):
        if "$ref" in element:
            continue
        if "x-source" not in element:
            yield place, "x-source is missing"
        elif element["x-source"] == "documented" and "x-document" not in element:
            yield place, "is documented, but x-document is missing"


def _elements(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in NAMED:
        for name, element in document.get("components", {}).get(kind, {}).items():
            yield f"/components/{kind}/{name}", element
    for path, item in document["paths"].items():
        yield from _parameters(item, f"/paths/{path}")
        for method in set(METHODS) & set(item):
            operation = item[method]
            yield f"/paths/{path}/{method}", operation
            yield from _parameters(operation, f"/paths/{path}/{method}")
            for status, response in operation["responses"].items():
                if isinstance(response, dict):
                    yield f"/paths/{path}/{method}/responses/{status}", response


def _parameters(item: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, parameter in enumerate(item.get("parameters", [])):
        yield f"{place}/parameters/{index}", parameter
