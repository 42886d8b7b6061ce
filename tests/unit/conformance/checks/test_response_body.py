"""The checks of JSON bodies, each with an answer that keeps its rule and one that breaks it."""

from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

import specs
from conformance.checks.response_body import without_assumed
from conformance.errors import describe_schema_error
from tests.unit.conformance._cases import exchange, job, passes, result_of

PASSED, FAILED, NOT_APPLICABLE = True, False, None


@pytest.mark.parametrize(
    ("row", "members", "verdict"),
    [
        ("TD-JOB-002", {"id": "J1"}, PASSED),
        ("TD-JOB-002", {"id": 7}, FAILED),
        ("TD-JOB-004", {"name": "Zürich"}, PASSED),
        ("TD-JOB-004", {"name": None}, FAILED),
        ("TD-JOB-004", {}, NOT_APPLICABLE),
        ("TD-JOB-005", {"timezone": "Europe/Lisbon"}, PASSED),
        ("TD-JOB-005", {"timezone": "+01:00"}, FAILED),
        ("TD-JOB-007", {"status": "PROCESSING"}, PASSED),
        ("TD-JOB-007", {"status": "processing"}, FAILED),
        ("TD-JOB-008", {"format": "json_bulk"}, PASSED),
        ("TD-JOB-008", {"format": "CSV"}, FAILED),
        ("TD-JOB-009", {"timespan": {"from": 1}}, PASSED),
        ("TD-JOB-009", {"timespan": []}, FAILED),
        ("TD-JOB-010", {"timespan": {"from": "x"}}, PASSED),
        ("TD-JOB-010", {"timespan": {"to": 1}}, FAILED),
    ],
)
def test_field_checks_one_level(row: str, members: dict[str, Any], verdict: bool | None) -> None:
    state = members.pop("status", None)
    assert passes(row, job(state=state, **members)) is verdict


def test_field_leaves_a_broken_holder_to_the_row_of_the_holder() -> None:
    one = exchange("getReportJob", 200, {"job": [{"id": 7}]})
    assert passes("TD-JOB-001", one) is FAILED
    assert passes("TD-JOB-002", one) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({}, PASSED),
        ({"reportGroupId": 1, "ReportGroupId": 1, "owner": {"reportgroupid": 1}}, PASSED),
        ({"ReportGroupId": 1}, FAILED),
        ({"report_group_code": "A"}, FAILED),
    ],
)
def test_object_has_its_members_by_the_names_of_the_document(
    body: dict[str, Any], verdict: bool
) -> None:
    one = exchange("createReportGroup", 200, body, vendor="energycap")
    assert passes("EC-GRP-003", one) is verdict


def test_field_names_the_place_and_the_fault() -> None:
    result = result_of("TD-JOB-004", job(name=7))
    assert result is not None
    assert result.reason.startswith("/job/name: 7 where text is due")


def test_field_checks_lower_case_by_profile() -> None:
    assert passes("TD-JOB-007", job(state="done"), "observed") is PASSED
    assert passes("TD-JOB-007", job(state="DONE"), "observed") is FAILED


def test_field_checks_every_item_of_a_list() -> None:
    one = exchange(
        "createReportGroup",
        200,
        {"reports": [{"reportId": 1}, {"reportId": "2"}]},
        vendor="energycap",
    )
    result = result_of("EC-GRP-009", one)
    assert result is not None
    assert result.passed is FAILED
    assert "/reports/1/reportId" in result.reason


def test_field_checks_int32() -> None:
    def group(id_: Any) -> bool | None:
        body = {"reportGroupId": id_}
        return passes("EC-GRP-005", exchange("createReportGroup", 200, body, vendor="energycap"))

    assert group(2**31 - 1) is PASSED
    assert group(2**31) is FAILED
    assert group(1.5) is FAILED


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"errorData": {"errorCode": "x"}}, PASSED),
        ({"ErrorResponseData": {"errorCode": "x"}}, PASSED),
        ({}, NOT_APPLICABLE),
        ({"errorData": []}, FAILED),
        ({"ErrorResponseData": "no"}, FAILED),
    ],
)
def test_field_takes_either_spelling_of_the_error_object(
    body: dict[str, Any], verdict: bool | None
) -> None:
    one = exchange("kickOffReportJob", 401, body, vendor="clinicalone", valid=False)
    assert passes("C1-KERR-003", one) is verdict


