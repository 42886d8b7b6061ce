"""The judges of statuses, headers, whole bodies and media types."""

from typing import Any

import pytest

from tests.unit.conformance._made import exchange, judged

KEPT, BROKEN, NOT_CONCERNED = True, False, None


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [
        (200, {}, KEPT),
        (404, {}, KEPT),
        (429, {}, KEPT),
        (500, {}, BROKEN),
        (501, {}, BROKEN),
        (503, {}, NOT_CONCERNED),
        (503, {"Retry-After": "1"}, NOT_CONCERNED),
    ],
)
def test_no_server_error(status: int, headers: dict[str, str], verdict: bool | None) -> None:
    one = exchange("getReportJob", status, {}, headers=headers)
    assert judged("TD-NET-002", one) is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, KEPT), (300, KEPT), (303, BROKEN), (201, BROKEN), (404, NOT_CONCERNED)],
)
def test_success_status(status: int, verdict: bool | None) -> None:
    assert judged("TD-STAT-001", exchange("getReportJob", status, {})) is verdict


def test_success_status_by_profile() -> None:
    assert judged("TD-STAT-005", exchange("getReportJob", 303, {}), "observed") is KEPT
    assert judged("TD-STAT-005", exchange("getReportJob", 300, {}), "observed") is BROKEN


def test_success_status_does_not_judge_another_method() -> None:
    one = exchange("getReportJob", 202, {}, method="TRACE")
    assert judged("TD-STAT-001", one) is NOT_CONCERNED


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(404, KEPT), (405, KEPT), (429, KEPT), (418, BROKEN), (200, NOT_CONCERNED)],
)
def test_status_listed(status: int, verdict: bool | None) -> None:
    assert judged("TD-STAT-004", exchange("getReportJob", status, {})) is verdict


@pytest.mark.parametrize(
    ("location", "verdict"),
    [
        ("/data/reports/calls/files/J1", KEPT),
        ("https://elsewhere.example/x?y=z", KEPT),
        ("", BROKEN),
        ("not a reference", BROKEN),
        (None, NOT_CONCERNED),
    ],
)
def test_header_fits_its_schema(location: str | None, verdict: bool | None) -> None:
    headers = {} if location is None else {"Location": location}
    one = exchange("getReportJob", 300, {}, headers=headers)
    assert judged("TD-REDIR-001", one) is verdict


def test_header_is_required_where_the_row_says_so() -> None:
    assert judged("TD-REDIR-005", exchange("getReportJob", 303, {}), "observed") is BROKEN


def test_paging_headers() -> None:
    whole = {"PageNumber": "1", "PageSize": "250", "TotalNumberOfRecords": "0", "TotalPages": "0"}

    def listed(headers: dict[str, str]) -> bool | None:
        one = exchange("listReportGroups", 200, [], vendor="energycap", headers=headers)
        return judged("EC-GRP-024", one)

    assert listed(whole) is KEPT
    assert listed({**whole, "TotalPages": "many"}) is BROKEN
    whole.pop("PageSize")
    assert listed(whole) is BROKEN


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("attachment; filename=report.csv", KEPT),
        ('attachment; filename="a b.csv"', KEPT),
        ("attachment; filename*=UTF-8''report.csv", KEPT),
        ("attachment", KEPT),
        ("inline; filename=report.csv", BROKEN),
        ('; filename="report.csv', BROKEN),
        (None, BROKEN),
    ],
)
def test_disposition_parses(text: str | None, verdict: bool | None) -> None:
    headers = {} if text is None else {"Content-Disposition": text}
    one = exchange("downloadReport", 200, b"a,b\n", vendor="clinicalone", headers=headers)
    assert judged("C1-DL-003", one) is verdict


def test_disposition_may_be_absent_where_no_page_asks_for_it() -> None:
    assert judged("TD-FILE-013", exchange("getReportFile", 200, b"a\n")) is NOT_CONCERNED


def test_complete_body() -> None:
    assert judged("TD-NET-003", exchange("getReportFile", 200, b"a")) is KEPT
    assert judged("TD-NET-003", exchange("getReportFile", 200, b"a", complete=False)) is BROKEN


