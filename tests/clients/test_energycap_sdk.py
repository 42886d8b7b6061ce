"""EnergyCAP's own client: every method about report groups, distributions and logs works.

What is sent comes back, and no reply says anything that the client's models cannot hold.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests._serving import Served
from tests.clients._environments import Environments
from tests.clients._run import run
from tests.clients._sandbox import Sandbox, new_sandbox

pytestmark = pytest.mark.slow

BUSY = {
    "match": {"operation": "getReportGroup"},
    "fault": {"kind": "server-error", "status": 503, "retry_after": 1},
    "times": 1,
}
CREATED = {
    "specific_report_id": 3,
    "report_distribution_name": "Verbräuche je Gebäude, 日本",
    "enabled": True,
}
MAIL = {
    "reply_to_email": "energy@example.com",
    "recipient_user_groups": [
        {"user_group_id": 1, "user_group_name": "Energy team"},
        {"user_group_id": 2, "user_group_name": "Facilities"},
    ],
    "email_subject": "Übersicht",
    "email_message": "Anbei der Bericht, viele Grüße",
    "report_format": "Excel data only",
    "schedule_type": {
        "report_subscription_schedule_type_id": 4,
        "report_subscription_schedule_type_name": "Quarterly",
    },
    "day_indicator": {
        "day_indicator_value": 2,
        "day_indicator_info": "1st day of month 2 of calendar quarter",
    },
    "only_send_if_data": True,
}
EDITED = {
    "reply_to_email": "other@example.com",
    "recipient_user_groups": [{"user_group_id": 3, "user_group_name": "Finance"}],
    "email_message": "Geändert",
    "report_format": "Csv",
    "schedule_type": {
        "report_subscription_schedule_type_id": 2,
        "report_subscription_schedule_type_name": "Weekly",
    },
    "day_indicator": {"day_indicator_value": 0, "day_indicator_info": "Sunday"},
}


@pytest.fixture(scope="session")
def sandbox(served: Callable[[str], Served]) -> Sandbox:
    return new_sandbox(served("documented"), [BUSY])


@pytest.fixture(scope="session")
def results(sandbox: Sandbox, environments: Environments) -> dict[str, Any]:
    python = str(environments.python("energycap-sdk"))
    key = sandbox.credentials["energycap"]["manager"]
    return run([python], "energycap_sdk.py", sandbox.served.base_url, key)


def test_every_method_is_called_and_none_raises(results: dict[str, Any]) -> None:
    assert {name: result for name, result in results.items() if "error" in result} == {}
    assert results["never_called"] == []


def test_no_reply_says_what_the_client_cannot_hold(results: dict[str, Any]) -> None:
    lost = [result["lost"] for result in results.values() if "lost" in result]
    assert len(lost) > 10
    assert not any(lost), lost


@pytest.mark.parametrize(
    ("method", "code", "info", "reports"),
    [
        ("create_report_group", "GEBÄUDE", "Gebäude und Verbräuche", [2, 1]),
        ("get_report_group", "GEBÄUDE", "Gebäude und Verbräuche", [2, 1]),
        ("edit_report_group", "HÄUSER", "Häuser", [3]),
    ],
)
def test_a_group_comes_back_as_it_was_sent(
    results: dict[str, Any], method: str, code: str, info: str, reports: list[int]
) -> None:
    group = results[method]["read"]
    assert (group["report_group_code"], group["report_group_info"]) == (code, info)
    assert sorted(report["report_id"] for report in group["reports"]) == sorted(reports)


@pytest.mark.parametrize("method", ["create_report_distribution", "get_report_distribution"])
def test_a_distribution_comes_back_as_it_was_sent(results: dict[str, Any], method: str) -> None:
    read = results[method]["read"]
    assert {name: read[name] for name in CREATED} == CREATED
    assert read["email_settings"] == MAIL
    assert read["base_report"]["report_id"] == 3


def test_an_edited_distribution_comes_back_as_it_was_sent(results: dict[str, Any]) -> None:
    read = results["edit_report_distribution"]["read"]
    assert read["enabled"] is False
    assert read["email_settings"] == {**MAIL, **EDITED}


def test_lists_know_what_was_made(results: dict[str, Any]) -> None:
    created = results["create_report_distribution"]["read"]
    assert created in results["get_report_distributions"]["read"]
    assert results["create_report_group"]["read"] in results["get_report_groups"]["read"]


def test_a_list_is_filtered_in_the_vendors_grammar(results: dict[str, Any]) -> None:
    names = [row["report_distribution_name"] for row in results["get_some"]["read"]]
    assert names == ["Monthly cost to facilities"]


def test_filters_come_back_as_they_were_sent(results: dict[str, Any]) -> None:
    (row,) = results["get_report_distribution_filters"]["read"]
    assert (row["field_id"], row["operator"], row["value"]) == (1, "one of", "Zürich; Köln")


def test_a_run_and_its_log_name_the_distribution_and_count_its_recipients(
    results: dict[str, Any],
) -> None:
    made = results["execute_report_distribution"]["read"]
    assert (
        made["report_distribution"]["report_distribution_name"]
        == CREATED["report_distribution_name"]
    )
    assert made["number_of_recipients"] == 6
    assert results["execute_for_other_users"]["read"]["number_of_recipients"] == 2
    listed = {
        row["report_distribution_log_id"] for row in results["get_report_distribution_logs"]["read"]
    }
    assert made["report_distribution_log_id"] in listed


def test_the_details_of_a_log_are_the_settings_of_the_distribution(results: dict[str, Any]) -> None:
    read = results["get_report_distribution_log_details"]["read"]
    mail = read["email_settings"]
    assert {name: mail[name] for name in ("email_subject", "email_message", "report_format")} == {
        name: MAIL[name] for name in ("email_subject", "email_message", "report_format")
    }
    members = {
        user["email"] for group in mail["recipient_user_groups"] for user in group["members"]
    }
    assert len(members) == 6
    assert read["report_settings"]["base_report"]["report_id"] == 3


def test_what_has_no_body_is_done(results: dict[str, Any]) -> None:
    assert results["run_report_distributions"] == {"status": 204}
    assert results["delete_report_group"] == [204, 404]
    assert results["delete_report_distribution"] == [204, 404]


def test_logs_of_today_survive_a_deletion_without_an_age(results: dict[str, Any]) -> None:
    deleted = results["delete_report_distribution_logs_older_than"]
    assert deleted["status"] == 204
    assert deleted["rest"] >= 2


def test_every_schedule_is_read_with_its_name(results: dict[str, Any]) -> None:
    assert results["schedules"] == [
        [1, "Daily", 0, None],
        [2, "Weekly", 0, "Sunday"],
        [2, "Weekly", 6, "Saturday"],
        [3, "Monthly", 1, "1"],
        [3, "Monthly", 28, "28"],
        [4, "Quarterly", 1, "1st day of month 1 of calendar quarter"],
        [4, "Quarterly", 3, "1st day of month 3 of calendar quarter"],
    ]


def test_every_format_and_the_longest_texts_come_back(results: dict[str, Any]) -> None:
    formats = ["Excel", "Excel data only", "Csv", "PDF", "Word"]
    assert results["formats"] == [[name, True, True, True] for name in formats]


def test_the_client_waits_as_told_and_tries_again(
    results: dict[str, Any], sandbox: Sandbox
) -> None:
    rows = sandbox.journal(operation="getReportGroup")
    assert [row["status"] for row in rows] == [503, 200, 404]
