"""EnergyCAP's handlers: report groups, report distributions, their runs and logs."""

from collections.abc import Sequence
from typing import Any

import pytest

import specs
from mockserver.http.messages import Response
from tests.unit.mockserver.vendor_harness import VendorHarness, content

DISTRIBUTION: dict[str, Any] = {
    "reportDistributionName": "Mine",
    "reportFilters": [{"fieldId": 7, "operator": "equals", "value": "Main Hall"}],
    "replyToEmail": "a@example.com",
    "recipientUserGroupIds": [1, 3, 1],
    "emailSubject": "s",
    "emailMessage": "m",
    "reportSubscriptionScheduleTypeId": 2,
    "dayIndicatorValue": 5,
    "onlySendIfData": True,
    "reportFormat": "Excel",
}


@pytest.fixture(params=specs.PROFILES)
def energy(request: pytest.FixtureRequest) -> VendorHarness:
    return VendorHarness("energycap", "campus", request.param)


def one(number: int) -> dict[str, int]:
    return {"reportDistributionId": number}


def run(energy: VendorHarness, number: int = 1, users: list[int] | None = None) -> dict[str, Any]:
    reply = energy.call("executeReportDistribution", one(number), overrideUserIds=users)
    assert reply.status == 200, reply.body
    body: dict[str, Any] = reply.body
    return body


def logs(energy: VendorHarness, **query: Any) -> Response:
    return energy.call("listReportDistributionLogs", **query)


def faults(reply: Response) -> list[str]:
    return [row["field"] for row in reply.body["errors"]]


def test_a_run_is_in_progress_and_then_has_its_end(energy: VendorHarness) -> None:
    log = run(energy)
    assert (log["status"], log["endDate"]) == ("In Progress", None)
    assert log["reportDistribution"] == {
        "createdByUser": {"fullName": "Ada Example", "userCode": "ADA", "userId": 1},
        "reportCode": "Report-01",
        "reportDistributionId": 1,
        "reportDistributionName": "Monthly cost to facilities",
    }
    energy.pass_seconds(10)
    (ended,) = logs(energy).body
    assert ended["status"] == "Complete"
    assert ended["beginDate"] == "2026-03-30T09:00:00.000Z"
    assert ended["endDate"] == "2026-03-30T09:00:10.000Z"
    assert {**ended, "status": 0, "endDate": 0} == {**log, "status": 0, "endDate": 0}


@pytest.mark.parametrize(
    ("number", "users", "count"),
    [
        (1, None, 6),
        (2, None, 0),
        (3, None, 7),
        (1, [], 6),
        (1, [7, 7, 8], 2),
        (2, [12], 1),
    ],
)
def test_recipients_count_once(
    energy: VendorHarness, number: int, users: list | None, count: int
) -> None:
    assert run(energy, number, users)["numberOfRecipients"] == count


@pytest.mark.parametrize(
    ("number", "users", "end"),
    [
        (1, None, "Complete"),
        (2, None, "Not sent"),
        (2, [7], "Complete"),
        (3, None, "Some reports not sent"),
    ],
)
def test_a_run_ends_as_its_distribution_has_it(
    energy: VendorHarness, number: int, users: list | None, end: str
) -> None:
    log = run(energy, number, users)
    energy.pass_seconds(10)
    path = {"reportDistributionLogId": log["reportDistributionLogId"]}
    detail = energy.call("getReportDistributionLogDetail", path).body
    assert logs(energy).body[0]["status"] == end
    assert isinstance(detail["errors"], str)
    assert bool(detail["errors"]) == (end != "Complete")
    assert detail["reportSettings"]["baseReport"]["reportCode"].startswith("Report-")
    mail = detail["emailSettings"]
    assert mail["sentFromEmail"] == "reports@campus.example"
    assert mail["scheduleType"]["reportSubscriptionScheduleTypeName"] == "Monthly"
    assert mail["dayIndicator"] == {"dayIndicatorValue": 1, "dayIndicatorInfo": "1"}


def test_the_detail_of_a_log_names_the_members_who_receive_mail(energy: VendorHarness) -> None:
    log = run(energy, 3)
    path = {"reportDistributionLogId": log["reportDistributionLogId"]}
    groups = energy.call("getReportDistributionLogDetail", path).body["emailSettings"]
    shown = {
        group["userGroupName"]: [member["userId"] for member in group["members"]]
        for group in groups["recipientUserGroups"]
    }
    assert shown == {"Energy team": [1, 2, 3, 4], "Finance": [6, 7, 8]}
    member = groups["recipientUserGroups"][0]["members"][0]
    assert member == {
        "userId": 1,
        "userCode": "ADA",
        "fullName": "Ada Example",
        "email": "ada@example.com",
    }


