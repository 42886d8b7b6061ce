"""Text formats of report files, written row by row: head, row, separator and tail."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is written row by row.

    `head` and `tail` take the column names, the number of rows and the vendor's metadata; `row`
    takes the names and the values.
    """

    media: str
    extension: str
    head: Callable[[Sequence[str], int, Mapping[str, Any]], str]
    row: Callable[[Sequence[str], Sequence[Any]], str]
    separator: str
    tail: Callable[[Sequence[str], int, Mapping[str, Any]], str]


def _empty(_: Sequence[str], __: int, ___: Mapping[str, Any]) -> str:
    return ""


def _csv_row(_: Sequence[str], values: Sequence[Any]) -> str:
    out = StringIO()
    csv.writer(out).writerow(
        [str(value).lower() if isinstance(value, bool) else value for value in values]
    )
    return out.getvalue()


def _csv_head(names: Sequence[str], _: int, __: Mapping[str, Any]) -> str:
    return _csv_row(names, names)


def _json_row(names: Sequence[str], values: Sequence[Any]) -> str:
    return orjson.dumps(dict(zip(names, values, strict=True))).decode()


def _line_row(names: Sequence[str], values: Sequence[Any]) -> str:
    return f"{_json_row(names, values)}\n"


def _array_head(_: Sequence[str], __: int, ___: Mapping[str, Any]) -> str:
    return "["


def _array_tail(_: Sequence[str], __: int, ___: Mapping[str, Any]) -> str:
    return "]"


def _document_head(_: Sequence[str], __: int, about: Mapping[str, Any]) -> str:
    return orjson.dumps({**about, "entries": []}).decode().removesuffix("]}")


def _document_tail(_: Sequence[str], rows: int, __: Mapping[str, Any]) -> str:
    return f'],"total":{rows}}}'


CSV = Format("text/csv; charset=utf-8", "csv", _csv_head, _csv_row, "", _empty)
"""RFC 4180, with a header line."""

JSON_LINES = Format("application/x-ndjson", "ndjson", _empty, _line_row, "", _empty)
"""One object per line."""

JSON_ARRAY = Format("application/json", "json", _array_head, _json_row, ",", _array_tail)
"""An array of objects."""

JSON_DOCUMENT = Format("application/json", "json", _document_head, _json_row, ",", _document_tail)
"""An object: the report's metadata, `entries` and their `total`."""
