"""Report files are in their format, as long as told, within their span, the same for one job."""

import csv
import json
import tracemalloc
from datetime import UTC, datetime
from io import BytesIO, StringIO
from random import Random
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.http.messages import StreamingBody
from mockserver.reports.binary_formats import DOCX, PDF, XLSX
from mockserver.reports.content import (
    CSV,
    JSON_ARRAY,
    JSON_DOCUMENT,
    JSON_LINES,
    ReportTable,
    make_file,
    read_columns,
)
from mockserver.timestamps import from_datetime
from tests.unit.mockserver.vendor_harness import seed_of

AWKWARD = [
    "",
    "plain",
    'with "quotes"',
    "comma, here",
    "two\nlines",
    "ąžß😀",
    " spaces ",
    "'",
    "\r\n",
    None,
]
COLUMNS = read_columns(
    [
        {"name": "id", "is": "id"},
        {"name": "name, full", "is": "choice", "of": AWKWARD},
        {"name": "at", "is": "moment"},
        {"name": "count", "is": "integer", "from": -3, "to": 3},
        {"name": "share", "is": "decimal", "from": 0, "to": 1},
        {"name": "yes", "is": "boolean"},
        {"name": "code", "is": "pattern", "as": "A-##"},
    ]
)
NAMES = [column.name for column in COLUMNS]
START = from_datetime(datetime(2026, 3, 1, tzinfo=UTC))
DAY = 24 * 60 * 60 * 1000
ZONES = [
    "UTC",
    "Europe/Lisbon",
    "Asia/Kolkata",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Casablanca",
]


def sheet(
    rows: int = 5, *, zone: str = "UTC", start: int = START, end: int = START + DAY
) -> ReportTable:
    return ReportTable(
        columns=COLUMNS,
        rows=rows,
        start=start,
        end=end,
        zone=ZoneInfo(zone),
        base="3f2c9d1e-0000-4000-8000-000000000001",
        metadata={"type": "calls", "version": "1"},
    )


def data_of(file: StreamingBody) -> bytes:
    data = b"".join(file.chunks())
    assert file.length == len(data)
    assert b"".join(file.chunks()) == data
    return data


def table_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(data.decode(), newline=""), strict=True))


def entries_of(made_in: Any, data: bytes) -> list[dict]:
    if made_in is JSON_LINES:
        assert data.count(b"\n") == len(data.splitlines())
        return [json.loads(line) for line in data.decode().split("\n") if line]
    document = json.loads(data)
    if made_in is JSON_ARRAY:
        return list(document)
    assert list(document) == ["type", "version", "entries", "total"]
    assert document["total"] == len(document["entries"])
    return list(document["entries"])


@given(
    seed=st.integers(0, 2**64),
    rows=st.integers(0, 700),
    zone=st.sampled_from(ZONES),
    length=st.integers(0, 31 * DAY),
)
def test_every_format_holds_the_same_rows(seed: int, rows: int, zone: str, length: int) -> None:
    wanted = sheet(rows, zone=zone, end=START + length)
    table = table_of(data_of(make_file(wanted, CSV, Random(seed))))
    assert table[0] == NAMES
    assert {len(row) for row in table} == {len(NAMES)}
    for made_in in (JSON_ARRAY, JSON_DOCUMENT, JSON_LINES):
        entries = entries_of(made_in, data_of(make_file(wanted, made_in, Random(seed))))
        assert len(entries) == len(table) - 1 == rows
        assert [list(map(_as_csv, entry.values())) for entry in entries] == table[1:]
        assert all(list(entry) == NAMES for entry in entries)
        assert len({entry["id"] for entry in entries}) == rows


