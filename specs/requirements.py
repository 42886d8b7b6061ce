"""The statements of the documents and the requirements that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a document, in our own words; `title` is that of the vendor's page."""

    id: str
    document: str
    text: str
    title: str = ""

    @property
    def page(self) -> str:
        """The number of the document, and the title of the page where it has one."""
        return f"{self.document}: {self.title}" if self.title else self.document


@dataclass(frozen=True, slots=True)
class Check:
    """The check of a requirement: its registered name and its arguments."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A rule that an implementation is judged by.

    `source` is documented, vendor, observed or assumed; `level` must or should. Exactly one of
    `check` and `not_tested` (the reason) is set. `elements` are JSON pointers into openapi.yaml.
    `place` is the file and JSON pointer that imply a generated row (`lifecycle.yaml#/edges`), None
    for a row of requirements.yaml.
    """

    id: str
    text: str
    statements: tuple[str, ...]
    implied: str | None
    source: str
    level: str
    operation: str | None
    elements: tuple[str, ...]
    check: Check | None
    not_tested: str | None
    place: str | None = None


class Requirements(NamedTuple):
    """The statements of one vendor by id, its requirements, and what it switches off and why."""

    statements: Mapping[str, Statement]
    requirements: tuple[Requirement, ...]
    switched_off: Mapping[str, str] = MappingProxyType({})


def read_requirements(raw: Mapping[str, Any], profile: str) -> Requirements:
    """Return the statements, and the requirements that exist in `profile`."""
    titles = raw.get("documents", {})
    statements = {
        row["id"]: Statement(
            row["id"], row["document"], row["text"], titles.get(row["document"], "")
        )
        for row in raw["statements"]
    }
    rows = (row for row in raw["requirements"] if profile in row.get("profiles", (profile,)))
    switched_off = raw.get("switched_off", {})
    return Requirements(statements, tuple(_requirement(row) for row in rows), switched_off)


def _requirement(row: Mapping[str, Any]) -> Requirement:
    check = row.get("check")
    return Requirement(
        id=row["id"],
        text=row["text"],
        statements=tuple(row.get("statements", ())),
        implied=row.get("implied"),
        source=row["source"],
        level=row["level"],
        operation=row.get("operation"),
        elements=tuple(row.get("elements", ())),
        check=Check(check["name"], _without_name(check)) if check else None,
        not_tested=row.get("not_tested"),
    )


def _without_name(check: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in check.items() if key != "name"}
