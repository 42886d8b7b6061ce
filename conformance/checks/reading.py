"""Reads what bodies and requests carry as text: moments, and the JSON that was sent."""

from datetime import date, datetime
from typing import Any

import orjson

from conformance.traffic.exchange import NOT_JSON, Exchange


def read_moment(value: Any) -> datetime | date | None:
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


def same_moment(one: Any, other: Any) -> bool:
    """Tell whether two texts name one moment; without an offset in one, its wall clock counts."""
    first, second = read_moment(one), read_moment(other)
    if not isinstance(first, datetime) or not isinstance(second, datetime):
        return bool(one == other)
    if first.tzinfo is None or second.tzinfo is None:
        return first.replace(tzinfo=None) == second.replace(tzinfo=None)
    return first == second


def sent_json(exchange: Exchange) -> Any:
    """Return the JSON body of a request, or NOT_JSON."""
    try:
        return orjson.loads(exchange.sent.body or b"")
    except ValueError:
        return NOT_JSON
