"""Moments (milliseconds since the epoch) as the text of ISO 8601, and back."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(moment: int) -> str:
    """Return a moment as ISO 8601 in UTC, with milliseconds and Z."""
    return to_datetime(moment).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def to_datetime(moment: int) -> datetime:
    """Return a moment as a date and time in UTC."""
    return _EPOCH + timedelta(milliseconds=moment)


def from_datetime(when: datetime) -> int:
    """Return the moment of an aware date and time."""
    since = when - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
