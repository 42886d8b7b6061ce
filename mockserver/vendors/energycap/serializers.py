"""EnergyCAP's distributions and the settings of their runs as response bodies."""

from collections.abc import Mapping
from typing import Any

from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import to_iso_string
from mockserver.vendors.energycap.reference_data import DAY, ReferenceData, Schedules

NAME = "reportDistributionName"
REPORT = "specificReportId"
GROUPS = "recipientUserGroupIds"
FILTERS = "reportFilters"
FORMAT = "reportFormat"

ENDS = "ends"
"""The state of the lifecycle in which runs end, if not the default."""

_DATES = {"createdDate": "created", "lastRunDate": "lastRun", "nextRunDate": "nextRun"}


class Serializers:
    """Makes response bodies from the data of a distribution: its request's members and our own.

    Our own are `enabled`, `created`, `modified`, `lastRun` and `nextRun` (milliseconds since the
    epoch), and `creator` and `modifier` (ids of users).
    """

    def __init__(self, reference_data: ReferenceData, schedules: Schedules) -> None:
        self._reference_data = reference_data
        self._schedules = schedules

    def child(
        self, sandbox: Sandbox, account: str, number: int, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return ReportDistributionChild."""
        return {
            "createdByUser": self._reference_data.user_body(sandbox, account, data["creator"]),
            "reportCode": self.base_report(sandbox, account, data)["reportCode"],
            "reportDistributionId": number,
            NAME: data[NAME],
        }

    def details(
        self, sandbox: Sandbox, account: str, number: int, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return ReportDistributionDetailsResponse."""
        users = self._reference_data
        groups = users.group_bodies(sandbox, account, data[GROUPS])
        body = {
            "reportDistributionId": number,
            NAME: data[NAME],
            "createdByUser": users.user_body(sandbox, account, data["creator"]),
            "enabled": data["enabled"],
            REPORT: data[REPORT],
            "baseReport": self.base_report(sandbox, account, data),
            "emailSettings": {"recipientUserGroups": groups, **self._mail(data)},
            **{name: _date_time(data.get(key)) for name, key in _DATES.items()},
        }
        if "modified" in data:
            body["modifiedByUser"] = users.user_body(sandbox, account, data["modifier"])
            body["modifiedDate"] = _date_time(data["modified"])
        return body

    def log_settings(
        self, sandbox: Sandbox, account: str, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the settings of a run as in ReportDistributionLogDetailResponse."""
        groups = self._reference_data.group_bodies_with_members(sandbox, account, data[GROUPS])
        return {
            "emailSettings": {
                "sentFromEmail": f"reports@{account}.example",
                "recipientUserGroups": groups,
                **self._mail(data),
            },
            "reportSettings": {
                "baseReport": self.base_report(sandbox, account, data),
                FILTERS: filter_bodies(data),
            },
        }

    def base_report(
        self, sandbox: Sandbox, account: str, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the report of a distribution as ReportChild."""
        return self._reference_data.report_bodies(sandbox, account, [data[REPORT]])[0]

    def _mail(self, data: Mapping[str, Any]) -> dict[str, Any]:
        schedule, day = self._schedules.of(data), data[DAY]
        names = ("replyToEmail", "emailSubject", "emailMessage", FORMAT, "onlySendIfData")
        return {
            **{name: data.get(name) for name in names},
            "scheduleType": {
                "reportSubscriptionScheduleTypeId": schedule.id,
                "reportSubscriptionScheduleTypeName": schedule.name,
            },
            "dayIndicator": {DAY: day, "dayIndicatorInfo": schedule.day_info(day)},
        }


def filter_bodies(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the filters of a distribution as FilterResponse.

    Which fields a report has is in no source, so that any is shown under a name of its id.
    """
    return [
        {
            "availableOperator": [row["operator"]],
            "caption": f"Field {row['fieldId']}",
            "queryParameterName": f"field{row['fieldId']}",
            "fieldId": row["fieldId"],
            "dataFieldId": row["fieldId"],
            "dataType": {"dataTypeId": 1, "dataTypeCode": "String", "dataTypeInfo": "Text"},
            "operator": row["operator"],
            "value": row.get("value"),
            "required": False,
            "recommended": False,
            "hidden": False,
        }
        for row in data[FILTERS]
    ]


def _date_time(timestamp: int | None) -> str | None:
    return None if timestamp is None else to_iso_string(timestamp)