@pytest.mark.parametrize("users", [[13], [7, 99], [-1], [2**31 - 1]])
def test_an_override_that_names_nobody_is_refused_and_runs_nothing(
    energy: VendorHarness, users: list
) -> None:
    reply = energy.call("executeReportDistribution", one(1), overrideUserIds=users)
    assert (reply.status, faults(reply)) == (400, ["overrideUserIds"])
    assert logs(energy, includeInProgress=True).body == []


def test_a_run_leaves_the_schedule_alone(energy: VendorHarness) -> None:
    before = energy.call("getReportDistribution", one(1)).body
    energy.pass_seconds(60)
    run(energy)
    after = energy.call("getReportDistribution", one(1)).body
    assert after["lastRunDate"] == "2026-03-30T09:01:00.000Z"
    assert {**after, "lastRunDate": None} == before


def test_all_enabled_distributions_run_at_once(energy: VendorHarness) -> None:
    body = {**DISTRIBUTION, "enabled": False}
    assert energy.call("updateReportDistribution", one(2), body).status == 200
    assert energy.call("executeAllReportDistributions").status == 204
    found = logs(energy, includeInProgress=True).body
    assert [row["reportDistribution"]["reportDistributionId"] for row in found] == [3, 1]
    assert [row["reportDistributionLogId"] for row in found] == [2, 1]


def test_logs_leave_the_running_ones_out_unless_asked(energy: VendorHarness) -> None:
    for _ in range(4):
        run(energy)
        energy.pass_seconds(4)
    stuck = str(run(energy)["reportDistributionLogId"])
    job = energy.vendor.repository.find(energy.sandbox, stuck)
    assert job is not None
    energy.vendor.repository.force_state(energy.sandbox, job, "IN_PROGRESS")
    energy.pass_seconds(8)
    for _ in range(2):
        run(energy)
    expected = [4, 3, 2, 1]
    for size in (1, 2, 3, 10):
        found = []
        for number in range(1, 6):
            page = logs(energy, pageNumber=number, pageSize=size)
            assert page.headers["TotalNumberOfRecords"] == "4"
            found += [row["reportDistributionLogId"] for row in page.body]
        assert found == expected
    assert len(logs(energy, includeInProgress=True).body) == 7


@pytest.mark.parametrize(
    ("days", "left"),
    [(None, 101), (0, 100), (2, 100), (3, 101), (4, 101), (5, 102), (2**31 - 1, 102)],
)
def test_old_logs_can_be_deleted_but_the_newest_hundred_of_each_distribution(
    energy: VendorHarness, days: int | None, left: int
) -> None:
    for wait in (0, 2, 2):
        energy.pass_seconds(wait * 86400)
        run(energy)
    for _ in range(99):
        run(energy)
    run(energy, 3)
    energy.pass_seconds(20)
    query: dict[str, Any] = {} if days is None else {"olderThanDays": days}
    assert energy.call("deleteReportDistributionLogs", **query).status == 204
    rows = logs(energy).body
    ids = [row["reportDistributionLogId"] for row in rows]
    numbers = [row["reportDistribution"]["reportDistributionId"] for row in rows]
    assert (numbers.count(1), numbers.count(3)) == (left, 1)
    assert ids == list(range(103, 103 - len(ids), -1))
    assert run(energy)["reportDistributionLogId"] == 104


def test_unknown_ids_are_not_found(energy: VendorHarness) -> None:
    body = {**DISTRIBUTION, "enabled": True}
    for number in (0, -1, 99, 2**31 - 1):
        for operation in (
            "getReportDistribution",
            "deleteReportDistribution",
            "executeReportDistribution",
            "listReportDistributionFilters",
        ):
            assert energy.call(operation, one(number)).status == 404
        assert energy.call("updateReportDistribution", one(number), body).status == 404
        log = {"reportDistributionLogId": number}
        assert energy.call("getReportDistributionLogDetail", log).status == 404
        group = {"reportGroupId": number}
        assert energy.call("getReportGroup", group).status == 404
        assert energy.call("updateReportGroup", group, {"reportIds": []}).status == 404
        assert energy.call("deleteReportGroup", group).status == 404


def test_what_is_anothers_is_not_found(energy: VendorHarness) -> None:
    run(energy)
    assert energy.call("getReportDistribution", one(1), account="other").status == 404
    log = {"reportDistributionLogId": 1}
    assert energy.call("getReportDistributionLogDetail", log, account="other").status == 404
    assert energy.call("listReportGroups", account="other").body == []


