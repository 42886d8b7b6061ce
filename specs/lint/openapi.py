"""The OpenAPI documents: the validator's findings, and what it does not look for."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from referencing.exceptions import Unresolvable

from specs.errors import Fault
from specs.lint.examples import check_examples
from specs.lint.links import check_links
from specs.lint.sources import check_sources

Rule = Callable[[dict[str, Any]], Iterator[tuple[str, str]]]


def check_openapi(document: dict[str, Any], path: Path) -> Iterator[Fault]:
    """Yield the faults of one document in one profile; the later rules need a valid document."""
    faults = [Fault(str(path), place, reason) for place, reason in _validate(document)]
    yield from faults
    if not faults:
        for rule in RULES:
            yield from (Fault(str(path), place, reason) for place, reason in rule(document))


def _validate(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    from openapi_spec_validator import OpenAPIV30SpecValidator  # noqa: PLC0415  (slow to import)

    if document.get("openapi") != "3.0.3":
        yield "/openapi", "must be 3.0.3, the newest that the server loads"
        return
    try:
        for error in OpenAPIV30SpecValidator(document).iter_errors():
            yield "/" + "/".join(str(token) for token in error.absolute_path), error.message
    except Unresolvable as error:
        yield "/", f"a reference points at nothing: {error}"


def check_security(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every named security scheme exists, and every operation says whether it needs one."""
    known = set(document.get("components", {}).get("securitySchemes", {}))
    for place, operation in operations(document):
        for requirement in operation.get("security", document.get("security", [])):
            for name in sorted(set(requirement) - known):
                yield f"{place}/security", f"no security scheme is called {name!r}"


def check_numbers(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """An int32 says its range: no validator enforces the format by itself."""
    for place, node in walk(document):
        if node.get("format") == "int32" and not {"minimum", "maximum"} <= set(node):
            yield place, "int32 without minimum and maximum: nothing else enforces its range"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation object with its place."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                yield f"/paths/{path.replace('/', '~1')}/{method}", operation


def walk(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping of the document with its place."""
    if isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            yield from walk(value, f"{place}/{str(key).replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{place}/{index}")


RULES: tuple[Rule, ...] = (
    check_security,
    check_numbers,
    check_links,
    check_sources,
    check_examples,
)
