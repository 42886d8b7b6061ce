"""Strict reading of queries and bodies: what is wrong becomes a Refusal, never a crash."""

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NoReturn

from flask import request

from conformance.reference.refusal import Refusal

INT32_MAX = 2**31 - 1
LONGEST = 255  # characters of a name or a query parameter
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def bad(name: str, problem: str) -> Refusal:
    """A 400 about one field."""
    return Refusal(400, f"{name} {problem}", ((name, problem),))


def query(*known: str, repeatable: str | None = None, lenient: bool = False) -> dict[str, str]:
    """The query parameters, each at most once; an unknown one is a 400 unless lenient.

    ``repeatable`` names a parameter whose values are joined with commas.
    """
    found: dict[str, str] = {}
    for name, values in request.args.lists():
        if name not in known:
            if lenient:
                continue
            raise bad(name or "(empty)", "is not a parameter of this operation")
        if len(values) > 1 and name != repeatable:
            raise bad(name, "was given more than once")
        if len(values[0]) > LONGEST and name != repeatable:
            raise bad(name, f"must not be longer than {LONGEST} characters")
        found[name] = ",".join(values)
    return found


def integer(text: str, name: str, low: int, high: int = INT32_MAX) -> int:
    """The decimal integer in ``text``, within both bounds."""
    if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise bad(name, f"must be an integer from {low} to {high}")
    return int(text)


def choice(value: object, name: str, allowed: Collection[str]) -> str:
    """The value, if it is one of the listed strings."""
    if not isinstance(value, str) or value not in allowed:
        raise bad(name, f"must be one of {', '.join(allowed)}")
    return value


def date_time(value: object, name: str) -> datetime:
    """An ISO 8601 date-time; without an offset it is taken as UTC."""
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        raise bad(name, "must be an ISO 8601 date-time")
    # The grammar has a year 0000 and a leap second, which the standard library has not.
    text = value.replace("0000-", "0004-", 1).replace(":60", ":59")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad(name, "must be a date and time of the calendar") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def media_type_is_json() -> bool:
    """Whether the Content-Type is JSON, in UTF-8 if it says."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    return request.mimetype == "application/json" and charset in {"utf-8", "utf8"}


def demand_json() -> None:
    """A 415 for a body that is announced as anything but JSON."""
    if not media_type_is_json():
        raise Refusal(415, "the body must be application/json")


def body_is_utf8() -> bool:
    """Whether the body's bytes are UTF-8."""
    try:
        request.get_data().decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def json_value() -> Any:
    """The parsed body; 400 if it is empty, not UTF-8, not JSON or nested too deeply."""
    try:
        return json.loads(request.get_data().decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise bad("body", "must be UTF-8") from error
    except RecursionError as error:
        raise bad("body", "is nested too deeply") from error
    except ValueError as error:
        raise bad("body", "must be JSON") from error


def json_object() -> dict[str, Any]:
    """The body, which must be a JSON object and announced as JSON."""
    if not request.get_data():
        raise bad("body", "is missing")
    demand_json()
    value = json_value()
    if not isinstance(value, dict):
        raise bad("body", "must be a JSON object")
    return value


def is_integer(value: object, low: int, high: int = INT32_MAX) -> bool:
    """Whether a JSON value is an integer within the bounds (1.0 is one, true is not)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return float(value).is_integer() and low <= value <= high if _is_finite(value) else False


def _is_finite(value: int | float) -> bool:
    return abs(value) < 2**63


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
