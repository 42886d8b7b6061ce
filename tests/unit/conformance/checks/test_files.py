"""The checks of files, and what the formats mean."""

import pytest

from conformance.checks.files import FORMAT_VALIDATORS, decode_text
from conformance.http import Exchange
from tests.unit.conformance._cases import exchange, history, job, numbered

PASSED, FAILED, SKIPPED = {True}, {False}, {None}


@pytest.mark.parametrize(
    "text",
    [
        "a,b\r\n1,2\r\n",
        "a,b\n1,2",
        "a;b\n1;2,5\n",
        "a\tb\n1\t2\n",
        'a,b\n"x, ""y""\nz",2\n',
        "alone\n1\n2\n",
        "a,b\n\n1,2\n\n",
        "a,b\n",
        "",
        f"a,b\n{'x' * 140_000},2\n",
        "YSxiCjEsMg==,2\n",
        "digest\nYSxiCjEsMgo=\nYSxiCjMsNAo=\n",
    ],
)
def test_what_is_csv(text: str) -> None:
    assert FORMAT_VALIDATORS["csv"](text) is None


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2,3\n",
        'a,b\n"open,2\n',
        '{"lines": ["a,b"]}',
        '["a", "b"]',
        "<!doctype html><p>a,b",
        "<?xml version='1.0'?><a/>",
        "PK\x00\x00,",
        "YSxiDQoxLDINCg==",
        "YSxiCjEs\r\nMgozLDQK",
        '"YSxiCjEsMgozLDQK"',
    ],
)
def test_what_is_no_csv(text: str) -> None:
    assert FORMAT_VALIDATORS["csv"](text) is not None


@pytest.mark.parametrize(
    ("content", "text", "right"),
    [
        ("json", '{"entries": []}', True),
        ("json", "[]", True),
        ("json", '{"a": 1}\n{"a": 2}\n', False),
        ("json", '{"a": 1', False),
        ("json", "", False),
        ("json_any", '{"a": 1}\n{"a": 2}\n', True),
        ("json_any", '{\n "a": 1\n}', True),
        ("json_any", "", True),
        ("json_any", "a,b\n1,2\n", False),
        ("json_any", '{"a": 1}\n{"a": ', False),
        ("json_lines", '{"a": 1}\n{"a": 2}\n', True),
        ("json_lines", "", True),
        ("json_lines", '[{"a": 1}]', False),
        ("json_lines", '{\n "a": 1\n}', False),
    ],
)
def test_what_is_json(content: str, text: str, right: bool) -> None:
    assert (FORMAT_VALIDATORS[content](text) is None) is right


def test_a_text_in_its_charset() -> None:
    assert decode_text("é".encode(), "text/csv; charset=utf-8") == "é"
    assert decode_text("é".encode("latin-1"), "text/csv") == "é"
    assert decode_text("é".encode("latin-1"), 'text/csv; charset="utf-8"') is None
    assert decode_text(b"\xef\xbb\xbfa", "text/csv; charset=utf-8") == "a"
    assert decode_text(b"a", "text/csv; charset=no-such-charset") == "a"


def fetched(form: str, body: bytes, media: str = "text/csv", **more: object) -> list[Exchange]:
    headers = {"Content-Type": media}
    file = exchange("getReportFile", 200, body, headers=headers, **more)  # type: ignore[arg-type]
    return list(numbered(job(300, "DONE", format=form), file))


def test_file_format_by_what_the_job_states() -> None:
    assert history("TD-FILE-005", *fetched("csv", b"a,b\r\n1,2\r\n")) == PASSED
    assert history("TD-FILE-005", *fetched("csv", b'{"a": 1}')) == FAILED
    assert history("TD-FILE-005", *fetched("json", b"{}")) == SKIPPED
    assert history("TD-FILE-006", *fetched("json", b"a,b")) == FAILED
    assert history("TD-FILE-007", *fetched("json_bulk", b"a,b")) == FAILED
    assert history("TD-FILE-007", *fetched("json_bulk", b"[1]")) == PASSED
    assert history("TD-FILE-008", *fetched("json_bulk", b"[1]")) == FAILED


def test_file_format_by_what_was_asked_for_where_the_job_does_not_state_it() -> None:
    made = exchange("createReportJob", 202, {"job": {"id": "J1"}}, sent={"format": "json"})
    file = exchange("getReportFile", 200, b"a,b")
    assert history("TD-FILE-006", *numbered(made, job(300, "DONE"), file)) == FAILED


def test_file_format_follows_the_redirect_to_a_storage() -> None:
    there = exchange("getReportFile", 200, b"<html>", driver="download")
    object.__setattr__(there, "operation", None)
    found = numbered(job(300, "DONE", format="csv"), exchange("getReportFile", 303, None), there)
    assert history("TD-FILE-005", *found) == FAILED


def test_file_format_in_the_vendors_own_case() -> None:
    item = {"downloadId": "A", "rptFormat": "CSV", "runStatus": "SUCCEEDED"}
    body = {"result": {"reportRunStatus": [item]}}
    listed = exchange("listDownloads", 200, body, vendor="clinicalone")
    query = (("id", "A"),)
    file = exchange("downloadReport", 200, b"{}", vendor="clinicalone", query=query)
    assert history("C1-DL-002", *numbered(listed, file)) == FAILED


@pytest.mark.parametrize(
    ("form", "media", "verdict"),
    [
        ("csv", "text/csv; charset=utf-8", PASSED),
        ("csv", "application/octet-stream", PASSED),
        ("csv", "text/plain", PASSED),
        ("csv", "application/json", FAILED),
        ("csv", "text/html", FAILED),
        ("csv", "application/vnd.ms-excel", SKIPPED),
        ("json_bulk", "application/x-ndjson", PASSED),
        ("json_bulk", "text/csv", FAILED),
    ],
)
def test_file_media(form: str, media: str, verdict: set[bool | None]) -> None:
    assert history("TD-FILE-009", *fetched(form, b"x", media)) == verdict


def test_file_media_exactly_is_only_a_should() -> None:
    item = {"downloadId": "A", "rptFormat": "csv", "runStatus": "SUCCEEDED"}
    body = {"result": {"reportRunStatus": [item]}}
    listed = exchange("listDownloads", 200, body, vendor="clinicalone")
    file = exchange(
        "downloadReport",
        200,
        b"a,b",
        vendor="clinicalone",
        query=(("id", "A"),),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert history("C1-DL-004", *numbered(listed, file)) == PASSED
    assert history("C1-DL-005", *numbered(listed, file)) == FAILED


def test_file_members() -> None:
    whole = b'{"type": "calls", "version": "1", "entries": [], "total": 0}'
    assert history("TD-FILE-010", *fetched("json", whole)) == PASSED
    assert history("TD-FILE-010", *fetched("json", b'{"entries": []}')) == FAILED
    assert history("TD-FILE-010", *fetched("csv", b"a,b")) == SKIPPED
