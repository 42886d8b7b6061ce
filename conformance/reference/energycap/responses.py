"""EnergyCAP's response bodies: a report, a group, a distribution, the log of a run, an error."""

import json
from datetime import datetime

from flask import Response

from conformance.reference.clock import START, iso
from conformance.reference.context import AppContext, Body
from conformance.reference.energycap.body_defects import (
    CHILD,
    GROUP,
    LOG,
    REPORT_OF,
    ReportPosition,
    RunSnapshot,
)
from conformance.reference.energycap.filters import group_name
from conformance.reference.energycap.store import COMPLETE, Distribution, Group, Run, Store
from conformance.reference.errors import ApiError
from conformance.reference.seed_data import (
    ENERGYCAP_REPORTS,
    ENERGYCAP_USER_GROUPS,
    ENERGYCAP_USERS,
)
from conformance.reference.transport import JSON, html_response, json_response

_FORMATS = ("PDF", "Excel", "CSV")
_SCHEDULES = {1: "Daily", 2: "Weekly", 3: "Monthly", 4: "Quarterly"}
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def format_date_time(instant: datetime, context: AppContext) -> str:
    """Return a date-time in the form that the variants ask for."""
    if context.has_variant("ec-free-date-only"):
        return instant.date().isoformat()
    if context.has_variant("ec-free-offset"):
        return instant.isoformat()
    if context.has_variant("ec-free-no-offset"):
        return instant.strftime("%Y-%m-%dT%H:%M:%S")
    if context.has_variant("ec-free-long-fraction"):
        return instant.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    return iso(instant)


def user_body(number: int) -> Body:
    """Return a user as another body embeds it."""
    return {
        "userId": number,
        "userCode": f"USER{number:02d}",
        "fullName": ENERGYCAP_USERS[number],
    }


def report_body(number: int, context: AppContext) -> Body:
    """Return a ReportChild."""
    if context.has_variant("ec-free-sparse-child"):
        return {"reportId": number}
    name = ENERGYCAP_REPORTS[number]
    body = {
        "description": f"{name} of the chosen sites.",
        "exportFormats": [
            {"exportFormatInfo": label, "preferred": label == "PDF"} for label in _FORMATS
        ],
        "isLandscape": number % 2 == 0,
        "lastUpdated": format_date_time(START.replace(day=number), context),
        "reportCode": report_code(number),
        "reportId": number,
        "reportInfo": name,
        "reportSource": "System",
        "reportType": {"reportTypeCode": "COST", "reportTypeId": 1, "reportTypeInfo": "Cost"},
        "tags": [{"tagTypeId": 1, "tagTypeInfo": "Audience", "values": ["Finance", "Sites"]}],
        "version": f"{number}.0",
    }
    if context.has_variant("ec-free-null-members"):
        body |= dict.fromkeys(body.keys() - {"reportCode", "reportId"})
    return body


def report_code(number: int) -> str:
    """Return the code of a report."""
    return f"Report-{number:02d}"


def group_body(group: Group, context: AppContext) -> Body:
    """Return a ReportGroupResponse."""
    count = len(group.reports)
    no_text = context.has_variant("ec-free-null-members")
    reports = [
        context.apply_defects(report_body(number, context), CHILD, ReportPosition(index, count))
        for index, number in enumerate(group.reports)
    ]
    body = {
        "reportGroupCode": group.code,
        "reportGroupId": group.id,
        "reportGroupInfo": group.info or (None if no_text else ""),
        "reports": reports,
    }
    return context.apply_defects(body, GROUP, group)


def distribution_body(distribution: Distribution, context: AppContext) -> Body:
    """Return a ReportDistributionResponse."""
    unmodified = context.has_variant("ec-free-null-members") and distribution.modified is None
    return {
        "reportDistributionId": distribution.id,
        "reportDistributionName": distribution.name,
        "createdByUser": user_body(1),
        "createdDate": format_date_time(distribution.created, context),
        "modifiedByUser": None if unmodified else user_body(1),
        "modifiedDate": format_date_time(distribution.modified or distribution.created, context),
        "lastRunDate": format_date_time(distribution.last_run, context)
        if distribution.last_run
        else None,
        "nextRunDate": format_date_time(distribution.next_run, context),
        "enabled": distribution.enabled,
        "specificReportId": distribution.report,
        "baseReport": report_body(distribution.report, context),
        "emailSettings": {
            "recipientUserGroups": [_group_child(number) for number in distribution.groups],
            **_mail_settings(distribution, context),
        },
    }


def _group_child(number: int) -> Body:
    return {"userGroupId": number, "userGroupName": group_name(number)}


