"""The checks of links, redirects, and ids that come back."""

from typing import Any
from urllib.parse import quote

import pytest

from conformance.checks.energycap import compare_ids
from conformance.http import Exchange
from tests.unit.conformance._cases import BASE, exchange, history, job, passes

PASSED, FAILED, NOT_APPLICABLE = True, False, None


@pytest.mark.parametrize(
    ("id_", "verdict"),
    [("J1", PASSED), ("J2", FAILED), (7, NOT_APPLICABLE), (None, NOT_APPLICABLE)],
)
def test_same_as_parameter(id_: Any, verdict: bool | None) -> None:
    one = exchange("getReportJob", 200, {"job": {"id": id_}})
    assert passes("TD-JOB-003", one) is verdict


@pytest.mark.parametrize(("id_", "verdict"), [(3, PASSED), (4, FAILED), ("4", NOT_APPLICABLE)])
def test_same_as_parameter_compares_numbers(id_: Any, verdict: bool | None) -> None:
    one = exchange(
        "executeReportDistribution",
        200,
        {"reportDistribution": {"reportDistributionId": id_}},
        vendor="energycap",
        path={"reportDistributionId": 3},
    )
    assert passes("EC-LOG-010", one) is verdict


@pytest.mark.parametrize(
    ("href", "verdict"),
    [
        ("/data/reports/calls/jobs/J1", PASSED),
        (f"{BASE}/data/reports/calls/jobs/J1", PASSED),
        ("https://api.example/explore/data/reports/calls/jobs/J1", PASSED),
        ("/data/reports/calls/jobs/J2", FAILED),
        ("/data/reports/contacts/jobs/J1", FAILED),
        ("/data/reports/calls/files/J1", FAILED),
        (7, NOT_APPLICABLE),
    ],
)
def test_own_link(href: Any, verdict: bool | None) -> None:
    one = exchange("getReportJob", 200, {"_links": {"self": {"href": href}}})
    assert passes("TD-LINK-004", one) is verdict


def done(id_: str, location: str | None, status: int = 300, number: int = 2) -> Any:
    headers = {} if location is None else {"Location": location}
    return exchange(
        "getReportJob", status, {"job": {"id": id_, "status": "DONE"}},
        headers=headers, path={"id": id_}, number=number,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "location", "verdicts"),
    [
        (300, "/data/reports/calls/files/J1", {PASSED}),
        (300, f"{BASE}/data/reports/calls/files/J1", {PASSED}),
        (300, "/data/reports/calls/files/file-of-J1", {PASSED}),
        (300, "/data/reports/calls/files/J2", {FAILED}),
        (300, "/data/reports/contacts/files/J1", {FAILED}),
        (300, "/data/reports/calls/jobs/J1", {FAILED}),
        (300, "", {FAILED}),
        (300, "/storage/4711", {NOT_APPLICABLE}),
        (300, "https://storage.example/4711?signature=x", {NOT_APPLICABLE}),
        (300, None, {NOT_APPLICABLE}),
        (200, "/data/reports/calls/files/J2", {NOT_APPLICABLE}),
    ],
)
def test_location_names_no_other_job(
    status: int, location: str | None, verdicts: set[bool | None]
) -> None:
    other = done("J2", None, number=1)
    assert history("TD-REDIR-002", other, done("J1", location, status)) == verdicts


@pytest.mark.parametrize("id_", ["a b", "a%20b", "%52", "é/ü"])
def test_location_of_an_encoded_id_is_its_own(id_: str) -> None:
    location = f"/data/reports/calls/files/{quote(id_, safe='')}"
    assert history("TD-REDIR-002", done(id_, location)) == {PASSED}


def test_an_empty_id_asks_for_no_job() -> None:
    body = {"_links": {"self": {"href": "/data/reports/calls/jobs?page=1"}}}
    one = exchange("getReportJob", 200, body, path={"id": ""})
    assert passes("TD-LINK-004", one) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("status", "state", "verdict"),
    [
        (300, "DONE", PASSED),
        (300, "PROCESSING", FAILED),
        (300, "FAILED", FAILED),
        (303, "CREATED", FAILED),
        (300, None, NOT_APPLICABLE),
        (300, "whatever", NOT_APPLICABLE),
        (200, "DONE", NOT_APPLICABLE),
    ],
)
def test_redirect_only_in(status: int, state: str | None, verdict: bool | None) -> None:
    assert passes("TD-REDIR-004", job(status, state)) is verdict


def group(answer: dict[str, Any], **asked: Any) -> Any:
    return exchange("createReportGroup", 200, answer, vendor="energycap", sent=asked)


@pytest.mark.parametrize(
    ("reports", "verdict"),
    [
        ([{"reportId": 1}, {"reportId": 2}], {PASSED}),
        ([{"reportId": 2}, {"reportId": 1}, {"reportId": 1}], {PASSED}),
        ([{"reportId": 1}], {PASSED, FAILED}),
        ([], {PASSED, FAILED}),
        ([{"reportId": 1}, {"reportId": 2}, {"reportId": 3}], {PASSED, FAILED}),
        (None, {PASSED}),
    ],
)
def test_reflects_report_ids(reports: Any, verdict: set[bool | None]) -> None:
    known = group({"reports": [{"reportId": 1}, {"reportId": 2}]}, reportIds=[1, 2])
    one = group({} if reports is None else {"reports": reports}, reportIds=[1, 2, 2])
    assert echoes(known, one) == verdict


def echoes(*exchanges: Exchange) -> set[bool | None]:
    found = compare_ids(exchanges, "/reportIds", "/reports", "/reportId")
    return {result.passed for result in found}


def test_reflects_report_ids_once_where_they_were_requested_once() -> None:
    twice = [{"reportId": 1}, {"reportId": 2}, {"reportId": 1}]
    assert echoes(group({"reports": twice}, reportIds=[1, 2])) == {FAILED}


def test_reflects_report_ids_knows_nothing_of_reports_that_were_never_shown() -> None:
    assert echoes(group({"reports": []}, reportIds=[8, 9])) == {PASSED}


def test_answered() -> None:
    assert passes("EC-GRP-018", group({"reportGroupInfo": "x"}, reportGroupInfo="x")) is PASSED
    assert passes("EC-GRP-018", group({"reportGroupInfo": "y"}, reportGroupInfo="x")) is FAILED
    assert passes("EC-GRP-018", group({}, reportGroupInfo="x")) is NOT_APPLICABLE
    assert passes("EC-GRP-019", group({"reportGroupCode": "AB"}, reportGroupCode="ab")) is PASSED
    assert passes("EC-GRP-019", group({"reportGroupCode": "ab"}, reportGroupCode="ab")) is FAILED
