"""What a client of Talkdesk asks for when it creates a job."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.errors import Refusal
from mockserver.moment import from_datetime

DEFAULT_ZONE = "UTC"
LONGEST = 31 * 24 * 60 * 60 * 1000
"""Milliseconds: one month, by the vendor's limit."""

_YEARS = range(1970, 9999)


def read_order(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of a job from a body that its contract allows.

    Raises:
        Refusal: 400, a time zone or moment that is none, or a span that is reversed or too long.
    """
    span = body["timespan"]
    within = "timezone" not in body and "timezone" in span
    zone = span["timezone"] if within else body.get("timezone", DEFAULT_ZONE)
    find_zone(zone, "timespan.timezone" if within else "timezone")
    details = {
        "format": body["format"],
        "timezone": zone,
        "timespan": {"from": span["from"], "to": span["to"]},
    }
    _check_span(details)
    return details | ({"name": body["name"]} if "name" in body else {})


def read_span(details: Mapping[str, Any]) -> tuple[int, int]:
    """Return start and end of the span of a job, in milliseconds since the epoch.

    Moments without an offset are of the job's time zone.

    Raises:
        Refusal: 400, there is no such moment.
    """
    zone, span = find_zone(details["timezone"], "timezone"), details["timespan"]
    start = _read_moment(span["from"], zone, "timespan.from")
    end = _read_moment(span["to"], zone, "timespan.to")
    return from_datetime(start), from_datetime(end)


def find_zone(name: str, field: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        Refusal: 400, there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        reason = "is not the IANA name of a time zone"
        raise Refusal(400, f"{field} {reason}.", field=field, reason=reason) from None


def _check_span(details: Mapping[str, Any]) -> None:
    start, end = read_span(details)
    if start > end:
        reason = "lies after timespan.to"
        raise Refusal(400, f"timespan.from {reason}.", field="timespan.from", reason=reason)
    if end - start > LONGEST:
        reason = "lies more than one month after timespan.from"
        raise Refusal(400, f"timespan.to {reason}.", field="timespan.to", reason=reason)


def _read_moment(text: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        reason = f"is no moment of the years {_YEARS.start} to {_YEARS.stop - 1}"
        raise Refusal(400, f"{field} {reason}.", field=field, reason=reason)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
