"""What a client asks for when it creates a Talkdesk job."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from conformance.reference.inputs import LONGEST, bad, body_is_utf8, choice, date_time, json_object
from conformance.reference.stage import Stage

FORMATS = ("csv", "json", "json_bulk")
_LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Order:
    """A report to be made; the time span is kept as it was written."""

    name: str | None
    timezone: str
    format: str
    timespan: dict[str, str]


def read_order(stage: Stage) -> Order:
    """The order in the request's body, else a 400 that names the field."""
    stage.crash("td-crash-not-utf8", when=not body_is_utf8())
    body = json_object()
    return Order(
        name=_name(body),
        timespan=_timespan(body, stage),
        timezone=_timezone(body),
        format=_format(body, stage),
    )


def _name(body: dict[str, Any]) -> str | None:
    if "name" not in body:
        return None
    if not isinstance(body["name"], str) or not 1 <= len(body["name"]) <= LONGEST:
        raise bad("name", f"must be a string of 1 to {LONGEST} characters")
    return body["name"]


def _format(body: dict[str, Any], stage: Stage) -> str:
    value = body.get("format")
    if stage.broken("td-format-unchecked") and isinstance(value, str) and value not in FORMATS:
        return "csv"
    asked = choice(value, "format", FORMATS)
    return "csv" if asked == "json" and stage.broken("td-format-not-echoed") else asked


def _timespan(body: dict[str, Any], stage: Stage) -> dict[str, str]:
    span = body.get("timespan")
    if not isinstance(span, dict):
        raise bad("timespan", "must be an object with from and to")
    start = date_time(span.get("from"), "timespan.from")
    end = date_time(span.get("to"), "timespan.to")
    if start > end:
        raise bad("timespan.from", "must not be after timespan.to")
    if end - start > _LONGEST and not stage.broken("td-long-span-ok"):
        raise bad("timespan.to", "must be within one month of timespan.from")
    return {"from": span["from"], "to": span["to"]}


def _timezone(body: dict[str, Any]) -> str:
    holders = ((body, "timezone"), (body["timespan"], "timespan.timezone"))
    zones = [_iana(holder["timezone"], name) for holder, name in holders if "timezone" in holder]
    return (zones or ["UTC"])[0]


def _iana(value: object, name: str) -> str:
    if value == "UTC":
        return "UTC"
    try:
        ZoneInfo(value if isinstance(value, str) else "")
    except (ValueError, OSError, KeyError) as error:
        raise bad(name, "must be an IANA time zone") from error
    return str(value)
