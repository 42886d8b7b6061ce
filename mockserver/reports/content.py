"""The values of a report's columns: believable, and drawn from a given source of chance."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from random import Random
from typing import Any

from mockserver.http.messages import StreamingBody
from mockserver.reports.text_formats import Format
from mockserver.timestamps import to_datetime

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


_DRAWN = 128
_BLOCK = 512
_ID_WIDTH = 36
_MOMENT_WIDTH = 29
_SPREAD = 0x9E3779B97F4B  # odd: multiplying by it visits each 48-bit number once
_48_BITS = (1 << 48) - 1


@dataclass(frozen=True, slots=True)
class ReportTable:
    """What a file tells: `rows` rows of `columns` over a time from `start` until `end`.

    Moments are milliseconds since the epoch; they are shown in `zone`. `base` is a UUID that the
    rows' ids share their first digits with. `about` goes to the head of formats that have one.
    """

    columns: tuple[Column, ...]
    rows: int
    start: int
    end: int
    zone: tzinfo
    base: str
    about: Mapping[str, Any] = field(default_factory=dict)


def make_file(sheet: ReportTable, made_in: Format, chance: Random) -> StreamingBody:
    """Return the file; `chance` is drawn from at once, and never again."""
    writing = _FileWriter(sheet, made_in, chance)
    return StreamingBody(made_in.media, writing.length(), writing.chunks)


class _FileWriter:
    """One file in one format."""

    def __init__(self, sheet: ReportTable, made_in: Format, chance: Random) -> None:
        names = [column.name for column in sheet.columns]
        self._sheet = sheet
        self._offset = chance.getrandbits(48)
        self._head = made_in.head(names, sheet.rows, sheet.about)
        self._tail = made_in.tail(names, sheet.rows, sheet.about)
        self._between = made_in.between
        self._drawn = [
            made_in.row(names, [column.draw(chance) for column in sheet.columns])
            for _ in range(min(sheet.rows, _DRAWN))
        ]

    def length(self) -> int:
        """Return the length of the file in bytes."""
        widths = [_width(row) for row in self._drawn]
        rows = self._sheet.rows
        whole, rest = divmod(rows, len(widths)) if widths else (0, 0)
        inner = whole * sum(widths) + sum(widths[:rest])
        frame = len(self._head.encode()) + len(self._tail.encode())
        return frame + inner + len(self._between) * max(rows - 1, 0)

    def chunks(self) -> Iterator[bytes]:
        """Yield the file, a block of rows at a time."""
        yield self._head.encode()
        row = _RowRenderer(self._sheet, self._drawn, self._offset)
        for first in range(0, self._sheet.rows, _BLOCK):
            block = range(first, min(first + _BLOCK, self._sheet.rows))
            text = self._between.join(map(row, block))
            yield (self._between + text if first else text).encode()
        yield self._tail.encode()


class _RowRenderer:
    """Finishes the drawn rows."""

    def __init__(self, sheet: ReportTable, drawn: list[str], offset: int) -> None:
        self._drawn = drawn
        self._marks = RowValues(sheet, offset)
        self._ends = any(END in row for row in drawn)

    def __call__(self, number: int) -> str:
        text = self._drawn[number % len(self._drawn)].replace(ID, self._marks.id(number))
        text = text.replace(MOMENT, self._marks.moment(number))
        return text.replace(END, self._marks.moment(number + 1)) if self._ends else text


class RowValues:
    """The ids and moments of the rows of a sheet, by the number of the row."""

    def __init__(self, sheet: ReportTable, offset: int) -> None:
        self._sheet = sheet
        self._offset = offset
        # Dates are dear: the minute last shown is kept.
        self._minute: int | None = None
        self._before = self._after = ""

    def id(self, number: int) -> str:
        return f"{self._sheet.base[:24]}{number * _SPREAD + self._offset & _48_BITS:012x}"

    def moment(self, number: int) -> str:
        sheet = self._sheet
        passed = (sheet.end - sheet.start) * (number * 0x10000 + (number * _SPREAD & 0xFFFF))
        minute, rest = divmod(sheet.start + passed // (sheet.rows * 0x10000), 60_000)
        if minute != self._minute:
            self._minute = minute
            self._before, self._after = _show(minute * 60_000, sheet.zone)
        return f"{self._before}{rest // 1000:02}.{rest % 1000:03}{self._after}"


def _show(moment: int, zone: tzinfo) -> tuple[str, str]:
    """Return a full minute up to its seconds, and the offset from UTC."""
    text = to_datetime(moment).astimezone(zone).isoformat(timespec="milliseconds")
    # Offsets of long ago have seconds, which would break the width.
    if len(text) != _MOMENT_WIDTH:
        text = to_datetime(moment).isoformat(timespec="milliseconds")
    return text[:17], text[23:]


def _width(row: str) -> int:
    marks = ((ID, _ID_WIDTH), (MOMENT, _MOMENT_WIDTH), (END, _MOMENT_WIDTH))
    return len(row.encode()) + sum(row.count(m) * (width - len(m.encode())) for m, width in marks)
