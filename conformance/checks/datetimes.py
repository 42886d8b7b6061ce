"""Exchange checks of date-times and time zones."""

import re
import zoneinfo
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from conformance.checks import (
    CheckResult,
    Responses,
    exchange_check,
    failed,
    history_check,
    passed,
    result_of,
    skipped,
)
from conformance.checks.cases import ExchangeCase, HistoryCase, requested_value
from conformance.contract_queries import ABSENT, value_at, values_at

# What `datetime.fromisoformat` takes between a day and an hour, but no standard.
_OWN_SIGN: Final = re.compile(r"^\d{4}-?\d\d-?\d\d[^-\dTt ]")
# Two local times of one instant are never further apart.
_OFFSETS: Final = timedelta(hours=26)


def parse_datetime(value: Any) -> datetime | date | None:
    """Return the date or date-time of an ISO 8601 text, None for anything else.

    RFC 3339 allows the letters T and Z in lower case, too, and a space for the T; other signs
    between date and time are Python's own.
    """
    if not isinstance(value, str) or _OWN_SIGN.search(value):
        return None
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(value.upper())
        except ValueError:
            continue
    return None


def same_instant(first: Any, second: Any) -> bool:
    """Compare date-times by their instant, or by their local time where one has no offset."""
    one, other = parse_datetime(first), parse_datetime(second)
    if not isinstance(one, datetime) or not isinstance(other, datetime):
        return bool(first == second)
    if one.tzinfo is None or other.tzinfo is None:
        return one.replace(tzinfo=None) == other.replace(tzinfo=None)
    return one == other


@exchange_check("is_datetime", responses=Responses.SUCCESSFUL)
def is_datetime(
    case: ExchangeCase, *, pointers: Sequence[str], whole: bool = False
) -> CheckResult | None:
    """The values are ISO 8601 date-times; null is no value.

    A bare date, and a space for the T (RFC 3339 lets it pass), are taken unless `whole`.
    """
    parsed_any = False
    for pointer in pointers:
        for location, value in values_at(case.response.json, pointer):
            if value is None:
                continue
            parsed = parse_datetime(value)
            if parsed is None and not whole:
                return failed(f"{location}: {value!r} is not an ISO 8601 date-time")
            if whole and parsed is not None and not isinstance(parsed, datetime):
                return failed(f"{location}: {value!r} is a date without a time")
            if whole and parsed is not None and " " in value:
                return failed(f"{location}: {value!r} has a space where ISO 8601 has a T")
            parsed_any = parsed_any or parsed is not None
    return passed() if parsed_any else None


@exchange_check("end_not_before_begin", responses=Responses.SUCCESSFUL)
def end_not_before_begin(
    case: ExchangeCase, *, begin: str, end: str, items: str = ""
) -> CheckResult | None:
    """The date-time at `end` is not before the one at `begin`, where both are present.

    `items` points at the objects to compare in: one or (`/-`) all of a list.
    """
    compared = False
    for _, item in values_at(case.response.json, items):
        first, last = parse_datetime(value_at(item, begin)), parse_datetime(value_at(item, end))
        order = _is_before(last, first) if first is not None and last is not None else None
        if order:
            return failed(f"it ends {last} but begins {first}")
        compared = compared or order is not None
    return passed() if compared else None


def _is_before(one: date, other: date) -> bool | None:
    """Return whether `one` is before `other`, None where they cannot be compared."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        if (one.tzinfo is None) != (other.tzinfo is None):
            apart = other.replace(tzinfo=None) - one.replace(tzinfo=None)
            return True if apart > _OFFSETS else False if apart < -_OFFSETS else None
        return one < other
    # A bare date is the whole day, so only another day is evidence.
    return _day(one) < _day(other)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


@exchange_check("iana_zone", responses=Responses.SUCCESSFUL)
def iana_zone(case: ExchangeCase, *, pointer: str) -> CheckResult | None:
    """The text is a time zone in the IANA database of this machine."""
    value = value_at(case.response.json, pointer)
    if not isinstance(value, str):
        return None
    if not _is_zone("Europe/London"):
        return skipped("this machine has no time zone database")
    if not _is_zone(value):
        return failed(f"{pointer}: {value!r} is not in the IANA time zone database")
    return passed()


@history_check("zone_of_known_area", otherwise="no job showed a time zone")
def zone_of_known_area(
    case: HistoryCase, *, pointer: str, requested: Sequence[str]
) -> Iterator[CheckResult]:
    """A time zone is a name of the IANA database, or may be a new one in one of its areas.

    The database gets no new names without an area. A job that was created with what is no zone of
    it is not judged: it may give that back.
    """
    for job in case.jobs:
        asked = requested_value(job, requested)
        if asked is not ABSENT and _zone_error(asked) is not None:
            continue
        for poll in case.requests_to(job, "poll"):
            value = value_at(poll.exchange.json, pointer)
            if isinstance(value, str):
                error = _zone_error(value)
                yield result_of(error and f"{pointer}: {error}", poll.exchange)


def _zone_error(name: Any) -> str | None:
    """Return why a name cannot be in any edition of the IANA time zone database.

    Names without an area are old, and no more are added; this machine may lack a new place.
    """
    if _is_zone(str(name)) or not _is_zone("Europe/London"):
        return None
    area, slash, _ = str(name).partition("/")
    areas = {known.partition("/")[0] for known in zoneinfo.available_timezones() if "/" in known}
    return None if slash and area in areas else f"{name!r} is of no area of the IANA database"


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return False
    return True