def _as_csv(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


@given(rows=st.integers(1, 300), zone=st.sampled_from(ZONES), length=st.integers(0, 40 * DAY))
def test_moments_lie_within_the_span_in_its_zone(rows: int, zone: str, length: int) -> None:
    wanted = sheet(rows, zone=zone, end=START + length)
    entries = entries_of(JSON_ARRAY, data_of(make_file(wanted, JSON_ARRAY, Random(1))))
    moments = [datetime.fromisoformat(entry["at"]) for entry in entries]
    assert all(START <= from_datetime(moment) <= START + length for moment in moments)
    assert moments == sorted(moments)
    for moment in moments:
        assert moment.utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset()


def test_offsets_with_seconds_do_not_spoil_the_length() -> None:
    start = from_datetime(datetime(1970, 6, 1, tzinfo=UTC))
    old = sheet(200, zone="Africa/Monrovia", start=start, end=start + DAY)
    entries = entries_of(JSON_ARRAY, data_of(make_file(old, JSON_ARRAY, Random(1))))
    assert datetime.fromisoformat(entries[0]["at"]).date().isoformat() in {
        "1970-05-31",
        "1970-06-01",
    }


def test_another_source_of_chance_makes_another_file() -> None:
    files = {data_of(make_file(sheet(50), CSV, Random(seed))) for seed in range(5)}
    assert len(files) == 5


def test_a_large_file_is_made_in_small_pieces_and_starts_at_once() -> None:
    huge = make_file(sheet(20_000_000), CSV, Random(1))
    assert huge.length is not None
    assert huge.length > 10**9
    pieces = huge.chunks()
    assert max(len(next(pieces)) for _ in range(20)) < 2**14


def test_a_large_file_takes_no_more_memory_than_a_small_one() -> None:
    tracemalloc.start()
    file = make_file(sheet(100_000), CSV, Random(1))
    sent = sum(map(len, file.chunks()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent == file.length
    assert peak < sent / 10


def test_csv_ends_its_lines_as_rfc_4180_says() -> None:
    data = data_of(make_file(sheet(0), CSV, Random(1)))
    assert data == b'id,"name, full",at,count,share,yes,code\r\n'


@pytest.mark.parametrize("vendor", ["talkdesk", "clinicalone", "energycap"])
def test_every_report_of_the_fixtures_has_columns_of_its_own_and_awkward_values(
    vendor: str,
) -> None:
    heads = set()
    for report in seed_of(vendor)["reports"]:
        columns = read_columns(report["columns"])
        kinds = [row["is"] for row in report["columns"]]
        assert kinds.count("id") == kinds.count("moment") == 1
        text = data_of(
            make_file(ReportTable(columns, 300, START, START + DAY, UTC, "0" * 36), CSV, Random(1))
        ).decode()
        assert '""' in text or ", " in text
        assert table_of(text.encode())[0] == [column.name for column in columns]
        heads.add(tuple(column.name for column in columns))
    expected = {"talkdesk": 11, "clinicalone": 3, "energycap": 2}
    assert len(heads) == expected[vendor]


@given(seed=st.integers(0, 2**32), rows=st.integers(0, 80))
def test_workbooks_and_texts_hold_the_table(seed: int, rows: int) -> None:
    for made_in, part, row_tag, text_tag in (
        (XLSX, "xl/worksheets/sheet1.xml", "row", "t"),
        (DOCX, "word/document.xml", "tr", "t"),
    ):
        data = data_of(make_file(sheet(rows), made_in, Random(seed)))
        with ZipFile(BytesIO(data)) as archive:
            assert archive.testzip() is None
            for name in archive.namelist():
                ET.fromstring(archive.read(name))
            root = ET.fromstring(archive.read(part))
        found = [row for row in root.iter() if row.tag.endswith(f"}}{row_tag}")]
        assert len(found) == rows + 1
        head = [cell.text for cell in found[0].iter() if cell.tag.endswith(f"}}{text_tag}")]
        assert head == NAMES
        again = data_of(make_file(sheet(rows), made_in, Random(seed)))
        assert again == data


@pytest.mark.parametrize("rows", [0, 59, 60, 200])
def test_pdf_objects_lie_where_its_table_says(rows: int) -> None:
    data = data_of(make_file(sheet(rows), PDF, Random(1)))
    assert data.startswith(b"%PDF-1.4")
    assert data.endswith(b"%%EOF\n")
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    lines = data[start:].split(b"\n")
    assert lines[0] == b"xref"
    count = int(lines[1].split()[1])
    for number, line in enumerate(lines[3 : 2 + count], 1):
        assert data[int(line[:10]) :].startswith(b"%d 0 obj" % number)
    assert data.count(b"/Type/Page/") == (rows + 1 + 59) // 60
