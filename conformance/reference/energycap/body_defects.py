"""The members of EnergyCAP's response bodies that planted defects replace."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from conformance.reference.clock import iso
from conformance.reference.content import double_encoded
from conformance.reference.context import Body, BodyChanges
from conformance.reference.energycap.store import IN_PROGRESS, PARTLY_SENT, Group, Run
from conformance.reference.parsing import INT32_MAX


@dataclass(frozen=True, slots=True)
class ReportPosition:
    """A report's index among the reports of its group."""

    index: int
    count: int


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """A run as a response shows it, with its end and the id of the first run."""

    run: Run
    status: str
    first_id: int
    end: datetime

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.status != IN_PROGRESS


CHILD: BodyChanges[ReportPosition] = MappingProxyType(
    {
        "ec-child-description-object": lambda _: {"description": {"en": "Cost"}},
        "ec-child-updated-number": lambda _: {"lastUpdated": 1767603600},
        "ec-child-version-number": lambda _: {"version": 1.0},
        "ec-child-code-number": lambda position: {"reportCode": 2} if position.index == 1 else {},
        "ec-child-source-false": lambda _: {"reportSource": False},
        "ec-child-id-string": lambda position: {"reportId": str(position.index + 1)},
        "ec-child-landscape-string": lambda _: {"isLandscape": "false"},
        "ec-child-preferred-string": lambda _: {
            "exportFormats": [{"exportFormatInfo": "PDF", "preferred": "true"}]
        },
        "ec-child-export-number": lambda _: {
            "exportFormats": [{"exportFormatInfo": 1, "preferred": True}]
        },
        "ec-child-exports-strings": lambda _: {"exportFormats": ["PDF", "CSV"]},
        "ec-child-type-id-string": lambda _: {
            "reportType": {
                "reportTypeCode": "COST",
                "reportTypeId": "1",
                "reportTypeInfo": "Cost",
            }
        },
        "ec-child-type-list": lambda _: {"reportType": ["COST", 1, "Cost"]},
        "ec-child-tag-id-string": lambda _: {
            "tags": [{"tagTypeId": "1", "tagTypeInfo": "Audience", "values": ["Finance"]}]
        },
        "ec-child-tag-values-string": lambda _: {
            "tags": [{"tagTypeId": 1, "tagTypeInfo": "Audience", "values": "Finance, Sites"}]
        },
        "ec-child-tags-map": lambda position: (
            {"tags": {"Audience": ["Finance"]}} if 0 < position.index == position.count - 1 else {}
        ),
    }
)

GROUP: BodyChanges[Group] = MappingProxyType(
    {
        "ec-group-id-string": lambda group: {"reportGroupId": str(group.id)},
        "ec-group-id-overflow": lambda group: {"reportGroupId": INT32_MAX + group.id},
        "ec-group-id-float": lambda group: {} if group.reports else {"reportGroupId": 1.5},
        "ec-group-code-null": lambda _: {"reportGroupCode": None},
        "ec-group-code-number": lambda group: (
            {"reportGroupCode": len(group.code)} if group.code.isdecimal() else {}
        ),
        "ec-group-info-list": lambda group: {"reportGroupInfo": [group.info]},
        "ec-group-reports-map": lambda group: {"reports": {str(group.id): {}}},
        "ec-group-reports-ids": lambda group: {"reports": list(group.reports)},
        "ec-group-reports-null": lambda group: {} if group.reports else {"reports": None},
        "ec-group-nan": lambda _: {"progress": float("nan")},
        "ec-group-info-cut": lambda group: {"reportGroupInfo": group.info[:64]},
        "ec-group-info-double-encoded": lambda group: {
            "reportGroupInfo": double_encoded(group.info)
        },
        "ec-group-info-lost": lambda _: {"reportGroupInfo": "New group"},
    }
)


def _if_status(status: str, members: Body) -> Callable[[RunSnapshot], Body]:
    return lambda snapshot: members if snapshot.status == status else {}


LOG: BodyChanges[RunSnapshot] = MappingProxyType(
    {
        "ec-exec-recipients-string": lambda snapshot: {
            "numberOfRecipients": str(snapshot.run.recipients)
        },
        "ec-exec-recipients-none": lambda snapshot: (
            {} if snapshot.run.recipients else {"numberOfRecipients": "none"}
        ),
        "ec-exec-recipients-overflow": lambda snapshot: (
            {"numberOfRecipients": INT32_MAX + 1} if snapshot.run.recipients == 1 else {}
        ),
        "ec-exec-nan": lambda _: {"progress": float("nan")},
        "ec-exec-begin-number": lambda snapshot: {"beginDate": int(snapshot.run.begin.timestamp())},
        "ec-exec-begin-text": lambda snapshot: {
            "beginDate": snapshot.run.begin.strftime("%d %B %Y")
        },
        "ec-exec-end-word": lambda _: {"endDate": "soon"},
        "ec-exec-end-first": lambda snapshot: {
            "endDate": iso(snapshot.run.begin - timedelta(minutes=1))
        },
        "ec-exec-log-reused": lambda snapshot: {"reportDistributionLogId": snapshot.first_id},
        "ec-exec-log-reused-third": lambda snapshot: (
            {"reportDistributionLogId": snapshot.run.id - 1} if snapshot.run.number == 3 else {}
        ),
        "ec-exec-log-string": lambda snapshot: {"reportDistributionLogId": str(snapshot.run.id)},
        "ec-exec-log-overflow": lambda snapshot: {
            "reportDistributionLogId": INT32_MAX + snapshot.run.id
        },
        "ec-exec-status-unknown": _if_status(IN_PROGRESS, {"status": "Running"}),
        "ec-exec-status-lower": lambda snapshot: {"status": snapshot.status.lower()},
        "ec-exec-status-empty": lambda snapshot: {} if snapshot.run.recipients else {"status": ""},
        "ec-log-status-partial": _if_status(PARTLY_SENT, {"status": "Partial"}),
        "ec-log-end-first": lambda snapshot: (
            {"endDate": iso(snapshot.run.begin - timedelta(hours=1))} if snapshot.over else {}
        ),
        "ec-log-goes-back": lambda snapshot: (
            {"status": IN_PROGRESS} if snapshot.over and snapshot.run.reads == 2 else {}
        ),
        "ec-exec-distribution-list": lambda snapshot: {
            "reportDistribution": [snapshot.run.distribution.id]
        },
    }
)

REPORT_OF: BodyChanges[RunSnapshot] = MappingProxyType(
    {
        "ec-exec-other-distribution": lambda snapshot: {
            "reportDistributionId": snapshot.run.distribution.id + 1
        },
        "ec-exec-distribution-string": lambda snapshot: {
            "reportDistributionId": str(snapshot.run.distribution.id)
        },
        "ec-exec-user-id-string": lambda _: {
            "createdByUser": {"userId": "1", "userCode": "USER01", "fullName": "Ada Mwangi"}
        },
        "ec-exec-user-name-number": lambda _: {
            "createdByUser": {"userId": 1, "userCode": "USER01", "fullName": 1}
        },
        "ec-exec-user-code-list": lambda _: {
            "createdByUser": {"userId": 1, "userCode": ["USER01"], "fullName": "Ada Mwangi"}
        },
        "ec-exec-report-code-number": lambda snapshot: {
            "reportCode": snapshot.run.distribution.report
        },
        "ec-exec-other-name": lambda _: {"reportDistributionName": "Another distribution"},
        "ec-exec-name-object": lambda snapshot: {
            "reportDistributionName": {"en": snapshot.run.distribution.name}
        },
    }
)