def test_a_body_that_broke_off_is_one_finding() -> None:
    one = exchange("getReportJob", 200, b'{"job": ', complete=False)
    assert judged("TD-NET-003", one) is BROKEN
    assert judged("TD-JOB-011", one) is NOT_CONCERNED
    assert judged("TD-NET-004", one) is NOT_CONCERNED


@pytest.mark.parametrize(
    ("media", "body", "verdict"),
    [
        ("application/json", b'{"job": {}}', KEPT),
        ("application/problem+json", b'{"a": 1}', KEPT),
        ("application/json", b"\xef\xbb\xbf{}", KEPT),
        ("application/json", b'{"n": 123456789012345678901234567890}', KEPT),
        ("application/json", b"<html>", BROKEN),
        ("application/json", b'{"job": ', BROKEN),
        ("text/html", b'{"job": {}}', BROKEN),
        ("text/html", b"<html>", NOT_CONCERNED),
        ("text/plain", b'{"job": {}}', NOT_CONCERNED),
        ("application/json", b"", NOT_CONCERNED),
    ],
)
def test_media_matches_body(media: str, body: bytes, verdict: bool | None) -> None:
    one = exchange("getReportJob", 200, body, headers={"Content-Type": media})
    assert judged("TD-NET-004", one) is verdict


def test_media_of_files_is_left_to_their_own_rows() -> None:
    one = exchange("getReportFile", 200, b"a,b", headers={"Content-Type": "application/json"})
    assert judged("TD-NET-004", one) is NOT_CONCERNED


@pytest.mark.parametrize(
    ("body", "must", "should"),
    [
        ({"beginDate": "2026-03-30T09:00:00Z"}, KEPT, KEPT),
        ({"beginDate": "2026-03-30T09:00:00.1234567+02:00"}, KEPT, KEPT),
        ({"beginDate": "2026-03-30"}, KEPT, BROKEN),
        ({"beginDate": "soon"}, BROKEN, NOT_CONCERNED),
        ({"beginDate": 1774861200}, BROKEN, NOT_CONCERNED),
        ({}, NOT_CONCERNED, NOT_CONCERNED),
    ],
)
def test_moment_takes_a_bare_date_but_not_without_a_word(
    body: dict[str, Any], must: bool | None, should: bool | None
) -> None:
    one = exchange("executeReportDistribution", 200, body, vendor="energycap")
    assert judged("EC-LOG-001", one) is must
    assert judged("EC-LOG-003", one) is should


def test_moment_takes_null_for_an_end_that_is_not_there_yet() -> None:
    one = exchange("executeReportDistribution", 200, {"endDate": None}, vendor="energycap")
    assert judged("EC-LOG-002", one) is NOT_CONCERNED


@pytest.mark.parametrize(
    ("begin", "end", "verdict"),
    [
        ("2026-03-30T09:00:00Z", "2026-03-30T09:00:10Z", KEPT),
        ("2026-03-30T09:00:00Z", "2026-03-30T09:00:00Z", KEPT),
        ("2026-03-30T09:00:00Z", "2026-03-30T08:59:59Z", BROKEN),
        ("2026-03-30T09:00:00Z", "2026-03-30", KEPT),
        ("2026-03-30", "2026-03-29", BROKEN),
        ("2026-03-30T09:00:00Z", "2026-03-30T08:00:00", NOT_CONCERNED),
        ("2026-03-30T09:00:00Z", None, NOT_CONCERNED),
    ],
)
def test_end_not_before_begin(begin: Any, end: Any, verdict: bool | None) -> None:
    body = {"beginDate": begin, "endDate": end}
    one = exchange("executeReportDistribution", 200, body, vendor="energycap")
    assert judged("EC-LOG-004", one) is verdict
    one = exchange("listReportDistributionLogs", 200, [{}, body], vendor="energycap")
    assert judged("EC-LOG-020", one) is verdict


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [("Europe/Lisbon", KEPT), ("UTC", KEPT), ("Europe/Atlantis", BROKEN), (7, NOT_CONCERNED)],
)
def test_iana_zone(zone: Any, verdict: bool | None) -> None:
    one = exchange("getReportJob", 200, {"job": {"timezone": zone}})
    assert judged("TD-JOB-006", one) is verdict
