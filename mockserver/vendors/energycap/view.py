"""EnergyCAP's distributions and their runs as they look on the wire."""

from collections.abc import Mapping
from typing import Any

from mockserver.moment import iso
from mockserver.sandbox import Sandbox
from mockserver.vendors.energycap.catalogue import Catalogue

NAME = "reportDistributionName"
REPORT = "specificReportId"
GROUPS = "recipientUserGroupIds"
SCHEDULE = "reportSubscriptionScheduleTypeId"
FILTERS = "reportFilters"
FORMAT = "reportFormat"

ENDS = "ends"
"""Another end of the runs than the usual one: a state of the lifecycle."""

_MAIL = ("replyToEmail", "emailSubject", "emailMessage", FORMAT, "onlySendIfData")


class View:
    """Shows the data of a distribution: the members of its request, and what the mock adds.

    These are `enabled`, `created`, `creator`, `modified`, `modifier`, `lastRun` and `nextRun`:
    moments in milliseconds since the epoch, and numbers of users.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def child(
        self, sandbox: Sandbox, account: str, number: int, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return ReportDistributionChild."""
        return {
            "createdByUser": self._catalogue.show_user(sandbox, account, data["creator"]),
            "reportCode": self._report(sandbox, account, data)["reportCode"],
            "reportDistributionId": number,
            NAME: data[NAME],
        }

    def details(
        self, sandbox: Sandbox, account: str, number: int, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return ReportDistributionDetailsResponse."""
        moments = {"createdDate": "created", "lastRunDate": "lastRun", "nextRunDate": "nextRun"}
        shown = {
            "reportDistributionId": number,
            NAME: data[NAME],
            "createdByUser": self._catalogue.show_user(sandbox, account, data["creator"]),
            "enabled": data["enabled"],
            REPORT: data[REPORT],
            "baseReport": self._report(sandbox, account, data),
            "emailSettings": self.mail(sandbox, account, data),
            **{name: _moment(data.get(key)) for name, key in moments.items()},
        }
        if "modified" in data:
            shown["modifiedByUser"] = self._catalogue.show_user(sandbox, account, data["modifier"])
            shown["modifiedDate"] = _moment(data["modified"])
        return shown

    def mail(self, sandbox: Sandbox, account: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return EmailSettings."""
        groups = self._catalogue.show_user_groups(sandbox, account, data.get(GROUPS, ()))
        shown = {name: data[name] for name in _MAIL if name in data}
        shown |= {"recipientUserGroups": groups, "dayIndicator": data.get("dayIndicatorValue")}
        schedule = self._catalogue.schedules.find(sandbox, account, str(data.get(SCHEDULE)))
        if schedule is not None:
            names = ("scheduleTypeId", "scheduleTypeInfo")
            shown["scheduleType"] = {name: schedule.data[name] for name in names}
        return shown

    def report(self, sandbox: Sandbox, account: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the report and its filters, as in the detail of a log."""
        base = self._report(sandbox, account, data)
        return {"baseReport": base, FILTERS: data.get(FILTERS, [])}

    def _report(self, sandbox: Sandbox, account: str, data: Mapping[str, Any]) -> dict[str, Any]:
        return self._catalogue.show_reports(sandbox, account, [data[REPORT]])[0]


def _moment(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)
