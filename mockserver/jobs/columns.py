"""The values of a report's columns: believable, and drawn from a given source of chance."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

ID = "\ue000"
MOMENT = "\ue001"
END = "\ue002"
"""Stand for a row's id, its moment and its end (the next row's moment) until it is finished.

They are private use characters."""

_Make = Callable[[Random], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, and how a value is drawn."""

    name: str
    draw: _Make


def read_columns(rows: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Return the columns that seed data tells: `name`, `is` (the kind) and what the kind needs."""
    return tuple(Column(row["name"], _KINDS[row["is"]](row)) for row in rows)


def _id(_: Mapping[str, Any]) -> _Make:
    return lambda _: ID


def _moment(_: Mapping[str, Any]) -> _Make:
    return lambda _: MOMENT


def _end(_: Mapping[str, Any]) -> _Make:
    return lambda _: END


def _choice(row: Mapping[str, Any]) -> _Make:
    values = list(row["of"])
    return lambda chance: values[int(chance.random() * len(values))]


def _integer(row: Mapping[str, Any]) -> _Make:
    least, most = row["from"], row["to"]
    return lambda chance: least + int(chance.random() * (most - least + 1))


def _decimal(row: Mapping[str, Any]) -> _Make:
    least, most = row["from"], row["to"]
    return lambda chance: round(least + chance.random() * (most - least), 2)


def _boolean(_: Mapping[str, Any]) -> _Make:
    return lambda chance: chance.random() < 0.5


def _pattern(row: Mapping[str, Any]) -> _Make:
    pattern = row["as"]

    def draw(chance: Random) -> str:
        return "".join(
            str(int(chance.random() * 10)) if letter == "#" else letter for letter in pattern
        )

    return draw


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], _Make]] = {
    "id": _id,
    "moment": _moment,
    "end": _end,
    "choice": _choice,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "pattern": _pattern,
}