def log_detail_body(run: Run, context: AppContext) -> Body:
    """Return a ReportDistributionLogDetailsResponse."""
    distribution = run.distribution
    groups = [
        {**_group_child(number), "members": [_member(user) for user in members]}
        for number, members in ENERGYCAP_USER_GROUPS.items()
        if number in distribution.groups
    ]
    return {
        "emailSettings": {
            "sentFromEmail": "reports@campus.example",
            "recipientUserGroups": groups,
            **_mail_settings(distribution, context),
        },
        "reportSettings": {
            "baseReport": report_body(distribution.report, context),
            "reportFilters": filter_bodies(distribution),
        },
        "errors": "" if run.outcome == COMPLETE else run.outcome,
    }


def _member(user: int) -> Body:
    return {**user_body(user), "email": f"user{user:02d}@campus.example"}


def filter_bodies(distribution: Distribution) -> list[Body]:
    """Return the filters of a distribution as FilterResponse."""
    return [
        {
            "availableOperator": [row["operator"]],
            "caption": f"Field {row['fieldId']}",
            "queryParameterName": f"field{row['fieldId']}",
            "dataFieldId": row["fieldId"],
            "dataType": {"dataTypeId": 1, "dataTypeCode": "String", "dataTypeInfo": "Text"},
            "required": False,
            "recommended": False,
            "hidden": False,
            **row,
        }
        for row in distribution.filters
    ]


def _mail_settings(distribution: Distribution, context: AppContext) -> Body:
    """Return the mail and its schedule."""
    mail = distribution.mail
    schedule_lost = context.has_defect("ec-dist-schedule-lost")
    day = {"dayIndicatorValue": mail.day, "dayIndicatorInfo": _day_info(mail.schedule, mail.day)}
    return {
        "replyToEmail": mail.reply_to,
        "emailSubject": mail.subject,
        "emailMessage": mail.message,
        "reportFormat": mail.format,
        "scheduleType": {
            "reportSubscriptionScheduleTypeId": 4 if schedule_lost else mail.schedule,
            "reportSubscriptionScheduleTypeName": _SCHEDULES[mail.schedule],
        },
        "dayIndicator": mail.day if context.has_defect("ec-dist-day-number") else day,
        "onlySendIfData": mail.only_with_data,
    }


def _day_info(schedule: int, day: int) -> str | None:
    if schedule == 2:
        return _WEEKDAYS[day % 7]
    if schedule == 3:
        return str(day)
    return f"1st day of month {day} of calendar quarter" if schedule == 4 else None


def groups_known(numbers: tuple[int, ...]) -> bool:
    """Return whether every number is the id of a user group."""
    return set(numbers) <= set(ENERGYCAP_USER_GROUPS)


def log_body(run: Run, store: Store, context: AppContext) -> Body:
    """Return a ReportDistributionLogResponse."""
    snapshot = RunSnapshot(run, store.status(run), next(iter(store.runs)), store.end(run))
    if context.has_variant("ec-free-empty-log"):
        return {}
    report_distribution: Body = {
        "createdByUser": user_body(1),
        "reportCode": report_code(run.distribution.report),
        "reportDistributionId": run.distribution.id,
        "reportDistributionName": run.distribution.name,
    }
    if context.has_variant("ec-free-null-creator"):
        report_distribution |= {"createdByUser": None, "reportCode": None}
    body: Body = {
        "beginDate": format_date_time(run.begin, context),
        "endDate": format_date_time(snapshot.end, context) if snapshot.over else None,
        "numberOfRecipients": run.recipients,
        "reportDistribution": context.apply_defects(report_distribution, REPORT_OF, snapshot),
        "reportDistributionLogId": run.id,
        "status": snapshot.status,
    }
    body = context.apply_defects(body, LOG, snapshot)
    return _without_optional(body, snapshot, context)


def _without_optional(body: Body, snapshot: RunSnapshot, context: AppContext) -> Body:
    if context.has_variant("ec-free-sparse-log"):
        members = ("reportDistributionLogId", "status", "numberOfRecipients")
        return {name: body[name] for name in members}
    if not snapshot.over and context.has_variant("ec-free-no-end"):
        del body["endDate"]
    return body


def error_response(error: ApiError, context: AppContext) -> Response:
    """Return the error as ``{message, errors}``; no document gives a shape, so many are legal."""
    if error.status == 404 and context.has_defect("ec-error-mislabelled"):
        return Response(html_response(404).get_data(), 404, mimetype=JSON)
    if context.has_variant("ec-free-error-text"):
        return Response(error.message, error.status, mimetype="text/plain")
    if context.has_variant("ec-free-error-empty"):
        return Response(status=error.status)
    if context.has_variant("ec-free-error-problem"):
        problem = {"title": error.message, "status": error.status}
        return Response(json.dumps(problem), error.status, mimetype="application/problem+json")
    body: Body = {"message": error.message}
    if error.fields:
        body["errors"] = [{"field": name, "message": text} for name, text in error.fields]
    return json_response(body, error.status)