@pytest.mark.parametrize("status", ["success", "error", "anything"])
def test_field_never_checks_the_value_of_a_base_responses_status(status: str) -> None:
    one = exchange("downloadReport", 404, {"status": status}, vendor="clinicalone")
    assert passes("C1-DERR-002", one) is PASSED


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"code": "a", "message": "b"}, PASSED),
        ({"message": "b"}, FAILED),
        ([], NOT_APPLICABLE),
        (b"<html>", NOT_APPLICABLE),
    ],
)
def test_required_member_checks_what_could_hold_it(body: Any, verdict: bool | None) -> None:
    assert passes("TD-ERR-002", exchange("getReportJob", 404, body)) is verdict


def test_required_member_checks_each_item() -> None:
    fields = [{"name": "a", "description": "b"}, {"name": "a"}]
    one = exchange("getReportJob", 400, {"code": "a", "message": "b", "fields": fields})
    assert passes("TD-ERR-008", one) is FAILED
    fields.pop()
    one = exchange("getReportJob", 400, {"code": "a", "message": "b", "fields": fields})
    assert passes("TD-ERR-008", one) is PASSED


@pytest.mark.parametrize(
    ("body", "verdict"),
    [({}, PASSED), ({"job": 1}, PASSED), ([], FAILED), (b"", FAILED), (b"<html>", FAILED)],
)
def test_object_body_takes_any_object(body: Any, verdict: bool | None) -> None:
    assert passes("TD-JOB-011", exchange("getReportJob", 200, body)) is verdict


def test_object_body_leaves_other_statuses_alone() -> None:
    assert passes("TD-JOB-011", exchange("getReportJob", 404, b"")) is NOT_APPLICABLE


@pytest.mark.parametrize("id_", ["a\x00b", "..", "x" * 2100, "%", "Zürich"])
def test_object_body_does_not_accuse_what_stands_before_the_vendor(id_: str) -> None:
    one = exchange("getReportJob", 400, b"<html>", path={"id": id_})
    assert passes("TD-ERR-001", one) is NOT_APPLICABLE


def test_object_body_checks_refusals_of_plain_requests() -> None:
    one = exchange("getReportJob", 400, b"<html>", path={"id": "rpt_1.x~y-z"})
    assert passes("TD-ERR-001", one) is FAILED


def page(**members: Any) -> dict[str, Any]:
    whole = {"_embedded": {"jobs": []}, "total": 0, "page": 1, "per_page": 20, "_links": {}}
    return {**whole, **members}


def test_body_schema_checks_the_whole_body() -> None:
    assert passes("TD-LIST-001", exchange("listReportJobs", 200, page())) is PASSED
    assert passes("TD-LIST-001", exchange("listReportJobs", 200, page(more=1))) is PASSED
    assert passes("TD-LIST-001", exchange("listReportJobs", 200, page(total="0"))) is FAILED
    assert passes("TD-LIST-001", exchange("listReportJobs", 200, b"<html>")) is FAILED


def test_body_schema_does_not_apply_to_refusals_that_are_not_named() -> None:
    one = exchange("listReportJobs", 401, {"code": 1}, valid=False)
    assert passes("TD-LIST-001", one) is NOT_APPLICABLE
    one = exchange("createToken", 401, {"error": 1}, valid=False)
    assert passes("TD-TOK-002", one) is FAILED


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        ("2026-03-30T08:00:00Z", True),
        ("2026-03-30T08:00:00", True),
        ("2026-03-30T08:00:00.125", True),
        ("2026-03-30", False),
        ("soon", False),
    ],
)
def test_date_time_in_a_whole_body_may_lack_its_offset(begin: str, expected: bool) -> None:
    listed = exchange("listReportDistributionLogs", 200, [{"beginDate": begin}], vendor="energycap")
    assert passes("EC-LOG-016", listed) is expected


@pytest.mark.parametrize(("info", "expected"), [(None, True), ("", True), (1, False)])
def test_information_that_a_group_does_not_have_may_be_null(info: Any, expected: bool) -> None:
    created = exchange("createReportGroup", 200, {"reportGroupInfo": info}, vendor="energycap")
    assert passes("EC-GRP-006", created) is expected


