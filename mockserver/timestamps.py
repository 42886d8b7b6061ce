"""Moments (milliseconds since the epoch) as the text of ISO 8601, and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import isodate

from mockserver.clock import EARLIEST, LATEST
from mockserver.errors import ApiError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_iso_string(moment: int) -> str:
    """Return a moment as ISO 8601 in UTC, with milliseconds and Z."""
    return to_datetime(moment).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def to_datetime(moment: int) -> datetime:
    """Return a moment as a date and time in UTC."""
    return _EPOCH + timedelta(milliseconds=moment)


def from_datetime(when: datetime) -> int:
    """Return the moment of an aware date and time."""
    since = when - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)


def read_moment(text: str, field: str) -> int:
    """Return a date-time as milliseconds since the epoch, at most one beyond the ends of time.

    Raises:
        ApiError: it is none, or has no offset.
    """
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise _refuse(field, "is no date-time; write for instance 2026-03-30T09:00:00Z") from None
    if moment.tzinfo is None:
        raise _refuse(field, "needs an offset; write for instance 2026-03-30T09:00:00Z")
    milliseconds = (moment - _EPOCH_UTC) // timedelta(milliseconds=1)
    return min(max(milliseconds, EARLIEST), LATEST)


def read_duration(text: str, field: str) -> int:
    """Return an ISO 8601 duration of fixed length as milliseconds.

    Raises:
        ApiError: it is none.
    """
    try:
        duration: Any = isodate.parse_duration(text)
    except (ValueError, OverflowError):
        duration = None
    if not isinstance(duration, timedelta) or duration < timedelta(0):
        raise _refuse(field, "is no ISO 8601 duration; write for instance PT5M")
    return int(duration / timedelta(milliseconds=1))


def _refuse(field: str, reason: str) -> ApiError:
    return ApiError(400, f"{field} {reason}.", field=field, reason=reason)
