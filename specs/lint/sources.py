"""Each element of a contract says where it is from."""

from collections.abc import Iterator
from typing import Any

from specs.contract import METHODS

KNOWN = frozenset({"documented", "vendor", "observed", "assumed"})
NAMED = ("schemas", "responses", "parameters", "headers")


def check_sources(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Operations, responses, parameters and named components carry `x-source`.

    A documented element names its document too. The control plane is our own: nothing to name.
    """
    if document["x-vendor"] == "control":
        return
    for place, element in _elements(document):
        if "$ref" in element:
            continue
        source = element.get("x-source")
        if source not in KNOWN:
            yield place, f"x-source is {source!r}, not one of {', '.join(sorted(KNOWN))}"
        elif source == "documented" and not isinstance(element.get("x-document"), str):
            yield place, "documented, but x-document does not name the page"


def _elements(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in NAMED:
        for name, element in document.get("components", {}).get(kind, {}).items():
            yield f"/components/{kind}/{name}", element
    for path, item in document["paths"].items():
        yield from _listed(item, f"/paths/{path}")
        for method in set(METHODS) & set(item):
            operation = item[method]
            yield f"/paths/{path}/{method}", operation
            yield from _listed(operation, f"/paths/{path}/{method}")
            for status, response in operation["responses"].items():
                if isinstance(response, dict):
                    yield f"/paths/{path}/{method}/responses/{status}", response


def _listed(item: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, parameter in enumerate(item.get("parameters", [])):
        yield f"{place}/parameters/{index}", parameter
