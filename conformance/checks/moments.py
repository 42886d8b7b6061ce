"""Judges of moments and time zones."""

import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime

from conformance.checks.base import JudgeCase, judge
from conformance.checks.concern import answer_of, statuses_of
from conformance.checks.reading import read_moment
from conformance.contracts.pointing import members, value_at
from conformance.outcome import Judgement, broken, kept, skipped


@judge("moment")
def moment(case: JudgeCase, *, pointers: Sequence[str], whole: bool = False) -> Judgement | None:
    """The values are ISO 8601 date-times; a bare date passes unless `whole`, null is no value."""
    received = answer_of(case, statuses_of(case, ()))
    if received is None:
        return None
    found = False
    for pointer in pointers:
        for place, value in members(received.json, pointer):
            if value is None:
                continue
            parsed = read_moment(value)
            if parsed is None and not whole:
                return broken(f"{place}: {value!r} is no date-time", case.exchange)
            if whole and parsed is not None and not isinstance(parsed, datetime):
                return broken(f"{place}: {value!r} is a date without a time", case.exchange)
            found = found or parsed is not None
    return kept(case.exchange) if found else None


@judge("end_not_before_begin")
def end_not_before_begin(
    case: JudgeCase, *, begin: str, end: str, items: str = ""
) -> Judgement | None:
    """The moment at `end` is not before the one at `begin`, where both are there.

    `items` points at the things to compare in, one or (`/-`) all of a list.
    """
    received = answer_of(case, statuses_of(case, ()))
    if received is None:
        return None
    compared = False
    for _, item in members(received.json, items):
        first, last = read_moment(value_at(item, begin)), read_moment(value_at(item, end))
        order = _before(last, first) if first is not None and last is not None else None
        if order:
            return broken(f"it ends {last} but begins {first}", case.exchange)
        compared = compared or order is not None
    return kept(case.exchange) if compared else None


def _before(one: date, other: date) -> bool | None:
    """Tell whether `one` lies before `other`; None where they cannot be compared."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        if (one.tzinfo is None) != (other.tzinfo is None):
            return None
        return one < other
    # A bare date is the whole day: only another day tells.
    return _day(one) < _day(other)


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


@judge("iana_zone")
def iana_zone(case: JudgeCase, *, pointer: str) -> Judgement | None:
    """The text is a zone that the IANA database on this machine lists."""
    received = answer_of(case, statuses_of(case, ()))
    value = value_at(received.json, pointer) if received else None
    if not isinstance(value, str):
        return None
    if not _is_zone("Europe/London"):
        return skipped("this machine has no time zone database")
    if not _is_zone(value):
        return broken(f"{pointer}: {value!r} is no zone of the IANA database", case.exchange)
    return kept(case.exchange)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return False
    return True
