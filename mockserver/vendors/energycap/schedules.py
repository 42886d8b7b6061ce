"""EnergyCAP's schedule types: their names, the day indicators they take, and when they run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from mockserver.errors import ApiError
from mockserver.timestamps import from_datetime, to_datetime
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
        times = (from_datetime(datetime.combine(one, _HOUR)) for one in self._due_dates(day, now))
        return next(moment for moment in times if moment > now)

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
            reason = f"must be from {schedule.least} to {schedule.most}: it is {schedule.name}"
            raise ApiError(400, f"{DAY} {reason}.", field=DAY, reason=reason)
