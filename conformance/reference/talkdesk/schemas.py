"""Validation of a request to create a Talkdesk job."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from conformance.reference.context import AppContext
from conformance.reference.parsing import (
    LONGEST,
    bad_request,
    body_is_utf8,
    choice,
    date_time,
    json_object,
)

FORMATS = ("csv", "json", "json_bulk")
_LONGEST = timedelta(days=31)
_OFFSET = re.compile(r"[+-][0-9]{2}:?[0-9]{2}( |$)")


@dataclass(frozen=True, slots=True)
class JobRequest:
    """The report to create; the time span stays as it was written."""

    name: str | None
    timezone: str
    format: str
    timespan: dict[str, str]


def parse_job_request(context: AppContext) -> JobRequest:
    """Return the request's body; raise a 400 that names the invalid field."""
    context.raise_if_planted("td-crash-not-utf8", when=not body_is_utf8())
    body = json_object()
    name = body.get("name")
    if isinstance(name, str):
        context.raise_if_planted("td-crash-long-name", when=200 < len(name) <= LONGEST)
        context.raise_if_planted("td-crash-unicode-name", when=not name.isascii())
    if body.get("format") in ("CSV", "JSON") and context.has_defect("td-format-case-ignored"):
        body["format"] = body["format"].lower()
    return JobRequest(
        name=_name(body),
        timespan=_timespan(body, context),
        timezone=_timezone(body),
        format=_format(body, context),
    )


def _name(body: dict[str, Any]) -> str | None:
    if "name" not in body:
        return None
    if not isinstance(body["name"], str) or not 1 <= len(body["name"]) <= LONGEST:
        raise bad_request("name", f"must be a string of 1 to {LONGEST} characters")
    return body["name"]


def _format(body: dict[str, Any], context: AppContext) -> str:
    value = body.get("format")
    if (
        context.has_defect("td-format-unchecked")
        and isinstance(value, str)
        and value not in FORMATS
    ):
        return "csv"
    requested = choice(value, "format", FORMATS)
    return (
        "csv" if requested == "json" and context.has_defect("td-format-not-echoed") else requested
    )


def _timespan(body: dict[str, Any], context: AppContext) -> dict[str, str]:
    span = body.get("timespan")
    if not isinstance(span, dict):
        raise bad_request("timespan", "must be an object with from and to")
    ends = f"{span.get('from')} {span.get('to')}"
    context.raise_if_planted("td-crash-offset", when=bool(_OFFSET.search(ends)))
    start = date_time(span.get("from"), "timespan.from")
    end = date_time(span.get("to"), "timespan.to")
    if start > end:
        raise bad_request("timespan.from", "must not be after timespan.to")
    if end - start > _LONGEST and not context.has_defect("td-long-span-ok"):
        raise bad_request("timespan.to", "must be within one month of timespan.from")
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
        raise bad_request(name, "must be an IANA time zone") from error
    return str(value)
