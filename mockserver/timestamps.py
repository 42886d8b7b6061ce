"""Timestamps, in milliseconds since the epoch, and durations as text of ISO 8601, and back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

import isodate

from mockserver.clock import EARLIEST, LATEST
from mockserver.errors import ApiError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WITHOUT_ZONE = _EPOCH.replace(tzinfo=None)
_MILLISECOND = timedelta(milliseconds=1)


@lru_cache(maxsize=1024)  # clients that poll read the same few: a twentieth of the time
def to_iso_string(timestamp: int) -> str:
    """Return a timestamp as ISO 8601 in UTC, with milliseconds and Z."""
    # A date-time without a zone is written in half the time; bodies of jobs have one or more.
    when = _EPOCH_WITHOUT_ZONE + min(timestamp, LATEST) * _MILLISECOND
    return when.isoformat("T", "milliseconds") + "Z"


def to_http_date(timestamp: int) -> str:
    """Return a timestamp as the value of a header such as Date (RFC 9110, 5.6.7)."""
    return format_datetime(to_datetime(timestamp), usegmt=True)


def to_datetime(timestamp: int) -> datetime:
    """Return a timestamp as a date and time in UTC, at most the end of virtual time."""
    return _EPOCH + timedelta(milliseconds=min(timestamp, LATEST))


def from_datetime(when: datetime) -> int:
    """Return the timestamp of an aware date and time."""
    since = when - _EPOCH  # of which a quotient takes three times as long
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def parse_timestamp(text: str) -> int:
    """Return the timestamp of an ISO 8601 date-time, at most one beyond the ends of virtual time.

    Raises:
        ValueError: it is malformed or has no offset; the text says what it must be.
    """
    try:
        when = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError("must be an ISO 8601 date-time such as 2026-03-30T09:00:00Z") from None
    if when.tzinfo is None:
        raise ValueError("must have an offset, as 2026-03-30T09:00:00Z has")
    return min(max(from_datetime(when), EARLIEST), LATEST)


def parse_duration(text: str) -> int:
    """Return the milliseconds of an ISO 8601 duration without years and months.

    Raises:
        ValueError: it is malformed, negative, or longer than virtual time; the text says what it
            must be.
    """
    try:
        duration: Any = isodate.parse_duration(text)
    except (ValueError, OverflowError, ArithmeticError):
        duration = None
    if not isinstance(duration, timedelta) or duration < timedelta(0) or text.endswith("T"):
        raise ValueError("must be an ISO 8601 duration such as PT5M, without years and months")
    milliseconds = duration // _MILLISECOND
    if milliseconds > LATEST - EARLIEST:
        raise ValueError("must not be longer than ten thousand years")
    return milliseconds


def parse_field(parse: Callable[[str], int], text: str, field: str) -> int:
    """Return what `parse` makes of the text of a request's member.

    Raises:
        ApiError: 400, it is not valid; the error names the field.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise ApiError.for_field(field, str(error)) from None
