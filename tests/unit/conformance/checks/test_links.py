"""The judges of links, redirects, and ids that come back."""

from typing import Any

import pytest

from tests.unit.conformance._made import BASE, exchange, history, job, judged

KEPT, BROKEN, NOT_CONCERNED = True, False, None


@pytest.mark.parametrize(
    ("id_", "verdict"), [("J1", KEPT), ("J2", BROKEN), (7, NOT_CONCERNED), (None, NOT_CONCERNED)]
)
def test_same_as_parameter(id_: Any, verdict: bool | None) -> None:
    one = exchange("getReportJob", 200, {"job": {"id": id_}})
    assert judged("TD-JOB-003", one) is verdict


@pytest.mark.parametrize(("id_", "verdict"), [(3, KEPT), (4, BROKEN), ("4", NOT_CONCERNED)])
def test_same_as_parameter_compares_numbers(id_: Any, verdict: bool | None) -> None:
    one = exchange(
        "executeReportDistribution",
        200,
        {"reportDistribution": {"reportDistributionId": id_}},
        vendor="energycap",
        path={"reportDistributionId": 3},
    )
    assert judged("EC-LOG-010", one) is verdict


@pytest.mark.parametrize(
    ("href", "verdict"),
    [
        ("/data/reports/calls/jobs/J1", KEPT),
        (f"{BASE}/data/reports/calls/jobs/J1", KEPT),
        ("https://api.example/explore/data/reports/calls/jobs/J1", KEPT),
        ("/data/reports/calls/jobs/J2", BROKEN),
        ("/data/reports/contacts/jobs/J1", BROKEN),
        ("/data/reports/calls/files/J1", BROKEN),
        (7, NOT_CONCERNED),
    ],
)
def test_own_link(href: Any, verdict: bool | None) -> None:
    one = exchange("getReportJob", 200, {"_links": {"self": {"href": href}}})
    assert judged("TD-LINK-004", one) is verdict


@pytest.mark.parametrize(
    ("status", "location", "verdict"),
    [
        (300, "/data/reports/calls/files/J1", KEPT),
        (300, f"{BASE}/data/reports/calls/files/J1", KEPT),
        (300, "/data/reports/calls/files/J2", BROKEN),
        (300, "/data/reports/contacts/files/J1", BROKEN),
        (300, "/data/reports/calls/jobs/J1", BROKEN),
        (300, "", BROKEN),
        (300, "/storage/4711", NOT_CONCERNED),
        (300, "https://storage.example/4711?signature=x", NOT_CONCERNED),
        (300, None, NOT_CONCERNED),
        (200, "/data/reports/calls/files/J2", NOT_CONCERNED),
    ],
)
def test_own_location(status: int, location: str | None, verdict: bool | None) -> None:
    headers = {} if location is None else {"Location": location}
    one = exchange("getReportJob", status, {}, headers=headers)
    assert judged("TD-REDIR-002", one) is verdict


def test_own_location_reads_encoded_ids() -> None:
    headers = {"Location": "/data/reports/calls/files/a%20b"}
    one = exchange("getReportJob", 300, {}, headers=headers, path={"id": "a b"})
    assert judged("TD-REDIR-002", one) is KEPT


@pytest.mark.parametrize(
    ("status", "state", "verdict"),
    [
        (300, "DONE", KEPT),
        (300, "PROCESSING", BROKEN),
        (300, "FAILED", BROKEN),
        (303, "CREATED", BROKEN),
        (300, None, NOT_CONCERNED),
        (300, "whatever", NOT_CONCERNED),
        (200, "DONE", NOT_CONCERNED),
    ],
)
def test_redirect_only_in(status: int, state: str | None, verdict: bool | None) -> None:
    assert judged("TD-REDIR-004", job(status, state)) is verdict


def group(answer: dict[str, Any], **asked: Any) -> Any:
    return exchange("createReportGroup", 200, answer, vendor="energycap", sent=asked)


@pytest.mark.parametrize(
    ("reports", "verdict"),
    [
        ([{"reportId": 1}, {"reportId": 2}], {KEPT}),
        ([{"reportId": 2}, {"reportId": 1}, {"reportId": 1}], {KEPT}),
        ([{"reportId": 1}], {KEPT, BROKEN}),
        ([], {KEPT, BROKEN}),
        ([{"reportId": 1}, {"reportId": 2}, {"reportId": 3}], {KEPT, BROKEN}),
        (None, {KEPT}),
    ],
)
def test_reflects_report_ids(reports: Any, verdict: set[bool | None]) -> None:
    known = group({"reports": [{"reportId": 1}, {"reportId": 2}]}, reportIds=[1, 2])
    one = group({} if reports is None else {"reports": reports}, reportIds=[1, 2, 2])
    assert history("EC-GRP-017", known, one) == verdict


def test_reflects_report_ids_knows_nothing_of_reports_that_were_never_shown() -> None:
    assert history("EC-GRP-017", group({"reports": []}, reportIds=[8, 9])) == {KEPT}


def test_answered() -> None:
    assert judged("EC-GRP-018", group({"reportGroupInfo": "x"}, reportGroupInfo="x")) is KEPT
    assert judged("EC-GRP-018", group({"reportGroupInfo": "y"}, reportGroupInfo="x")) is BROKEN
    assert judged("EC-GRP-018", group({}, reportGroupInfo="x")) is NOT_CONCERNED
    assert judged("EC-GRP-019", group({"reportGroupCode": "AB"}, reportGroupCode="ab")) is KEPT
    assert judged("EC-GRP-019", group({"reportGroupCode": "ab"}, reportGroupCode="ab")) is BROKEN
