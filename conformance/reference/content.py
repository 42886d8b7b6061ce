"""The rows of a report, and the same rows as CSV, JSON and JSON lines."""

import csv
import io
import json
import random
from collections.abc import Iterable, Sequence

Row = dict[str, str | int]
_TEAMS = ("Billing", "Claims, north", 'The "late" shift', "Sales")


def rows(key: str, first_column: str, stamps: Sequence[str]) -> list[Row]:
    """Return one row for each timestamp; the same key gives the same rows."""
    source = random.Random(key)
    return [
        {
            first_column: f"{number:04d}",
            "recorded_at": stamp,
            "team": source.choice(_TEAMS),
            "seconds": source.randrange(5, 900),
        }
        for number, stamp in enumerate(stamps, 1)
    ]


def double_encoded(text: str) -> str:
    """Return the text as UTF-8 that was taken for Latin-1, a classic fault."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def csv_bytes(table: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Return a header line and one line a row, quoted where needed."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue().encode()


def json_bytes(value: object) -> bytes:
    """Return the value as one JSON document."""
    return json.dumps(value).encode()


def lines_bytes(table: Iterable[Row]) -> bytes:
    """Return one JSON object a line."""
    return b"".join(json_bytes(row) + b"\n" for row in table)
