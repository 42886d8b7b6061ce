"""What EnergyCAP's planted defects put into a body, as the members that they replace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from conformance.reference.clock import iso
from conformance.reference.energycap.book import IN_PROGRESS, PARTLY_SENT, Group, Run
from conformance.reference.inputs import INT32_MAX
from conformance.reference.stage import Body


@dataclass(frozen=True, slots=True)
class AtReport:
    """A report's place among the reports of its group."""

    place: int
    count: int


@dataclass(frozen=True, slots=True)
class AtLog:
    """A run as it is being shown, with the id of the first one and its own end."""

    run: Run
    status: str
    first_id: int
    end: datetime

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.status != IN_PROGRESS


CHILD: Mapping[str, Callable[[AtReport], Body]] = MappingProxyType(
    {
        "ec-child-description-object": lambda _: {"description": {"en": "Cost"}},
        "ec-child-updated-number": lambda _: {"lastUpdated": 1767603600},
        "ec-child-version-number": lambda _: {"version": 1.0},
        "ec-child-code-number": lambda at: {"reportCode": 2} if at.place == 1 else {},
        "ec-child-source-false": lambda _: {"reportSource": False},
        "ec-child-id-string": lambda at: {"reportId": str(at.place + 1)},
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
        "ec-child-tags-map": lambda at: (
            {"tags": {"Audience": ["Finance"]}} if 0 < at.place == at.count - 1 else {}
        ),
    }
)

GROUP: Mapping[str, Callable[[Group], Body]] = MappingProxyType(
    {
        "ec-group-id-string": lambda made: {"reportGroupId": str(made.id)},
        "ec-group-id-overflow": lambda made: {"reportGroupId": INT32_MAX + made.id},
        "ec-group-id-float": lambda made: {} if made.reports else {"reportGroupId": 1.5},
        "ec-group-code-null": lambda _: {"reportGroupCode": None},
        "ec-group-code-number": lambda made: (
            {"reportGroupCode": len(made.code)} if made.code.isdecimal() else {}
        ),
        "ec-group-info-list": lambda made: {"reportGroupInfo": [made.info]},
        "ec-group-reports-map": lambda made: {"reports": {str(made.id): {}}},
        "ec-group-reports-ids": lambda made: {"reports": list(made.reports)},
        "ec-group-reports-null": lambda made: {} if made.reports else {"reports": None},
        "ec-group-info-lost": lambda _: {"reportGroupInfo": "New group"},
    }
)


def _only(status: str, members: Body) -> Callable[[AtLog], Body]:
    return lambda at: members if at.status == status else {}


LOG: Mapping[str, Callable[[AtLog], Body]] = MappingProxyType(
    {
        "ec-exec-recipients-string": lambda at: {"numberOfRecipients": str(at.run.recipients)},
        "ec-exec-recipients-none": lambda at: (
            {} if at.run.recipients else {"numberOfRecipients": "none"}
        ),
        "ec-exec-recipients-overflow": lambda at: (
            {"numberOfRecipients": INT32_MAX + 1} if at.run.recipients == 1 else {}
        ),
        "ec-exec-begin-number": lambda at: {"beginDate": int(at.run.begin.timestamp())},
        "ec-exec-begin-text": lambda at: {"beginDate": at.run.begin.strftime("%d %B %Y")},
        "ec-exec-end-word": lambda _: {"endDate": "soon"},
        "ec-exec-end-first": lambda at: {"endDate": iso(at.run.begin - timedelta(minutes=1))},
        "ec-exec-log-reused": lambda at: {"reportDistributionLogId": at.first_id},
        "ec-exec-log-reused-third": lambda at: (
            {"reportDistributionLogId": at.run.id - 1} if at.run.number == 3 else {}
        ),
        "ec-exec-log-string": lambda at: {"reportDistributionLogId": str(at.run.id)},
        "ec-exec-log-overflow": lambda at: {"reportDistributionLogId": INT32_MAX + at.run.id},
        "ec-exec-status-unknown": _only(IN_PROGRESS, {"status": "Running"}),
        "ec-exec-status-lower": lambda at: {"status": at.status.lower()},
        "ec-exec-status-empty": lambda at: {} if at.run.recipients else {"status": ""},
        "ec-log-status-partial": _only(PARTLY_SENT, {"status": "Partial"}),
        "ec-log-end-first": lambda at: (
            {"endDate": iso(at.run.begin - timedelta(hours=1))} if at.over else {}
        ),
        "ec-log-goes-back": lambda at: (
            {"status": IN_PROGRESS} if at.over and at.run.looks == 2 else {}
        ),
        "ec-exec-distribution-list": lambda at: {"reportDistribution": [at.run.distribution.id]},
    }
)

REPORT_OF: Mapping[str, Callable[[AtLog], Body]] = MappingProxyType(
    {
        "ec-exec-other-distribution": lambda at: {
            "reportDistributionId": at.run.distribution.id + 1
        },
        "ec-exec-distribution-string": lambda at: {
            "reportDistributionId": str(at.run.distribution.id)
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
        "ec-exec-report-code-number": lambda at: {"reportCode": at.run.distribution.report},
        "ec-exec-name-object": lambda at: {
            "reportDistributionName": {"en": at.run.distribution.name}
        },
    }
)
