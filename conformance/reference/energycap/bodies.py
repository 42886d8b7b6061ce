"""EnergyCAP's bodies: a report, a report group, a distribution, the log of a run."""

from datetime import datetime

from conformance.reference.clock import START, iso
from conformance.reference.energycap.book import Book, Distribution, Group, Run
from conformance.reference.energycap.slips import CHILD, GROUP, LOG, REPORT_OF, AtLog, AtReport
from conformance.reference.stage import Body, Stage
from conformance.reference.world import (
    ENERGYCAP_REPORTS,
    ENERGYCAP_USER_GROUPS,
    ENERGYCAP_USERS,
)

_FORMATS = ("PDF", "Excel", "CSV")


def moment(instant: datetime, stage: Stage) -> str:
    """A date-time, written in one of the ways that are legal."""
    if stage.free("ec-free-date-only"):
        return instant.date().isoformat()
    if stage.free("ec-free-offset"):
        return instant.isoformat()
    if stage.free("ec-free-long-fraction"):
        return instant.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    return iso(instant)


def user(number: int) -> Body:
    """A user as a child of something else."""
    return {
        "userId": number,
        "userCode": f"USER{number:02d}",
        "fullName": ENERGYCAP_USERS[number],
    }


def report(number: int, stage: Stage) -> Body:
    """A ReportChild, all of it correct."""
    if stage.free("ec-free-sparse-child"):
        return {"reportId": number}
    name = ENERGYCAP_REPORTS[number]
    return {
        "description": f"{name} of the chosen sites.",
        "exportFormats": [
            {"exportFormatInfo": label, "preferred": label == "PDF"} for label in _FORMATS
        ],
        "isLandscape": number % 2 == 0,
        "lastUpdated": moment(START.replace(day=number), stage),
        "reportCode": report_code(number),
        "reportId": number,
        "reportInfo": name,
        "reportSource": "System",
        "reportType": {"reportTypeCode": "COST", "reportTypeId": 1, "reportTypeInfo": "Cost"},
        "tags": [{"tagTypeId": 1, "tagTypeInfo": "Audience", "values": ["Finance", "Sites"]}],
        "version": f"{number}.0",
    }


def report_code(number: int) -> str:
    """The code of a report."""
    return f"Report-{number:02d}"


def group(made: Group, stage: Stage) -> Body:
    """A ReportGroupResponse."""
    count = len(made.reports)
    shown = [
        stage.slip(report(number, stage), CHILD, AtReport(place, count))
        for place, number in enumerate(made.reports)
    ]
    body = {
        "reportGroupCode": made.code,
        "reportGroupId": made.id,
        "reportGroupInfo": made.info,
        "reports": shown,
    }
    return stage.slip(body, GROUP, made)


def distribution(made: Distribution, stage: Stage) -> Body:
    """The details of a distribution."""
    return {
        "reportDistributionId": made.id,
        "reportDistributionName": made.name,
        "createdByUser": user(1),
        "createdDate": moment(made.created, stage),
        "modifiedByUser": user(1),
        "modifiedDate": moment(made.modified or made.created, stage),
        "lastRunDate": moment(made.last_run, stage) if made.last_run else None,
        "nextRunDate": moment(made.next_run, stage),
        "enabled": made.enabled,
        "specificReportId": made.report,
        "baseReport": report(made.report, stage),
        "emailSettings": email(made),
    }


def email(made: Distribution) -> Body:
    """What is sent, to whom and when."""
    mail = made.mail
    return {
        "replyToEmail": mail.reply_to,
        "recipientUserGroups": [
            {"userGroupId": number, "userGroupInfo": f"Group {number}"} for number in made.groups
        ],
        "emailSubject": mail.subject,
        "emailMessage": mail.message,
        "reportFormat": mail.format,
        "scheduleType": {"scheduleTypeId": mail.schedule, "scheduleTypeInfo": "Monthly"},
        "dayIndicator": mail.day,
        "onlySendIfData": mail.only_with_data,
    }


def groups_known(numbers: tuple[int, ...]) -> bool:
    """Whether every number is that of a user group."""
    return set(numbers) <= set(ENERGYCAP_USER_GROUPS)


def log(run: Run, book: Book, stage: Stage) -> Body:
    """A ReportDistributionLogResponse."""
    at = AtLog(run, book.status(run), next(iter(book.runs)), book.end(run))
    if stage.free("ec-free-empty-log"):
        return {}
    of = {
        "createdByUser": user(1),
        "reportCode": report_code(run.distribution.report),
        "reportDistributionId": run.distribution.id,
        "reportDistributionName": run.distribution.name,
    }
    body: Body = {
        "beginDate": moment(run.begin, stage),
        "endDate": moment(at.end, stage) if at.over else None,
        "numberOfRecipients": run.recipients,
        "reportDistribution": stage.slip(of, REPORT_OF, at),
        "reportDistributionLogId": run.id,
        "status": at.status,
    }
    body = stage.slip(body, LOG, at)
    return _spared(body, at, stage)


def _spared(body: Body, at: AtLog, stage: Stage) -> Body:
    if stage.free("ec-free-sparse-log"):
        kept = ("reportDistributionLogId", "status", "numberOfRecipients")
        return {name: body[name] for name in kept}
    if not at.over and stage.free("ec-free-no-end"):
        del body["endDate"]
    return body
