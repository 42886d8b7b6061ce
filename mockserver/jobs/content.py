"""The content of a report file: rows made as they are sent, the same ones for the same job.

A row is one of a few drawn ones with an id and a moment of its own. Both have one width, so the
length of a file is known before its first byte, and a gigabyte needs no more memory than a page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from random import Random
from typing import Any

from mockserver.exchange import FileBody
from mockserver.jobs.columns import END, ID, MOMENT, Column
from mockserver.jobs.formats import Format
from mockserver.moment import to_datetime

_DRAWN = 128
_BLOCK = 512
_ID_WIDTH = 36
_MOMENT_WIDTH = 29
_SPREAD = 0x9E3779B97F4B  # odd: multiplying by it visits each 48-bit number once
_48_BITS = (1 << 48) - 1


@dataclass(frozen=True, slots=True)
class Sheet:
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


def make_file(sheet: Sheet, made_in: Format, chance: Random) -> FileBody:
    """Return the file; `chance` is drawn from at once, and never again."""
    writing = _Writing(sheet, made_in, chance)
    return FileBody(made_in.media, writing.length(), writing.chunks)


class _Writing:
    """One file in one format."""

    def __init__(self, sheet: Sheet, made_in: Format, chance: Random) -> None:
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
        row = _Rows(self._sheet, self._drawn, self._offset)
        for first in range(0, self._sheet.rows, _BLOCK):
            block = range(first, min(first + _BLOCK, self._sheet.rows))
            text = self._between.join(map(row, block))
            yield (self._between + text if first else text).encode()
        yield self._tail.encode()


class _Rows:
    """Finishes the drawn rows."""

    def __init__(self, sheet: Sheet, drawn: list[str], offset: int) -> None:
        self._drawn = drawn
        self._marks = Marks(sheet, offset)
        self._ends = any(END in row for row in drawn)

    def __call__(self, number: int) -> str:
        text = self._drawn[number % len(self._drawn)].replace(ID, self._marks.id(number))
        text = text.replace(MOMENT, self._marks.moment(number))
        return text.replace(END, self._marks.moment(number + 1)) if self._ends else text


class Marks:
    """The ids and moments of the rows of a sheet, by the number of the row."""

    def __init__(self, sheet: Sheet, offset: int) -> None:
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
