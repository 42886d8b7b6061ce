"""Report content: plausible column values, drawn from a given random generator."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from random import Random
from typing import Any

from mockserver.http.messages import Response, StreamingBody
from mockserver.timestamps import to_datetime

ID = "\ue000"
TIMESTAMP = "\ue001"
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


def _placeholder(text: str) -> Callable[[Mapping[str, Any]], _Draw]:
    return lambda _row: lambda _rng: text


def _choice(row: Mapping[str, Any]) -> _Draw:
    values = row["of"]
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
    "id": _placeholder(ID),
    "moment": _placeholder(TIMESTAMP),
    "end": _placeholder(END),
    "choice": _choice,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "pattern": _pattern,
}


ID_WIDTH = 36
TIMESTAMP_WIDTH = 29
"""Characters of what replaces the placeholders."""

_SPREAD = 0x9E3779B97F4B  # odd: multiplying by it visits each 48-bit number once
_48_BITS = (1 << 48) - 1


@dataclass(frozen=True, slots=True)
class ReportTable:
    """The content of a file: `rows` rows of `columns`, spread from `start` to `end`.

    Times are milliseconds since the epoch, written in `zone`. `base` is a UUID whose first digits
    the rows' ids share. `metadata` is written by formats with a head.
    """

    columns: tuple[Column, ...]
    rows: int
    start: int
    end: int
    zone: tzinfo
    base: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


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

    def timestamp(self, number: int) -> str:
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
    if len(text) != TIMESTAMP_WIDTH:
        text = to_datetime(moment).isoformat(timespec="milliseconds")
    return text[:17], text[23:]


FileContent = tuple[int, Callable[[], Iterator[bytes]]]
"""The length of a file in bytes, and a function that yields its content."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format; `write` uses the random generator only during the call."""

    media: str
    extension: str
    write: Callable[[ReportTable, Random], FileContent]


def make_file(report: ReportTable, file_format: Format, rng: Random) -> StreamingBody:
    """Return the file of a report in a format."""
    length, chunks = file_format.write(report, rng)
    return StreamingBody(file_format.media, length, chunks)


_UNSAFE = re.compile(r"[^a-z0-9_]+")


def attachment(title: str, report: ReportTable, file_format: Format, rng: Random) -> Response:
    """Return a 200 with a file named after `title`, in characters that need no escaping."""
    stem = _UNSAFE.sub("-", title.lower()).strip("-") or "report"
    disposition = f'attachment; filename="{stem}.{file_format.extension}"'
    file = make_file(report, file_format, rng)
    return Response(200, headers={"Content-Disposition": disposition}, file=file)
