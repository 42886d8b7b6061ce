"""Tells whether the bytes of a file are what a format says: CSV, JSON, or JSON by lines."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

_BOM: Final = "\ufeff"
_OTHER_DELIMITERS: Final = (";", "\t", "|")
_PAGES: Final = ("<!doctype", "<html", "<?xml")


def decode_text(body: bytes, content_type: str) -> str | None:
    """Return the text of a body, None where it is not in the charset that its type states.

    Without a stated charset UTF-8 is tried, then Latin-1, which never fails.
    """
    charset = _charset(content_type)
    try:
        return body.decode(charset or "utf-8").removeprefix(_BOM)
    except LookupError:
        return body.decode("latin-1")
    except UnicodeDecodeError:
        return None if charset else body.decode("latin-1")


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return ""


def csv_error(text: str) -> str | None:
    """Return why a text is no CSV with one width; semicolons, tabs and bars may part cells too."""
    if text.lstrip().lower().startswith(_PAGES):
        return "a page or XML, not CSV"
    if "\0" in text:
        return "binary data, not CSV"
    if isinstance(_json(text), dict | list):
        return "JSON, not CSV"
    fault = _one_width(text, ",")
    if fault is None or any(_is_table(text, delimiter) for delimiter in _OTHER_DELIMITERS):
        return None
    return fault


def _one_width(text: str, delimiter: str) -> str | None:
    try:
        rows = [row for row in _rows(text, delimiter) if row]
    except csv.Error as error:
        return f"no CSV: {error}"
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            return f"row {number} has {len(row)} cells, row 1 has {len(rows[0])}"
    return None


def _is_table(text: str, delimiter: str) -> bool:
    if _one_width(text, delimiter) is not None:
        return False
    return len(next(iter(_rows(text, delimiter)), [])) > 1


def _rows(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


_NO_JSON: Final = object()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NO_JSON


def json_error(text: str) -> str | None:
    """Return why a text is not one JSON document."""
    if not text.strip():
        return "nothing, not even an empty JSON document"
    return "no JSON document" if _json(text) is _NO_JSON else None


def json_any_error(text: str) -> str | None:
    """Return why a text is JSON neither as a whole nor line by line; nothing at all is fine."""
    if _json(text) is not _NO_JSON or not any(_json(line) is _NO_JSON for line in _lines(text)):
        return None
    return "JSON neither as a whole nor line by line"


def json_lines_error(text: str) -> str | None:
    """Return why a text is not one JSON object a line; no line at all is fine."""
    for number, line in enumerate(_lines(text), 1):
        if not isinstance(_json(line), dict):
            return f"line {number} is no JSON object"
    return None


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


FORMAT_VALIDATORS: Final[Mapping[str, Callable[[str], str | None]]] = MappingProxyType(
    {
        "csv": csv_error,
        "json": json_error,
        "json_any": json_any_error,
        "json_lines": json_lines_error,
    }
)
