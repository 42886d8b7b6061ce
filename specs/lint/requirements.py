"""Requirements that name what exists, and statements that none of them forgets."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from specs import pointer
from specs.contract import read_operations
from specs.errors import Fault
from specs.files import PROFILES


def check_requirements(
    raw: Any, documents: Mapping[str, dict[str, Any]], path: Path
) -> Iterator[Fault]:
    """Yield the faults of one requirements.yaml."""
    for place, reason in (*_ids(raw), *_statements(raw), *_rows(raw, documents)):
        yield Fault(str(path), place, reason)


def _ids(raw: Any) -> Iterator[tuple[str, str]]:
    for kind in ("statements", "requirements"):
        for name, times in Counter(row["id"] for row in raw[kind]).items():
            if times > 1:
                yield name, f"stands {times} times under {kind}"


def _statements(raw: Any) -> Iterator[tuple[str, str]]:
    known = {row["id"] for row in raw["statements"]}
    named = {name for row in raw["requirements"] for name in row.get("statements", ())}
    for name in sorted(known - named):
        yield name, "no requirement rests on this statement"
    for row in raw["requirements"]:
        for name in row.get("statements", ()):
            if name not in known:
                yield row["id"], f"no statement is called {name!r}"


def _rows(raw: Any, documents: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    known = {
        profile: {operation.id for operation in read_operations(document)}
        for profile, document in documents.items()
    }
    for row in raw["requirements"]:
        for profile in row.get("profiles", PROFILES):
            if row.get("operation") is not None and row["operation"] not in known[profile]:
                yield row["id"], f"no operation is called {row['operation']!r}"
        for element in row.get("elements", ()):
            if not any(_exists(documents[p], element) for p in row.get("profiles", PROFILES)):
                yield row["id"], f"{element} points at nothing in openapi.yaml"


def _exists(document: dict[str, Any], element: str) -> bool:
    try:
        pointer.find(document, element.removeprefix("#"))
    except LookupError:
        return False
    return True
