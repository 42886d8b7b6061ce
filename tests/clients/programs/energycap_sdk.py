"""Calls every method of EnergyCAP's own client for report groups, distributions and their logs.

    python energycap_sdk.py BASE_URL API_KEY

Writes for each method the status, what the client made of the reply, and the places in the reply
that the client's models have no attribute for or read as another value.
"""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from _tasks import Report
from energycap.sdk import EnergyCapApi, models
from msrest.exceptions import HttpOperationError
from msrest.serialization import Model

base_url, key = sys.argv[1:]
api = EnergyCapApi(base_url)
report = Report()
ids: dict[str, int] = {}
called: set[str] = set()
MAIL = {
    "report_distribution_name": "Verbräuche je Gebäude, 日本",
    "report_filters": [models.FilterEdit(field_id=1, operator="one of", value="Zürich; Köln")],
    "reply_to_email": "energy@example.com",
    "recipient_user_group_ids": [1, 2],
    "email_subject": "Übersicht",
    "email_message": "Anbei der Bericht, viele Grüße",
    "report_subscription_schedule_type_id": 4,
    "day_indicator_value": 2,
    "only_send_if_data": True,
    "report_format": "Excel data only",
}


def call(method: str, *arguments: Any, **options: Any) -> dict[str, Any]:
    """Call a method of the client; return the status, what it made of the reply, what was lost."""
    called.add(method)
    headers = {"ECI-ApiKey": key}
    try:
        raw = getattr(api, method)(*arguments, custom_headers=headers, raw=True, **options)
    except HttpOperationError as error:
        return {"status": error.response.status_code, "error": error.response.text}
    if raw.output is None:
        return {"status": raw.response.status_code}
    body = raw.response.json()
    return {
        "status": raw.response.status_code,
        "read": plain(raw.output),
        "lost": list(lost(raw.output, body, "")),
    }


def plain(value: Any) -> Any:
    """Return a model as JSON, by the names of its attributes."""
    if isinstance(value, Model):
        return {name: plain(getattr(value, name)) for name in value._attribute_map}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def lost(value: Any, sent: Any, place: str) -> Iterator[str]:
    """Yield where a reply says what the client did not read."""
    if isinstance(value, Model):
        names = {known["key"]: name for name, known in value._attribute_map.items()}
        for key, part in sent.items():
            if key not in names:
                yield f"{place}/{key}"
            else:
                yield from lost(getattr(value, names[key]), part, f"{place}/{key}")
    elif isinstance(value, list):
        for number, (item, part) in enumerate(zip(value, sent, strict=True)):
            yield from lost(item, part, f"{place}/{number}")
    elif isinstance(value, datetime):
        if value != datetime.fromisoformat(sent):
            yield place
    elif value != sent:
        yield place


@report.task
def create_report_group() -> Any:
    body = models.ReportGroupRequest(
        report_group_code="GEBÄUDE", report_group_info="Gebäude und Verbräuche", report_ids=[2, 1]
    )
    done = call("create_report_group", body)
    ids["group"] = done["read"]["report_group_id"]
    return done


@report.task
def get_report_group() -> Any:
    return call("get_report_group", ids["group"])


@report.task
def get_report_groups() -> Any:
    return call("get_report_groups")


@report.task
def edit_report_group() -> Any:
    body = models.ReportGroupRequest(
        report_group_code="HÄUSER", report_group_info="Häuser", report_ids=[3]
    )
    return call("edit_report_group", ids["group"], body)


@report.task
def delete_report_group() -> Any:
    return [call(f"{verb}_report_group", ids["group"])["status"] for verb in ("delete", "get")]


@report.task
def create_report_distribution() -> Any:
    body = models.ReportDistributionCreateRequest(specific_report_id=3, **MAIL)
    done = call("create_report_distribution", body)
    ids["distribution"] = done["read"]["report_distribution_id"]
    return done


@report.task
def get_report_distribution() -> Any:
    return call("get_report_distribution", ids["distribution"])


@report.task
def get_report_distributions() -> Any:
    return call("get_report_distributions")


@report.task
def get_some() -> Any:
    return call("get_report_distributions", filter="reportDistributionName like 'Monthly'")


@report.task
def get_report_distribution_filters() -> Any:
    return call("get_report_distribution_filters", ids["distribution"])


@report.task
def execute_report_distribution() -> Any:
    done = call("execute_report_distribution", ids["distribution"])
    ids["log"] = done["read"]["report_distribution_log_id"]
    return done


@report.task
def execute_for_other_users() -> Any:
    return call("execute_report_distribution", 1, override_user_ids=[1, 2, 2])


@report.task
def get_report_distribution_logs() -> Any:
    return call("get_report_distribution_logs", include_in_progress=True)


@report.task
def get_report_distribution_log_details() -> Any:
    return call("get_report_distribution_log_details", ids["log"])


@report.task
def edit_report_distribution() -> Any:
    changed = {
        "reply_to_email": "other@example.com",
        "email_message": "Geändert",
        "report_format": "Csv",
        "report_subscription_schedule_type_id": 2,
        "day_indicator_value": 0,
        "report_filters": [],
        "recipient_user_group_ids": [3],
    }
    body = models.ReportDistributionEditRequest(enabled=False, **{**MAIL, **changed})
    return call("edit_report_distribution", ids["distribution"], body)


@report.task
def run_report_distributions() -> Any:
    return call("run_report_distributions")


@report.task
def schedules() -> Any:
    """What the client reads of a distribution with each schedule, edited one after the other."""
    read = []
    for kind, day in [(1, 0), (2, 0), (2, 6), (3, 1), (3, 28), (4, 1), (4, 3)]:
        schedule = {"report_subscription_schedule_type_id": kind, "day_indicator_value": day}
        body = models.ReportDistributionEditRequest(enabled=True, **{**MAIL, **schedule})
        mail = call("edit_report_distribution", ids["distribution"], body)["read"]["email_settings"]
        read.append([*mail["schedule_type"].values(), *mail["day_indicator"].values()])
    return read


@report.task
def formats() -> Any:
    """What the client reads of a distribution with each format and texts of the greatest length."""
    read = []
    for report_format in ("Excel", "Excel data only", "Csv", "PDF", "Word"):
        name = (report_format + " ü日" * 255)[:255]
        changed = {"report_format": report_format, "report_distribution_name": name}
        mail = {
            **MAIL,
            **changed,
            "email_subject": name,
            "reply_to_email": f"{'a' * 116}@example.com",
        }
        body = models.ReportDistributionCreateRequest(specific_report_id=1, **mail)
        made = call("create_report_distribution", body)["read"]
        sent = made["email_settings"]
        same = [made["report_distribution_name"] == name, sent["email_subject"] == name]
        same.append(sent["reply_to_email"] == mail["reply_to_email"])
        read.append([sent["report_format"], *same])
    return read


@report.task
def delete_report_distribution_logs_older_than() -> Any:
    done = call("delete_report_distribution_logs_older_than")
    rest = call("get_report_distribution_logs", include_in_progress=True)
    return {**done, "rest": len(rest["read"])}


@report.task
def delete_report_distribution() -> Any:
    verbs = ("delete", "get")
    return [call(f"{verb}_report_distribution", ids["distribution"])["status"] for verb in verbs]


@report.task
def never_called() -> Any:
    kinds = ("report_group", "report_distribution")
    return [name for name in dir(api) if any(k in name for k in kinds) and name not in called]


report.write()
