"""Lint a requirements.yaml: its ids, and that each statement is the basis of a requirement."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from specs import pointer
from specs.contract import read_operations
from specs.errors import SpecIssue
from specs.files import PROFILES


def check_requirements(
    raw: Any, documents: Mapping[str, dict[str, Any]], path: Path
) -> Iterator[SpecIssue]:
    """Yield the issues of one requirements.yaml against the OpenAPI document of each profile."""
    for place, reason in (*_ids(raw), *_statements(raw), *_rows(raw, documents)):
        yield SpecIssue(str(path), place, reason)


def _ids(raw: Any) -> Iterator[tuple[str, str]]:
    for kind in ("statements", "requirements"):
        for name, times in Counter(row["id"] for row in raw[kind]).items():
            if times > 1:
                yield name, f"duplicate id under {kind}"


def _statements(raw: Any) -> Iterator[tuple[str, str]]:
    known = {row["id"] for row in raw["statements"]}
    named = {name for row in raw["requirements"] for name in row.get("statements", ())}
    for row in raw["statements"]:
        if row["document"] not in raw.get("documents", {row["document"]: ""}):
            yield row["id"], f"unknown document {row['document']!r}"
    for name in sorted(known - named):
        yield name, "no requirement refers to this statement"
    for row in raw["requirements"]:
        for name in row.get("statements", ()):
            if name not in known:
                yield row["id"], f"unknown statement {name!r}"


def _rows(raw: Any, documents: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    known = {
        profile: {operation.id for operation in read_operations(document)}
        for profile, document in documents.items()
    }
    for row in raw["requirements"]:
        for profile in row.get("profiles", PROFILES):
            if row.get("operation") is not None and row["operation"] not in known[profile]:
                yield row["id"], f"unknown operation {row['operation']!r}"
        for element in row.get("elements", ()):
            if not any(_exists(documents[p], element) for p in row.get("profiles", PROFILES)):
                yield row["id"], f"{element} does not exist in openapi.yaml"


def _exists(document: dict[str, Any], element: str) -> bool:
    try:
        pointer.find(document, element.removeprefix("#"))
    except LookupError:
        return False
    return True
