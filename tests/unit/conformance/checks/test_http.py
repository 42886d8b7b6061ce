"""The checks of statuses, headers, whole bodies and media types."""

from typing import Any

import pytest

from tests.unit.conformance._cases import exchange, passes

PASSED, FAILED, NOT_APPLICABLE = True, False, None


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [
        (200, {}, PASSED),
        (404, {}, PASSED),
        (429, {}, PASSED),
        (500, {}, FAILED),
        (501, {}, FAILED),
        (503, {}, NOT_APPLICABLE),
        (503, {"Retry-After": "1"}, NOT_APPLICABLE),
    ],
)
def test_no_server_error(status: int, headers: dict[str, str], verdict: bool | None) -> None:
    one = exchange("getReportJob", status, {}, headers=headers)
    assert passes("TD-NET-002", one) is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, PASSED), (300, PASSED), (303, FAILED), (201, FAILED), (404, NOT_APPLICABLE)],
)
def test_success_status(status: int, verdict: bool | None) -> None:
    assert passes("TD-STAT-001", exchange("getReportJob", status, {})) is verdict


def test_success_status_by_profile() -> None:
    assert passes("TD-STAT-005", exchange("getReportJob", 303, {}), "observed") is PASSED
    assert passes("TD-STAT-005", exchange("getReportJob", 300, {}), "observed") is FAILED


def test_success_status_does_not_apply_to_another_method() -> None:
    one = exchange("getReportJob", 202, {}, method="TRACE")
    assert passes("TD-STAT-001", one) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(404, PASSED), (405, PASSED), (429, PASSED), (418, FAILED), (200, NOT_APPLICABLE)],
)
def test_status_listed(status: int, verdict: bool | None) -> None:
    assert passes("TD-STAT-004", exchange("getReportJob", status, {})) is verdict


@pytest.mark.parametrize(
    ("location", "verdict"),
    [
        ("/data/reports/calls/files/J1", PASSED),
        ("https://elsewhere.example/x?y=z", PASSED),
        ("", FAILED),
        ("not a reference", FAILED),
        (None, NOT_APPLICABLE),
    ],
)
def test_header_fits_its_schema(location: str | None, verdict: bool | None) -> None:
    headers = {} if location is None else {"Location": location}
    one = exchange("getReportJob", 300, {}, headers=headers)
    assert passes("TD-REDIR-001", one) is verdict


def test_header_is_required_where_the_row_says_so() -> None:
    assert passes("TD-REDIR-005", exchange("getReportJob", 303, {}), "observed") is FAILED


def test_paging_headers() -> None:
    whole = {"PageNumber": "1", "PageSize": "250", "TotalNumberOfRecords": "0", "TotalPages": "0"}

    def listed(headers: dict[str, str]) -> bool | None:
        one = exchange("listReportGroups", 200, [], vendor="energycap", headers=headers)
        return passes("EC-GRP-024", one)

    assert listed(whole) is PASSED
    assert listed({**whole, "TotalPages": "many"}) is FAILED
    whole.pop("PageSize")
    assert listed(whole) is FAILED


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("attachment; filename=report.csv", PASSED),
        ('attachment; filename="a b.csv"', PASSED),
        ("attachment; filename*=UTF-8''report.csv", PASSED),
        ('attachment; filename="a; \\"b.csv"; filename*=UTF-8\'\'%C3%A9.csv', PASSED),
        ("attachment; filename*=UTF-8''%C3%A9.csv; filename=e.csv", PASSED),
        ('attachment; filename="a.csv"; filename="b.csv"', FAILED),
        ("attachment; filename*=UTF-8''a.csv; filename*=UTF-8''b.csv", FAILED),
        ("attachment", PASSED),
        ("inline; filename=report.csv", FAILED),
        ('; filename="report.csv', FAILED),
        (None, FAILED),
    ],
)
def test_disposition_parses(text: str | None, verdict: bool | None) -> None:
    headers = {} if text is None else {"Content-Disposition": text}
    one = exchange("downloadReport", 200, b"a,b\n", vendor="clinicalone", headers=headers)
    assert passes("C1-DL-003", one) is verdict


def test_disposition_may_be_absent_where_no_page_asks_for_it() -> None:
    assert passes("TD-FILE-013", exchange("getReportFile", 200, b"a\n")) is NOT_APPLICABLE


def test_complete_body() -> None:
    assert passes("TD-NET-003", exchange("getReportFile", 200, b"a")) is PASSED
    assert passes("TD-NET-003", exchange("getReportFile", 200, b"a", complete=False)) is FAILED


