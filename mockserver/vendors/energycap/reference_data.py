"""EnergyCAP's reference data: schedule types, users, groups, reports."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request
from mockserver.sandbox.resources import Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import from_datetime, to_datetime, to_iso_string
from specs import Contract

SCHEDULE = "reportSubscriptionScheduleTypeId"
DAY = "dayIndicatorValue"

_HOUR = time(6, tzinfo=UTC)
"""When a scheduled distribution runs (assumed)."""

_IS_DUE: Mapping[str, Callable[[date, int], bool]] = MappingProxyType(
    {
        "day": lambda _, __: True,
        "week": lambda today, day: today.isoweekday() % 7 == day,
        "month": lambda today, day: today.day == day,
        "quarter": lambda today, day: today.day == 1 and (today.month - 1) % 3 + 1 == day,
    }
)


@dataclass(frozen=True, slots=True)
class ScheduleType:
    """One schedule type; a day indicator lies from `least` to `most`.

    `every` is the period (day, week, month or quarter). `info` names a day indicator: a text with
    % for its value, a list of names by value, or None.
    """

    id: int
    name: str
    every: str
    least: int
    most: int
    info: str | list[str] | None = None

    def day_info(self, day: int) -> str | None:
        """Return what a day indicator is called."""
        if isinstance(self.info, list):
            return self.info[day]
        return None if self.info is None else self.info.replace("%", str(day))

    def next_run(self, day: int, now: int) -> int:
        """Return when the schedule runs next after `now`, in milliseconds since the epoch."""
        times = (from_datetime(datetime.combine(due, _HOUR)) for due in self._due_dates(day, now))
        return next(timestamp for timestamp in times if timestamp > now)

    def _due_dates(self, day: int, now: int) -> Iterator[date]:
        today = to_datetime(now).date()
        while True:
            if _IS_DUE[self.every](today, day):
                yield today
            today += timedelta(days=1)


class Schedules:
    """The schedule types that the contract lists under x-schedules."""

    def __init__(self, contract: Contract) -> None:
        rows = contract.openapi["components"]["schemas"]["ScheduleTypeId"]["x-schedules"]
        self._types = {row["id"]: ScheduleType(**row) for row in rows}

    def of(self, data: Mapping[str, Any]) -> ScheduleType:
        """Return the schedule type of a distribution."""
        return self._types[data[SCHEDULE]]

    def check(self, data: Mapping[str, Any]) -> None:
        """Return if the day indicator is one of the schedule type.

        Raises:
            ApiError: 400, it is not.
        """
        schedule = self.of(data)
        if not schedule.least <= data[DAY] <= schedule.most:
            raise ApiError.for_field(
                DAY, f"must be from {schedule.least} to {schedule.most}: it is {schedule.name}"
            )


class ReferenceData:
    """The reports, users and user groups of an account."""

    def __init__(self, vendor: str) -> None:
        self.reports = ResourceCollection(f"{vendor}.report")
        self.users = ResourceCollection(f"{vendor}.user")
        self.user_groups = ResourceCollection(f"{vendor}.usergroup")

    def check(
        self, request: Request, collection: ResourceCollection, field: str, numbers: Iterable[int]
    ) -> list[int]:
        """Return the ids without repetitions, if each is known.

        Raises:
            ApiError: 400, one is unknown.
        """
        unique = list(dict.fromkeys(numbers))
        for number in unique:
            if collection.find(request.sandbox, request.account, str(number)) is None:
                raise ApiError.for_field(field, f"has an unknown id: {number}")
        return unique

    def recipients(self, sandbox: Sandbox, account: str, groups: Iterable[int]) -> set[int]:
        """Return the members of user groups who can receive mail, each once (EC-S30)."""
        members = {
            user for group in self._groups(sandbox, account, groups) for user in group["userIds"]
        }
        return {user for user in members if self._receives_mail(sandbox, account, user)}

    def override(self, sandbox: Sandbox, account: str, users: Iterable[int]) -> set[int]:
        """Return the users who replace the configured recipients, each once.

        Raises:
            ApiError: 400, one is unknown, not active, or has no e-mail address.
        """
        unique = set(users)
        for user in sorted(unique):
            if not self._receives_mail(sandbox, account, user):
                reason = f"must be active users with an e-mail address: {user} is not"
                raise ApiError.for_field("overrideUserIds", reason)
        return unique

    def user_of(self, request: Request) -> int:
        """Return the user who owns the caller's key, by its role."""
        role = request.identity.role if request.identity else None
        users = list(self.users.iter_all(request.sandbox, request.account))
        owners = [int(user.id) for user in users if user.data.get("role") == role]
        return (owners or [int(user.id) for user in users])[0]

    def report(self, sandbox: Sandbox, account: str, number: int) -> Resource:
        """Return a report that something refers to; none is ever removed."""
        report = self.reports.find(sandbox, account, str(number))
        assert report is not None
        return report

    def report_bodies(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Return reports as ReportChild."""
        return [self.report(sandbox, account, number).data["body"] for number in numbers]

    def user_body(self, sandbox: Sandbox, account: str, number: int) -> dict[str, Any]:
        """Return a user as UserChild."""
        user = self.users.find(sandbox, account, str(number))
        return _members(user.data, "fullName", "userCode", "userId") if user else {}

    def group_bodies(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Return user groups as UserGroupChild."""
        groups = self._groups(sandbox, account, numbers)
        return [_members(group, "userGroupId", "userGroupName") for group in groups]

    def group_bodies_with_members(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Return user groups as UserGroupWithMembers: those who can receive mail."""
        return [
            {
                **_members(group, "userGroupId", "userGroupName"),
                "members": [
                    self._user_with_email(sandbox, account, user)
                    for user in group["userIds"]
                    if self._receives_mail(sandbox, account, user)
                ],
            }
            for group in self._groups(sandbox, account, numbers)
        ]

    def _user_with_email(self, sandbox: Sandbox, account: str, number: int) -> dict[str, Any]:
        user = self.users.find(sandbox, account, str(number))
        assert user is not None
        return _members(user.data, "fullName", "userCode", "userId", "email")

    def _groups(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> Iterator[dict[str, Any]]:
        groups = (self.user_groups.find(sandbox, account, str(number)) for number in numbers)
        yield from (group.data for group in groups if group)

    def _receives_mail(self, sandbox: Sandbox, account: str, number: int) -> bool:
        user = self.users.find(sandbox, account, str(number))
        return user is not None and user.data["active"] and bool(user.data.get("email"))


def _members(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names}


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
