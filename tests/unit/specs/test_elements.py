"""Every element of a contract that a document, a client or another page stands behind is judged.

Elements are operations, parameters, success and documented statuses, response headers, and the
members of documented schemas; each is mentioned by a requirement.
"""

from collections.abc import Iterator
from typing import Any

import pytest

import specs
from specs.files import read_openapi

METHODS = ("get", "put", "post", "delete")


def escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def elements(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Pointer and value of every element; a reference stands for what it points at."""
    for path, item in document["paths"].items():
        place = f"#/paths/{escaped(path)}"
        yield from parameters(item, place)
        for method in METHODS:
            if method in item:
                yield f"{place}/{method}", item[method]
                yield from parameters(item[method], f"{place}/{method}")
                yield from responses(item[method], f"{place}/{method}")
    for kind in ("parameters", "headers"):
        for name, element in document["components"].get(kind, {}).items():
            yield f"#/components/{kind}/{name}", element
    for name, schema in document["components"]["schemas"].items():
        if schema.get("x-source") == "documented":
            for member in schema.get("properties", {}):
                yield f"#/components/schemas/{name}/properties/{member}", schema


def parameters(holder: dict[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    for index, parameter in enumerate(holder.get("parameters", [])):
        yield parameter.get("$ref", f"{place}/parameters/{index}"), parameter


def responses(operation: dict[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    for status, response in operation["responses"].items():
        if response.get("x-source") == "documented":
            yield f"{place}/responses/{status}", response
        for name, header in response.get("headers", {}).items():
            yield header.get("$ref", f"{place}/responses/{status}/headers/{name}"), header


@pytest.mark.parametrize("vendor", specs.vendors())
def test_every_element_is_mentioned_by_a_requirement(vendor: str) -> None:
    rows = specs.read_yaml(specs.files.ROOT / vendor / "requirements.yaml")["requirements"]
    mentioned = {element for row in rows for element in row.get("elements", ())}
    document = read_openapi(vendor, specs.DOCUMENTED)
    every = {place for place, element in elements(document) if not is_assumed(element)}
    assert sorted(every - mentioned) == []


def is_assumed(element: Any) -> bool:
    return isinstance(element, dict) and element.get("x-source") == "assumed"


@pytest.mark.parametrize("vendor", specs.vendors())
def test_at_most_three_documented_musts_are_not_tested(vendor: str) -> None:
    rows = specs.load(vendor).requirements
    untested = [
        row.id
        for row in rows
        if row.not_tested and row.source == "documented" and row.level == "must"
    ]
    assert len(untested) <= 3


@pytest.mark.parametrize("vendor", specs.vendors())
def test_assumptions_judge_nobody(vendor: str) -> None:
    rows = specs.load(vendor).requirements
    assert [row.id for row in rows if row.source == "assumed" and row.check] == []
