"""Validation of file contents: CSV, JSON, or JSON Lines."""

import csv
import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from conformance.http.exchange import NOT_JSON, parse_json

_BOM: Final = "\ufeff"
_OTHER_DELIMITERS: Final = (";", "\t", "|")
_MARKUP: Final = ("<!doctype", "<html", "<?xml")


def decode_text(body: bytes, content_type: str, *, is_json: bool = False) -> str | None:
    """Return the text of a body, None where it is not in the charset of its Content-Type.

    Without a charset UTF-8 is tried, then Latin-1, which never fails. JSON is UTF-8, whatever its
    Content-Type says (RFC 8259, 8.1).
    """
    charset = "utf-8" if is_json else _charset(content_type)
    try:
        return body.decode(charset or "utf-8").removeprefix(_BOM)
    except LookupError:
        return body.decode("latin-1")
    except UnicodeDecodeError:
        return None if charset else body.decode("latin-1")


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return ""


def csv_error(text: str) -> str | None:
    """Return why a text is not CSV with rows of one length; `;`, tab and `|` may delimit too."""
    if text.lstrip().lower().startswith(_MARKUP):
        return "HTML or XML, not CSV"
    if "\0" in text:
        return "binary data, not CSV"
    if isinstance(_json(text), dict | list):
        return "JSON, not CSV"
    error = _row_length_error(text, ",")
    if error is None or any(_is_table(text, delimiter) for delimiter in _OTHER_DELIMITERS):
        return None
    return error


def _row_length_error(text: str, delimiter: str) -> str | None:
    try:
        rows = [row for row in _rows(text, delimiter) if row]
    except csv.Error as error:
        return f"not CSV: {error}"
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            return f"not CSV: row {number} has {len(row)} cells, row 1 has {len(rows[0])}"
    return None


def _is_table(text: str, delimiter: str) -> bool:
    if _row_length_error(text, delimiter) is not None:
        return False
    return any(len(row) > 1 for row in _rows(text, delimiter)[:1])


def _rows(text: str, delimiter: str) -> list[list[str]]:
    before = csv.field_size_limit(max(len(text), 1))  # the format knows no limit for a cell
    try:
        lines = io.StringIO(text, newline="")
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    finally:
        csv.field_size_limit(before)


def _json(text: str) -> Any:
    return parse_json(text.encode())


def json_error(text: str) -> str | None:
    """Return why a text is not one JSON document."""
    if not text.strip():
        return "empty, not even an empty JSON document"
    return "not a JSON document" if _json(text) is NOT_JSON else None


def json_any_error(text: str) -> str | None:
    """Return why a text is neither JSON nor JSON Lines; an empty text is both."""
    if _json(text) is not NOT_JSON or not any(_json(line) is NOT_JSON for line in _lines(text)):
        return None
    return "neither JSON nor JSON Lines"


def json_lines_error(text: str) -> str | None:
    """Return why a text is not one JSON object per line; an empty text is."""
    for number, line in enumerate(_lines(text), 1):
        if not isinstance(_json(line), dict):
            return f"not JSON Lines: line {number} is not a JSON object"
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
