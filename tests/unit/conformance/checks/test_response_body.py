"""The judges of JSON bodies, each with an answer that keeps its rule and one that breaks it."""

from typing import Any

import pytest

from tests.unit.conformance._made import exchange, job, judged, judgement_of

KEPT, BROKEN, NOT_CONCERNED = True, False, None


@pytest.mark.parametrize(
    ("row", "members", "verdict"),
    [
        ("TD-JOB-002", {"id": "J1"}, KEPT),
        ("TD-JOB-002", {"id": 7}, BROKEN),
        ("TD-JOB-004", {"name": "Zürich"}, KEPT),
        ("TD-JOB-004", {"name": None}, BROKEN),
        ("TD-JOB-004", {}, NOT_CONCERNED),
        ("TD-JOB-005", {"timezone": "Europe/Lisbon"}, KEPT),
        ("TD-JOB-005", {"timezone": "+01:00"}, BROKEN),
        ("TD-JOB-007", {"status": "PROCESSING"}, KEPT),
        ("TD-JOB-007", {"status": "processing"}, BROKEN),
        ("TD-JOB-008", {"format": "json_bulk"}, KEPT),
        ("TD-JOB-008", {"format": "CSV"}, BROKEN),
        ("TD-JOB-009", {"timespan": {"from": 1}}, KEPT),
        ("TD-JOB-009", {"timespan": []}, BROKEN),
        ("TD-JOB-010", {"timespan": {"from": "x"}}, KEPT),
        ("TD-JOB-010", {"timespan": {"to": 1}}, BROKEN),
    ],
)
def test_field_judges_one_level(row: str, members: dict[str, Any], verdict: bool | None) -> None:
    state = members.pop("status", None)
    assert judged(row, job(state=state, **members)) is verdict


def test_field_leaves_a_broken_holder_to_the_row_of_the_holder() -> None:
    one = exchange("getReportJob", 200, {"job": [{"id": 7}]})
    assert judged("TD-JOB-001", one) is BROKEN
    assert judged("TD-JOB-002", one) is NOT_CONCERNED


def test_field_names_the_place_and_the_fault() -> None:
    judgement = judgement_of("TD-JOB-004", job(name=7))
    assert judgement is not None
    assert judgement.reason.startswith("/job/name: 7 is not of type")


def test_field_judges_lower_case_by_profile() -> None:
    assert judged("TD-JOB-007", job(state="done"), "observed") is KEPT
    assert judged("TD-JOB-007", job(state="DONE"), "observed") is BROKEN


def test_field_judges_every_item_of_a_list() -> None:
    one = exchange(
        "createReportGroup",
        200,
        {"reports": [{"reportId": 1}, {"reportId": "2"}]},
        vendor="energycap",
    )
    judgement = judgement_of("EC-GRP-009", one)
    assert judgement is not None
    assert judgement.passed is BROKEN
    assert "/reports/1/reportId" in judgement.reason


def test_field_judges_int32() -> None:
    def group(id_: Any) -> bool | None:
        body = {"reportGroupId": id_}
        return judged("EC-GRP-005", exchange("createReportGroup", 200, body, vendor="energycap"))

    assert group(2**31 - 1) is KEPT
    assert group(2**31) is BROKEN
    assert group(1.5) is BROKEN


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"errorData": {"errorCode": "x"}}, KEPT),
        ({"ErrorResponseData": {"errorCode": "x"}}, KEPT),
        ({}, NOT_CONCERNED),
        ({"errorData": []}, BROKEN),
        ({"ErrorResponseData": "no"}, BROKEN),
    ],
)
def test_field_takes_either_spelling_of_the_error_object(
    body: dict[str, Any], verdict: bool | None
) -> None:
    one = exchange("kickOffReportJob", 401, body, vendor="clinicalone", valid=False)
    assert judged("C1-KERR-003", one) is verdict


@pytest.mark.parametrize("status", ["success", "error", "anything"])
def test_field_never_judges_the_value_of_a_base_responses_status(status: str) -> None:
    one = exchange("downloadReport", 404, {"status": status}, vendor="clinicalone")
    assert judged("C1-DERR-002", one) is KEPT


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"code": "a", "message": "b"}, KEPT),
        ({"message": "b"}, BROKEN),
        ([], NOT_CONCERNED),
        (b"<html>", NOT_CONCERNED),
    ],
)
def test_required_member_judges_what_could_hold_it(body: Any, verdict: bool | None) -> None:
    assert judged("TD-ERR-002", exchange("getReportJob", 404, body)) is verdict


def test_required_member_judges_each_item() -> None:
    fields = [{"name": "a", "description": "b"}, {"name": "a"}]
    one = exchange("getReportJob", 400, {"code": "a", "message": "b", "fields": fields})
    assert judged("TD-ERR-008", one) is BROKEN
    fields.pop()
    one = exchange("getReportJob", 400, {"code": "a", "message": "b", "fields": fields})
    assert judged("TD-ERR-008", one) is KEPT


@pytest.mark.parametrize(
    ("body", "verdict"),
    [({}, KEPT), ({"job": 1}, KEPT), ([], BROKEN), (b"", BROKEN), (b"<html>", BROKEN)],
)
def test_object_body_takes_any_object(body: Any, verdict: bool | None) -> None:
    assert judged("TD-JOB-011", exchange("getReportJob", 200, body)) is verdict


def test_object_body_leaves_other_statuses_alone() -> None:
    assert judged("TD-JOB-011", exchange("getReportJob", 404, b"")) is NOT_CONCERNED


@pytest.mark.parametrize("id_", ["a\x00b", "..", "x" * 2100, "%", "Zürich"])
def test_object_body_does_not_accuse_what_stands_before_the_vendor(id_: str) -> None:
    one = exchange("getReportJob", 400, b"<html>", path={"id": id_})
    assert judged("TD-ERR-001", one) is NOT_CONCERNED


def test_object_body_judges_refusals_of_plain_requests() -> None:
    one = exchange("getReportJob", 400, b"<html>", path={"id": "rpt_1.x~y-z"})
    assert judged("TD-ERR-001", one) is BROKEN


def page(**members: Any) -> dict[str, Any]:
    whole = {"_embedded": {"jobs": []}, "total": 0, "page": 1, "per_page": 20, "_links": {}}
    return {**whole, **members}


def test_body_schema_judges_the_whole_body() -> None:
    assert judged("TD-LIST-001", exchange("listReportJobs", 200, page())) is KEPT
    assert judged("TD-LIST-001", exchange("listReportJobs", 200, page(more=1))) is KEPT
    assert judged("TD-LIST-001", exchange("listReportJobs", 200, page(total="0"))) is BROKEN
    assert judged("TD-LIST-001", exchange("listReportJobs", 200, b"<html>")) is BROKEN


def test_body_schema_does_not_judge_refusals_that_are_not_named() -> None:
    one = exchange("listReportJobs", 401, {"code": 1}, valid=False)
    assert judged("TD-LIST-001", one) is NOT_CONCERNED
    one = exchange("createToken", 401, {"error": 1}, valid=False)
    assert judged("TD-TOK-002", one) is BROKEN