def test_a_distribution_is_created_changed_and_deleted(energy: VendorHarness) -> None:
    made = energy.call(
        "createReportDistribution", body={**DISTRIBUTION, "specificReportId": 2}
    ).body
    number = made["reportDistributionId"]
    assert (number, made["enabled"], made["lastRunDate"]) == (4, True, None)
    assert made["nextRunDate"] == "2026-04-03T06:00:00.000Z"
    groups = made["emailSettings"]["recipientUserGroups"]
    assert [group["userGroupId"] for group in groups] == [1, 3]
    assert energy.call("getReportDistribution", one(number)).body == made
    filters = energy.call("listReportDistributionFilters", one(number)).body
    (row,) = filters
    shown = {name: row[name] for name in ("fieldId", "operator", "value")}
    assert [shown] == DISTRIBUTION["reportFilters"]
    body = {**DISTRIBUTION, "reportDistributionName": "Renamed", "enabled": False}
    changed = energy.call("updateReportDistribution", one(number), body).body
    assert (changed["reportDistributionName"], changed["nextRunDate"]) == ("Renamed", None)
    assert changed["modifiedByUser"]["userId"] == 1
    assert changed["specificReportId"] == 2
    other = energy.call("updateReportDistribution", one(number), {**body, "specificReportId": 99})
    assert other.body["specificReportId"] == 2
    assert energy.call("deleteReportDistribution", one(number)).status == 204
    assert energy.call("deleteReportDistribution", one(number)).status == 404
    bare = {key: value for key, value in DISTRIBUTION.items() if key != "replyToEmail"}
    again = energy.call("createReportDistribution", body={**bare, "specificReportId": 1}).body
    assert again["reportDistributionId"] == 5
    assert again["emailSettings"]["replyToEmail"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specificReportId": 99}, "specificReportId"),
        ({"recipientUserGroupIds": [1, 9]}, "recipientUserGroupIds"),
        ({"dayIndicatorValue": 7}, "dayIndicatorValue"),
    ],
)
def test_a_distribution_that_refers_to_nothing_is_refused(
    energy: VendorHarness, change: dict, field: str
) -> None:
    body = {**DISTRIBUTION, "specificReportId": 1, **change}
    reply = energy.call("createReportDistribution", body=body)
    assert (reply.status, faults(reply)) == (400, [field])
    if field != "specificReportId":
        reply = energy.call("updateReportDistribution", one(1), {**body, "enabled": True})
        assert (reply.status, faults(reply)) == (400, [field])


@pytest.mark.parametrize(
    ("schedule", "day", "info", "next_run"),
    [
        (1, 0, None, "2026-03-31"),
        (2, 0, "Sunday", "2026-04-05"),
        (2, 1, "Monday", "2026-04-06"),
        (2, 2, "Tuesday", "2026-03-31"),
        (2, 6, "Saturday", "2026-04-04"),
        (3, 1, "1", "2026-04-01"),
        (3, 28, "28", "2026-04-28"),
        (4, 1, "1st day of month 1 of calendar quarter", "2026-04-01"),
        (4, 3, "1st day of month 3 of calendar quarter", "2026-06-01"),
    ],
)
def test_schedules_name_their_day_and_run_on_it(
    energy: VendorHarness, schedule: int, day: int, info: str | None, next_run: str
) -> None:
    chosen = {"reportSubscriptionScheduleTypeId": schedule, "dayIndicatorValue": day}
    body = {**DISTRIBUTION, "specificReportId": 1, **chosen}
    created = energy.call("createReportDistribution", body=body).body
    mail = created["emailSettings"]
    assert mail["dayIndicator"] == {"dayIndicatorValue": day, "dayIndicatorInfo": info}
    assert mail["scheduleType"]["reportSubscriptionScheduleTypeId"] == schedule
    assert created["nextRunDate"] == f"{next_run}T06:00:00.000Z"


