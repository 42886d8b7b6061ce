"""Reads what bodies and requests carry as text: moments, and the JSON that was sent."""

import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import orjson

from conformance.checks.applicability import applicable_response, expected_statuses
from conformance.checks.registry import ExchangeCase, exchange_check
from conformance.contract_queries import value_at, values_at
from conformance.http.exchange import NOT_JSON, Exchange
from conformance.verdict import CheckResult, failed, passed, skipped


def parse_datetime(value: Any) -> datetime | date | None:
    """Return the moment that an ISO 8601 text names, the day of a bare date, None for others."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def same_instant(one: Any, other: Any) -> bool:
    """Tell whether two texts name one moment; without an offset in one, its wall clock counts."""
    first, second = parse_datetime(one), parse_datetime(other)
    if not isinstance(first, datetime) or not isinstance(second, datetime):
        return bool(one == other)
    if first.tzinfo is None or second.tzinfo is None:
        return first.replace(tzinfo=None) == second.replace(tzinfo=None)
    return first == second


def request_json(exchange: Exchange) -> Any:
    """Return the JSON body of a request, or NOT_JSON."""
    try:
        return orjson.loads(exchange.request.body or b"")
    except ValueError:
        return NOT_JSON


@exchange_check("is_datetime")
def is_datetime(
    case: ExchangeCase, *, pointers: Sequence[str], whole: bool = False
) -> CheckResult | None:
    """The values are ISO 8601 date-times; a bare date passes unless `whole`, null is no value."""
    received = applicable_response(case, expected_statuses(case, ()))
    if received is None:
        return None
    found = False
    for pointer in pointers:
        for place, value in values_at(received.json, pointer):
            if value is None:
                continue
            parsed = parse_datetime(value)
            if parsed is None and not whole:
                return failed(f"{place}: {value!r} is no date-time", case.exchange)
            if whole and parsed is not None and not isinstance(parsed, datetime):
                return failed(f"{place}: {value!r} is a date without a time", case.exchange)
            found = found or parsed is not None
    return passed(case.exchange) if found else None


@exchange_check("end_not_before_begin")
def end_not_before_begin(
    case: ExchangeCase, *, begin: str, end: str, items: str = ""
) -> CheckResult | None:
    """The moment at `end` is not before the one at `begin`, where both are there.

    `items` points at the things to compare in, one or (`/-`) all of a list.
    """
    received = applicable_response(case, expected_statuses(case, ()))
    if received is None:
        return None
    compared = False
    for _, item in values_at(received.json, items):
        first, last = parse_datetime(value_at(item, begin)), parse_datetime(value_at(item, end))
        order = _before(last, first) if first is not None and last is not None else None
        if order:
            return failed(f"it ends {last} but begins {first}", case.exchange)
        compared = compared or order is not None
    return passed(case.exchange) if compared else None


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


@exchange_check("iana_zone")
def iana_zone(case: ExchangeCase, *, pointer: str) -> CheckResult | None:
    """The text is a zone that the IANA database on this machine lists."""
    received = applicable_response(case, expected_statuses(case, ()))
    value = value_at(received.json, pointer) if received else None
    if not isinstance(value, str):
        return None
    if not _is_zone("Europe/London"):
        return skipped("this machine has no time zone database")
    if not _is_zone(value):
        return failed(f"{pointer}: {value!r} is no zone of the IANA database", case.exchange)
    return passed(case.exchange)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return False
    return True