def test_a_body_that_broke_off_is_one_finding() -> None:
    one = exchange("getReportJob", 200, b'{"job": ', complete=False)
    assert passes("TD-NET-003", one) is FAILED
    assert passes("TD-JOB-011", one) is NOT_APPLICABLE
    assert passes("TD-NET-004", one) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("media", "body", "verdict"),
    [
        ("application/json", b'{"job": {}}', PASSED),
        ("application/problem+json", b'{"a": 1}', PASSED),
        ("application/json", b"\xef\xbb\xbf{}", PASSED),
        ("application/json", b'{"n": 123456789012345678901234567890}', PASSED),
        ("application/json", b"<html>", FAILED),
        ("application/json", b'{"job": ', FAILED),
        ("text/html", b'{"job": {}}', FAILED),
        ("text/html", b"<html>", NOT_APPLICABLE),
        ("text/plain", b'{"job": {}}', NOT_APPLICABLE),
        ("application/json", b"", NOT_APPLICABLE),
    ],
)
def test_media_matches_body(media: str, body: bytes, verdict: bool | None) -> None:
    one = exchange("getReportJob", 200, body, headers={"Content-Type": media})
    assert passes("TD-NET-004", one) is verdict


def test_media_of_files_is_left_to_their_own_rows() -> None:
    one = exchange("getReportFile", 200, b"a,b", headers={"Content-Type": "application/json"})
    assert passes("TD-NET-004", one) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("body", "must", "should"),
    [
        ({"beginDate": "2026-03-30T09:00:00Z"}, PASSED, PASSED),
        ({"beginDate": "2026-03-30T09:00:00.1234567+02:00"}, PASSED, PASSED),
        ({"beginDate": "2026-03-30"}, PASSED, FAILED),
        ({"beginDate": "2026-03-30 09:00:00"}, PASSED, FAILED),
        ({"beginDate": "2026-03-30_09:00:00"}, FAILED, NOT_APPLICABLE),
        ({"beginDate": "soon"}, FAILED, NOT_APPLICABLE),
        ({"beginDate": 1774861200}, FAILED, NOT_APPLICABLE),
        ({}, NOT_APPLICABLE, NOT_APPLICABLE),
    ],
)
def test_moment_takes_a_bare_date_but_not_without_a_word(
    body: dict[str, Any], must: bool | None, should: bool | None
) -> None:
    one = exchange("executeReportDistribution", 200, body, vendor="energycap")
    assert passes("EC-LOG-001", one) is must
    assert passes("EC-LOG-003", one) is should


def test_moment_takes_null_for_an_end_that_is_not_there_yet() -> None:
    one = exchange("executeReportDistribution", 200, {"endDate": None}, vendor="energycap")
    assert passes("EC-LOG-002", one) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("begin", "end", "verdict"),
    [
        ("2026-03-30T09:00:00Z", "2026-03-30T09:00:10Z", PASSED),
        ("2026-03-30T09:00:00Z", "2026-03-30T09:00:00Z", PASSED),
        ("2026-03-30T09:00:00Z", "2026-03-30T08:59:59Z", FAILED),
        ("2026-03-30T09:00:00Z", "2026-03-30", PASSED),
        ("2026-03-30", "2026-03-29", FAILED),
        ("2026-03-30T09:00:00Z", "2026-03-30T08:00:00", NOT_APPLICABLE),
        ("2026-03-30T09:00:00Z", None, NOT_APPLICABLE),
        ("2026-03-30T09:00:00Z", "0001-01-01T00:00:00", FAILED),
        ("2026-03-30T09:00:00", "9999-12-31T23:59:59Z", PASSED),
    ],
)
def test_end_not_before_begin(begin: Any, end: Any, verdict: bool | None) -> None:
    body = {"beginDate": begin, "endDate": end}
    one = exchange("executeReportDistribution", 200, body, vendor="energycap")
    assert passes("EC-LOG-004", one) is verdict
    one = exchange("listReportDistributionLogs", 200, [{}, body], vendor="energycap")
    assert passes("EC-LOG-020", one) is verdict


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [("Europe/Lisbon", PASSED), ("UTC", PASSED), ("Europe/Atlantis", FAILED), (7, NOT_APPLICABLE)],
)
def test_iana_zone(zone: Any, verdict: bool | None) -> None:
    one = exchange("getReportJob", 200, {"job": {"timezone": zone}})
    assert passes("TD-JOB-006", one) is verdict
