"""Text formats of report files, streamed row by row from templates of the first rows."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import StringIO
from random import Random
from typing import Any

import orjson

from mockserver.reports.content import (
    END,
    ID,
    ID_WIDTH,
    TIMESTAMP,
    TIMESTAMP_WIDTH,
    FileContent,
    Format,
    ReportTable,
    RowValues,
)

_MAX_TEMPLATES = 128
_BLOCK = 512


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
        values = RowValues(self._report, self._offset)
        for first in range(0, self._report.rows, _BLOCK):
            block = range(first, min(first + _BLOCK, self._report.rows))
            text = self._separator.join(self._row(values, number) for number in block)
            yield (self._separator + text if first else text).encode()
        yield self._tail.encode()

    def _row(self, values: RowValues, number: int) -> str:
        text = self._templates[number % len(self._templates)]
        text = text.replace(ID, values.id(number)).replace(TIMESTAMP, values.timestamp(number))
        return text.replace(END, values.timestamp(number + 1)) if END in text else text


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