@pytest.mark.parametrize(
    ("schedule", "days"), [(1, [0]), (2, range(7)), (3, range(1, 29)), (4, [1, 2, 3])]
)
def test_a_schedule_takes_the_days_that_it_has_and_no_others(
    energy: VendorHarness, schedule: int, days: Sequence[int]
) -> None:
    for day in range(29):
        chosen = {"reportSubscriptionScheduleTypeId": schedule, "dayIndicatorValue": day}
        body = {**DISTRIBUTION, "specificReportId": 1, **chosen}
        reply = energy.call("createReportDistribution", body=body)
        assert reply.status == (200 if day in days else 400), day
        if day not in days:
            assert faults(reply) == ["dayIndicatorValue"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("reportDistributionName like 'AUDIT'", [3]),
        ("reportDistributionName like 'to '", [1, 2, 3]),
        ("reportDistributionName equals 'Budget to nobody'", [2]),
        ("reportDistributionName not equals 'Budget to nobody'", [1, 3]),
        ("baseReportInfo one of 'Budget Variance'|'Audit Findings'", [2, 3]),
        ("userGroupName equals 'Energy team'", [1, 3]),
        ("userGroupName not equals 'Energy team'", [2]),
        ("userGroupName not like 'fin'", [1, 2]),
        ("enabled equals 'true'", [1, 2, 3]),
        ("enabled equals 'false'", []),
        ("reportSubscriptionScheduleTypeID equals '3'", [1, 2, 3]),
        ("reportSubscriptionScheduleTypeID less than '3'", []),
        ("userGroupName like 'team' and reportDistributionName like 'cost'", [1]),
        ("", [1, 2, 3]),
    ],
)
def test_distributions_can_be_filtered(energy: VendorHarness, text: str, found: list) -> None:
    reply = energy.call("listReportDistributions", filter=text, pageSize=2)
    assert [row["reportDistributionId"] for row in reply.body] == found[:2]
    assert reply.headers == {
        "PageNumber": "1",
        "PageSize": "2",
        "TotalNumberOfRecords": str(len(found)),
        "TotalPages": str((len(found) + 1) // 2),
    }


def test_what_is_no_filter_is_refused(energy: VendorHarness) -> None:
    reply = energy.call("listReportDistributions", filter="audit")
    assert (reply.status, faults(reply)) == (400, ["filter"])


def test_a_page_above_the_largest_is_cut(energy: VendorHarness) -> None:
    for operation in ("listReportGroups", "listReportDistributions", "listReportDistributionLogs"):
        for size in (1000, 1001, 2**31 - 1):
            reply = energy.call(operation, pageSize=size)
            assert (reply.status, reply.headers["PageSize"]) == (200, "1000")


def test_an_edit_without_reports_keeps_them(energy: VendorHarness) -> None:
    edit = {"reportGroupCode": "campus", "reportGroupInfo": "Changed"}
    changed = energy.call("updateReportGroup", {"reportGroupId": 1}, edit).body
    assert changed["reportGroupInfo"] == "Changed"
    assert [report["reportId"] for report in changed["reports"]] == [1, 2, 3]


def test_a_report_group_shows_its_reports_and_an_upper_case_code(energy: VendorHarness) -> None:
    body = {"reportGroupCode": "straße-1", "reportGroupInfo": "i", "reportIds": [3, 1, 3]}
    made = energy.call("createReportGroup", body=body).body
    assert (made["reportGroupId"], made["reportGroupCode"]) == (2, "STRASSE-1")
    assert [report["reportId"] for report in made["reports"]] == [3, 1]
    assert energy.call("getReportGroup", {"reportGroupId": 2}).body == made
    assert energy.call("listReportGroups", pageNumber=2, pageSize=1).body == [made]


def test_a_code_is_unique_whatever_its_case_and_free_again_after(energy: VendorHarness) -> None:
    group = {"reportGroupId": 2}
    assert energy.call("createReportGroup", body={"reportGroupCode": "a"}).status == 200
    for code in ("A", "a", "campus"):
        reply = energy.call("createReportGroup", body={"reportGroupCode": code})
        assert (reply.status, faults(reply)) == (400, ["reportGroupCode"])
    edit = {"reportGroupCode": "Campus", "reportGroupInfo": "", "reportIds": []}
    assert energy.call("updateReportGroup", group, edit).status == 400
    assert energy.call("updateReportGroup", group, {**edit, "reportGroupCode": "A"}).status == 200
    assert energy.call("updateReportGroup", group, {**edit, "reportGroupCode": "b"}).status == 200
    assert energy.call("createReportGroup", body={"reportGroupCode": "A"}).status == 200
    assert energy.call("deleteReportGroup", group).status == 204
    assert energy.call("createReportGroup", body={"reportGroupCode": "B"}).status == 200


def test_groups_without_a_code_do_not_clash(energy: VendorHarness) -> None:
    made = [energy.call("createReportGroup", body={}).body for _ in range(2)]
    assert made == [{"reportGroupId": number, "reports": []} for number in (2, 3)]


def test_a_group_of_unknown_reports_is_refused(energy: VendorHarness) -> None:
    reply = energy.call("createReportGroup", body={"reportIds": [1, 13]})
    assert (reply.status, faults(reply)) == (400, ["reportIds"])


@pytest.mark.parametrize(
    ("made_in", "start"),
    [("Csv", b"Bill Id,"), ("PDF", b"%PDF"), ("Word", b"PK"), ("Excel data only", b"PK")],
)
def test_the_mailed_file_is_in_its_format(
    energy: VendorHarness, made_in: str, start: bytes
) -> None:
    body = {**DISTRIBUTION, "reportFormat": made_in, "enabled": True}
    energy.call("updateReportDistribution", one(1), body)
    job = energy.vendor.repository.find(energy.sandbox, str(run(energy)["reportDistributionLogId"]))
    assert job is not None
    reply = energy.vendor.file(energy.sandbox, job)
    assert content(reply).startswith(start)
    assert reply.headers["Content-Disposition"].startswith('attachment; filename="mine-1.')