@pytest.mark.parametrize(
    ("row", "operation", "body", "verdict"),
    [
        ("EC-GRP-012", "createReportGroup", {"reports": [{"reportType": None}]}, NOT_APPLICABLE),
        ("EC-GRP-013", "createReportGroup", {"reports": [{"tags": None}]}, NOT_APPLICABLE),
        ("EC-GRP-013", "createReportGroup", {"reports": [{"tags": [{"values": 1}]}]}, FAILED),
        ("EC-DIST-001", "getReportDistribution", {"modifiedByUser": None}, PASSED),
        ("EC-DIST-001", "getReportDistribution", {"baseReport": {"tags": None}}, PASSED),
        ("EC-DIST-001", "getReportDistribution", {"modifiedByUser": []}, FAILED),
    ],
)
def test_null_is_absence_to_the_clients_of_energycap(
    row: str, operation: str, body: dict[str, Any], verdict: bool | None
) -> None:
    assert passes(row, exchange(operation, 200, body, vendor="energycap")) is verdict


def test_null_under_a_member_that_has_to_be_there_is_a_breach() -> None:
    assert passes("TD-LIST-001", exchange("listReportJobs", 200, page(total=None))) is FAILED


def test_null_is_absence_in_what_no_document_shows() -> None:
    def kick_off(comment: Any) -> bool | None:
        one = exchange("kickOffReportJob", 202, {"comment": comment}, vendor="clinicalone")
        return passes("C1-KICK-005", one)

    assert kick_off(None) is NOT_APPLICABLE
    assert kick_off({"text": "x"}) is FAILED


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        ({"type": "string"}, 17, "17 where text is due"),
        ({"type": ["null", "string"]}, [1], "a list where text or null is due"),
        ({"enum": ["A", "B", "C", "D"]}, "Done", '"Done" where one of A, B, C, D is due'),
        ({"format": "date-time"}, "soon", '"soon" where a date-time is due'),
        ({"maximum": 10}, 11, "11 where at most 10 is due"),
        ({"minItems": 1}, [], "a list where a list of at least 1 items is due"),
        ({"required": ["id"]}, {}, "'id' is missing"),
        (
            {"anyOf": [{"type": "string"}, {"type": "object", "required": ["id"]}]},
            {},
            "an object where text or an object with 'id' is due",
        ),
        ({"const": "x"}, None, "null where x is due"),
        ({"type": "string"}, 10**70, "1" + "0" * 59 + "… where text is due"),
    ],
)
def test_what_is_due_is_said_without_the_words_of_a_validator(
    schema: dict[str, Any], value: Any, text: str
) -> None:
    (error,) = jsonschema_rs.validator_for(schema, validate_formats=True).iter_errors(value)
    assert describe_schema_error(error) == text


def _contract_of(schemas: dict[str, Any]) -> specs.Contract:
    return replace(specs.load("talkdesk"), openapi={"components": {"schemas": schemas}})


def test_schemas_that_all_lead_to_one_another_stay_references() -> None:
    names = [f"Part{number}" for number in range(40)]  # written out, more than there is room for
    parts = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    contract = _contract_of({name: {"type": "object", "properties": parts} for name in names})
    assert without_assumed(contract, parts["Part0"]) == parts["Part0"]
    whole = contract.validator({"type": "array", "items": parts["Part0"]})
    assert whole.is_valid([{"Part7": {"Part9": {}}}])
    assert not whole.is_valid([{"Part7": {"Part9": 1}}])


def test_what_is_assumed_behind_references_is_not_judged() -> None:
    text = {"type": "string"}
    contract = _contract_of(
        {
            "Outer": {"properties": {"inner": {"$ref": "#/components/schemas/Inner"}, "a": text}},
            "Inner": {"properties": {"b": {**text, "x-source": "assumed"}, "c": text}},
        }
    )
    judged = contract.validator(without_assumed(contract, {"$ref": "#/components/schemas/Outer"}))
    assert judged.is_valid({"inner": {"b": 1, "c": "c"}, "a": "a"})
    assert not judged.is_valid({"inner": {"c": 1}})
    assert not judged.is_valid({"a": 1})
