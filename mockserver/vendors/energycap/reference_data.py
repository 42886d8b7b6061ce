"""What EnergyCAP's operations refer to and never change: reports, users, groups, schedules."""

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.auth.identity import Identity
from mockserver.errors import ApiError
from mockserver.sandbox.resources import Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import to_iso_string


class ReferenceData:
    """The reports, users, user groups and schedule types of an account."""

    def __init__(self, vendor: str) -> None:
        self.reports = ResourceCollection(f"{vendor}.report")
        self.users = ResourceCollection(f"{vendor}.user")
        self.user_groups = ResourceCollection(f"{vendor}.usergroup")
        self.schedules = ResourceCollection(f"{vendor}.schedule")

    def check(
        self,
        collection: ResourceCollection,
        sandbox: Sandbox,
        account: str,
        numbers: Iterable[int],
        field: str,
    ) -> list[int]:
        """Return the numbers without repetitions, if each names a thing on `shelf`.

        Raises:
            ApiError: 400, one names nothing.
        """
        unique = list(dict.fromkeys(numbers))
        for number in unique:
            if collection.find(sandbox, account, str(number)) is None:
                reason = f"names nothing that there is: {number}"
                raise ApiError(400, f"{field} {reason}.", field=field, reason=reason)
        return unique

    def members(self, sandbox: Sandbox, account: str, groups: Iterable[int]) -> set[int]:
        """Return the users of groups who can receive mail, each once (EC-S30)."""
        found = (self.user_groups.find(sandbox, account, str(number)) for number in groups)
        users = {user for group in found if group for user in group.data["userIds"]}
        return {user for user in users if self._is_reached(sandbox, account, user)}

    def override(self, sandbox: Sandbox, account: str, users: Iterable[int]) -> set[int]:
        """Return the users who are named in place of the configured recipients, each once.

        Raises:
            ApiError: 400, one is not known, not active, or has no e-mail address.
        """
        named = set(users)
        for user in sorted(named):
            if not self._is_reached(sandbox, account, user):
                reason = f"names no active user with an e-mail address: {user}"
                field = "overrideUserIds"
                raise ApiError(400, f"{field} {reason}.", field=field, reason=reason)
        return named

    def user_of(self, sandbox: Sandbox, account: str, identity: Identity | None) -> int:
        """Return the user whom a caller's key belongs to, by its role."""
        role = identity.role if identity else None
        users = list(self.users.iter_all(sandbox, account))
        mine = [int(user.id) for user in users if user.data.get("role") == role]
        return (mine or [int(user.id) for user in users])[0]

    def report(self, sandbox: Sandbox, account: str, number: int) -> Resource:
        """Return a report that something refers to; none is ever removed."""
        report = self.reports.find(sandbox, account, str(number))
        assert report is not None
        return report

    def show_reports(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Return reports as ReportChild."""
        return [self.report(sandbox, account, number).data["shown"] for number in numbers]

    def show_user(self, sandbox: Sandbox, account: str, number: int) -> dict[str, Any]:
        """Return a user as UserChild."""
        user = self.users.find(sandbox, account, str(number))
        names = ("fullName", "userCode", "userId")
        return {name: user.data[name] for name in names} if user else {}

    def show_user_groups(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Return user groups as UserGroupChild."""
        found = (self.user_groups.find(sandbox, account, str(number)) for number in numbers)
        names = ("userGroupId", "userGroupCode", "userGroupInfo")
        return [{name: group.data[name] for name in names} for group in found if group]

    def _is_reached(self, sandbox: Sandbox, account: str, number: int) -> bool:
        user = self.users.find(sandbox, account, str(number))
        return user is not None and user.data["active"] and bool(user.data.get("email"))


NAME = "reportDistributionName"
REPORT = "specificReportId"
GROUPS = "recipientUserGroupIds"
SCHEDULE = "reportSubscriptionScheduleTypeId"
FILTERS = "reportFilters"
FORMAT = "reportFormat"

ENDS = "ends"
"""Another end of the runs than the usual one: a state of the lifecycle."""

_MAIL = ("replyToEmail", "emailSubject", "emailMessage", FORMAT, "onlySendIfData")


class Serializer:
    """Shows the data of a distribution: the members of its request, and what the mock adds.

    These are `enabled`, `created`, `creator`, `modified`, `modifier`, `lastRun` and `nextRun`:
    moments in milliseconds since the epoch, and numbers of users.
    """

    def __init__(self, catalogue: ReferenceData) -> None:
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
    return None if moment is None else to_iso_string(moment)
