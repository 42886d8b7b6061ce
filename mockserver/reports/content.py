"""Report content: plausible column values, drawn from a given random generator."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from random import Random
from typing import Any

from mockserver.http.messages import Response, StreamingBody
from mockserver.reports.text_formats import Format
from mockserver.timestamps import to_datetime

ID = "\ue000"
MOMENT = "\ue001"
END = "\ue002"
"""Placeholders (private use characters) of a row's id, its time and its end, the next row's."""

_Draw = Callable[[Random], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, and a function that draws a value."""

    name: str
    draw: _Draw


def read_columns(rows: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Return the columns of seed data: `name`, `is` (the kind) and the kind's options."""
    return tuple(Column(row["name"], _KINDS[row["is"]](row)) for row in rows)


def _id(_: Mapping[str, Any]) -> _Draw:
    return lambda _: ID


def _moment(_: Mapping[str, Any]) -> _Draw:
    return lambda _: MOMENT


def _end(_: Mapping[str, Any]) -> _Draw:
    return lambda _: END


def _choice(row: Mapping[str, Any]) -> _Draw:
    values = list(row["of"])
    return lambda rng: values[int(rng.random() * len(values))]


def _integer(row: Mapping[str, Any]) -> _Draw:
    minimum, maximum = row["from"], row["to"]
    return lambda rng: minimum + int(rng.random() * (maximum - minimum + 1))


def _decimal(row: Mapping[str, Any]) -> _Draw:
    minimum, maximum = row["from"], row["to"]
    return lambda rng: round(minimum + rng.random() * (maximum - minimum), 2)


def _boolean(_: Mapping[str, Any]) -> _Draw:
    return lambda rng: rng.random() < 0.5


def _pattern(row: Mapping[str, Any]) -> _Draw:
    pattern = row["as"]

    def draw(rng: Random) -> str:
        return "".join(
            str(int(rng.random() * 10)) if letter == "#" else letter for letter in pattern
        )

    return draw


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], _Draw]] = {
    "id": _id,
    "moment": _moment,
    "end": _end,
    "choice": _choice,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "pattern": _pattern,
}


_MAX_TEMPLATES = 128
_BLOCK = 512
_ID_WIDTH = 36
_MOMENT_WIDTH = 29
_SPREAD = 0x9E3779B97F4B  # odd: multiplying by it visits each 48-bit number once
_48_BITS = (1 << 48) - 1


@dataclass(frozen=True, slots=True)
class ReportTable:
    """The content of a file: `rows` rows of `columns`, spread from `start` to `end`.

    Times are milliseconds since the epoch, written in `zone`. `base` is a UUID whose first digits
    the rows' ids share. `about` is metadata for formats with a head.
    """

    columns: tuple[Column, ...]
    rows: int
    start: int
    end: int
    zone: tzinfo
    base: str
    about: Mapping[str, Any] = field(default_factory=dict)


def make_file(report: ReportTable, file_format: Format, rng: Random) -> StreamingBody:
    """Return the file; `rng` is used only during this call."""
    writer = _FileWriter(report, file_format, rng)
    return StreamingBody(file_format.media, writer.length(), writer.chunks)


class _FileWriter:
    """Writes one file in one format, from templates of the first rows."""

    def __init__(self, report: ReportTable, file_format: Format, rng: Random) -> None:
        names = [column.name for column in report.columns]
        self._report = report
        self._offset = rng.getrandbits(48)
        self._head = file_format.head(names, report.rows, report.about)
        self._tail = file_format.tail(names, report.rows, report.about)
        self._separator = file_format.separator
        self._templates = [
            file_format.row(names, [column.draw(rng) for column in report.columns])
            for _ in range(min(report.rows, _MAX_TEMPLATES))
        ]

    def length(self) -> int:
        """Return the length of the file in bytes."""
        widths = [_width(row) for row in self._templates]
        rows = self._report.rows
        whole, rest = divmod(rows, len(widths)) if widths else (0, 0)
        inner = whole * sum(widths) + sum(widths[:rest])
        frame = len(self._head.encode()) + len(self._tail.encode())
        return frame + inner + len(self._separator) * max(rows - 1, 0)

    def chunks(self) -> Iterator[bytes]:
        """Yield the file, a block of rows at a time."""
        yield self._head.encode()
        row = _RowRenderer(self._report, self._templates, self._offset)
        for first in range(0, self._report.rows, _BLOCK):
            block = range(first, min(first + _BLOCK, self._report.rows))
            text = self._separator.join(map(row, block))
            yield (self._separator + text if first else text).encode()
        yield self._tail.encode()


class _RowRenderer:
    """Replaces the placeholders of row templates."""

    def __init__(self, report: ReportTable, templates: list[str], offset: int) -> None:
        self._templates = templates
        self._values = RowValues(report, offset)
        self._ends = any(END in row for row in templates)

    def __call__(self, number: int) -> str:
        text = self._templates[number % len(self._templates)].replace(ID, self._values.id(number))
        text = text.replace(MOMENT, self._values.moment(number))
        return text.replace(END, self._values.moment(number + 1)) if self._ends else text


class RowValues:
    """The ids and times of a report's rows, by row number."""

    def __init__(self, report: ReportTable, offset: int) -> None:
        self._report = report
        self._offset = offset
        # Formatting dates is slow: the last minute is cached.
        self._minute: int | None = None
        self._prefix = self._suffix = ""

    def id(self, number: int) -> str:
        return f"{self._report.base[:24]}{number * _SPREAD + self._offset & _48_BITS:012x}"

    def moment(self, number: int) -> str:
        report = self._report
        elapsed = (report.end - report.start) * (number * 0x10000 + (number * _SPREAD & 0xFFFF))
        minute, rest = divmod(report.start + elapsed // (report.rows * 0x10000), 60_000)
        if minute != self._minute:
            self._minute = minute
            self._prefix, self._suffix = _format_minute(minute * 60_000, report.zone)
        return f"{self._prefix}{rest // 1000:02}.{rest % 1000:03}{self._suffix}"


def _format_minute(moment: int, zone: tzinfo) -> tuple[str, str]:
    """Return a time up to its minute, and the offset from UTC."""
    text = to_datetime(moment).astimezone(zone).isoformat(timespec="milliseconds")
    # Historical offsets have seconds, which would change the width.
    if len(text) != _MOMENT_WIDTH:
        text = to_datetime(moment).isoformat(timespec="milliseconds")
    return text[:17], text[23:]


def _width(row: str) -> int:
    placeholders = ((ID, _ID_WIDTH), (MOMENT, _MOMENT_WIDTH), (END, _MOMENT_WIDTH))
    return len(row.encode()) + sum(
        row.count(m) * (width - len(m.encode())) for m, width in placeholders
    )


_UNSAFE = re.compile(r"[^a-z0-9_]+")


def attachment(title: str, extension: str, file: StreamingBody) -> Response:
    """Return a 200 with a file named after `title`, in characters that need no escaping."""
    stem = _UNSAFE.sub("-", title.lower()).strip("-") or "report"
    disposition = f'attachment; filename="{stem}.{extension}"'
    return Response(200, headers={"Content-Disposition": disposition}, file=file)
