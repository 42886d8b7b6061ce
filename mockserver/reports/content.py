"""Report content: plausible column values from a random generator, and text formats of files."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import partial
from io import StringIO
from itertools import cycle, islice
from random import Random
from typing import Any

import orjson

from mockserver.http.messages import Response, StreamingBody
from mockserver.jobs import Job
from mockserver.jobs.schedule import ROWS
from mockserver.sandbox.sandbox import Sandbox
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

    Times are milliseconds since the epoch, written in `zone`. `metadata` is written by formats with
    a head. `base` is a UUID whose first digits the rows' ids share.
    """

    columns: tuple[Column, ...]
    rows: int
    start: int
    end: int
    zone: tzinfo = UTC
    base: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def table_of(job: Job, report: Mapping[str, Any], days: int) -> ReportTable:
    """Return the table of a job's file, spread over the days before its creation.

    `report` has the `columns`, and the number of `rows` where the job has none of its own.
    """
    rows, end = job.details.get(ROWS, report["rows"]), job.created_at
    return ReportTable(read_columns(report["columns"]), rows, end - days * 86_400_000, end)


class RowValues:
    """The ids and times of a report's rows, by row number."""

    def __init__(self, report: ReportTable, offset: int) -> None:
        self._zone = report.zone
        self._base = report.base[:24]
        self._offset = offset
        self._start, self._span = report.start, report.end - report.start
        self._parts = (report.rows or 1) * 0x10000
        # Formatting dates is slow: the last minute is cached.
        self._minute: int | None = None
        self._prefix = self._suffix = ""

    def id(self, number: int) -> str:
        return f"{self._base}{number * _SPREAD + self._offset & _48_BITS:012x}"

    def timestamp(self, number: int) -> str:
        elapsed = self._span * (number * 0x10000 + (number * _SPREAD & 0xFFFF))
        minute, rest = divmod(self._start + elapsed // self._parts, 60_000)
        if minute != self._minute:
            self._minute = minute
            self._prefix, self._suffix = _format_minute(minute * 60_000, self._zone)
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


def attachment(
    sandbox: Sandbox, key: str, title: str, report: ReportTable, file_format: Format
) -> Response:
    """Return a 200 with a file named after `title`, in characters that need no escaping.

    Equal keys of a sandbox give equal values in the rows.
    """
    stem = _UNSAFE.sub("-", title.lower()).strip("-") or "report"
    disposition = f'attachment; filename="{stem}.{file_format.extension}"'
    report = replace(report, base=sandbox.ids.uuid(key, 0))
    file = make_file(report, file_format, sandbox.ids.random(key, 0))
    return Response(200, headers={"Content-Disposition": disposition}, file=file)


_MAX_TEMPLATES = 128
_BLOCK = 64
"""Rows at a time: other requests wait meanwhile. Beside ten downloads, polls take a twentieth of
the time that they take with 512, and a download as long."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a table is written as text.

    `frame` returns what stands before and after the rows, given the column names, the number of
    rows and the vendor's metadata; `row` takes the names and the values.
    """

    frame: Callable[[Sequence[str], int, Mapping[str, Any]], tuple[str, str]]
    row: Callable[[Sequence[str], Sequence[Any]], str]
    separator: str = ""


def _write(layout: _Layout, report: ReportTable, rng: Random) -> FileContent:
    writer = _FileWriter(layout, report, rng)
    return writer.length(), writer.chunks


class _FileWriter:
    def __init__(self, layout: _Layout, report: ReportTable, rng: Random) -> None:
        names = [column.name for column in report.columns]
        self._report = report
        self._offset = rng.getrandbits(48)
        self._head, self._tail = layout.frame(names, report.rows, report.metadata)
        self._separator = layout.separator
        self._templates = [
            layout.row(names, [column.draw(rng) for column in report.columns])
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
        rows = self._rows(RowValues(self._report, self._offset))
        while block := "".join(islice(rows, _BLOCK)):
            yield block.encode()
        yield self._tail.encode()

    def _rows(self, values: RowValues) -> Iterator[str]:
        separator, end = "", values.timestamp(0)
        for number, template in zip(range(self._report.rows), cycle(self._templates)):
            start, end = end, values.timestamp(number + 1)  # a row ends where the next one starts
            text = template.replace(ID, values.id(number)).replace(TIMESTAMP, start)
            yield separator + text.replace(END, end)
            separator = self._separator


def _width(row: str) -> int:
    placeholders = ((ID, ID_WIDTH), (TIMESTAMP, TIMESTAMP_WIDTH), (END, TIMESTAMP_WIDTH))
    return len(row.encode()) + sum(
        row.count(mark) * (width - len(mark.encode())) for mark, width in placeholders
    )


def _csv_row(_: Sequence[str], values: Sequence[Any]) -> str:
    out = StringIO()
    csv.writer(out).writerow(
        [str(value).lower() if isinstance(value, bool) else value for value in values]
    )
    return out.getvalue()


def _json_row(names: Sequence[str], values: Sequence[Any]) -> str:
    return orjson.dumps(dict(zip(names, values, strict=True))).decode()


def _document_frame(_: Sequence[str], rows: int, metadata: Mapping[str, Any]) -> tuple[str, str]:
    head = orjson.dumps({**metadata, "entries": []}).decode().removesuffix("]}")
    return head, f'],"total":{rows}}}'


_CSV = _Layout(lambda names, _, __: (_csv_row(names, names), ""), _csv_row)
_LINES = _Layout(lambda *_: ("", ""), lambda names, values: f"{_json_row(names, values)}\n")
_ARRAY = _Layout(lambda *_: ("[", "]"), _json_row, ",")
_DOCUMENT = _Layout(_document_frame, _json_row, ",")

CSV = Format("text/csv; charset=utf-8", "csv", partial(_write, _CSV))
"""RFC 4180, with a header line."""

JSON_LINES = Format("application/x-ndjson", "ndjson", partial(_write, _LINES))
"""One object per line."""

JSON_ARRAY = Format("application/json", "json", partial(_write, _ARRAY))
"""An array of objects."""

JSON_DOCUMENT = Format("application/json", "json", partial(_write, _DOCUMENT))
"""An object: the report's metadata, `entries` and their `total`."""
