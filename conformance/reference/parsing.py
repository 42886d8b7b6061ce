"""Strict parsing of queries and bodies: what is invalid raises an ApiError, never a crash."""

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from flask import request

from conformance.reference.errors import ApiError

INT32_MAX = 2**31 - 1
LONGEST = 255  # characters of a name or a query parameter
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def bad_request(name: str, problem: str) -> ApiError:
    """Return a 400 about one field."""
    return ApiError(400, f"{name} {problem}", ((name, problem),))


def query(*known: str, repeatable: str | None = None, lenient: bool = False) -> dict[str, str]:
    """Return the query parameters, each at most once; an unknown one is a 400 unless lenient.

    ``repeatable`` names a parameter whose values are joined with commas.
    """
    parameters: dict[str, str] = {}
    for name, values in request.args.lists():
        if name not in known:
            if lenient:
                continue
            raise bad_request(name or "(empty)", "is not a parameter of this operation")
        if len(values) > 1 and name != repeatable:
            raise bad_request(name, "was given more than once")
        if len(values[0]) > LONGEST and name != repeatable:
            raise bad_request(name, f"must not be longer than {LONGEST} characters")
        parameters[name] = ",".join(values)
    return parameters


def integer(text: str, name: str, low: int, high: int = INT32_MAX) -> int:
    """Return the decimal integer in ``text``, within both bounds."""
    if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise bad_request(name, f"must be an integer from {low} to {high}")
    return int(text)


def choice(value: object, name: str, allowed: Collection[str]) -> str:
    """Return the value, which must be one of the listed strings."""
    if not isinstance(value, str) or value not in allowed:
        raise bad_request(name, f"must be one of {', '.join(allowed)}")
    return value


def date_time(value: object, name: str) -> datetime:
    """Return an ISO 8601 date-time; without an offset it is UTC."""
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        raise bad_request(name, "must be an ISO 8601 date-time")
    # The grammar has a year 0000 and a leap second, which the standard library has not.
    text = value.replace("0000-", "0004-", 1).replace(":60", ":59")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(name, "must be a date and time that exist") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def media_type_is_json() -> bool:
    """Return whether the Content-Type is JSON, in UTF-8 if it has a charset."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    return request.mimetype == "application/json" and charset in {"utf-8", "utf8"}


def require_json() -> None:
    """Raise a 415 unless the Content-Type is JSON."""
    if not media_type_is_json():
        raise ApiError(415, "the body must be application/json")


def body_is_utf8() -> bool:
    """Return whether the body is UTF-8."""
    try:
        request.get_data().decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def query_is_utf8() -> bool:
    """Return whether the query is UTF-8 once its percent-encoding is undone."""
    try:
        unquote_to_bytes(request.query_string).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def json_value() -> Any:
    """Return the parsed body; raise 400 if it is not UTF-8, not JSON or nested too deeply."""
    try:
        return json.loads(request.get_data().decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise bad_request("body", "must be UTF-8") from error
    except RecursionError as error:
        raise bad_request("body", "is nested too deeply") from error
    except ValueError as error:
        raise bad_request("body", "must be JSON") from error


def json_object() -> dict[str, Any]:
    """Return the body, which must be a JSON object with the Content-Type of JSON."""
    if not request.get_data():
        raise bad_request("body", "is missing")
    require_json()
    value = json_value()
    if not isinstance(value, dict):
        raise bad_request("body", "must be a JSON object")
    return value


def is_integer(value: object, low: int, high: int = INT32_MAX) -> bool:
    """Return whether a JSON value is an integer within the bounds (1.0 is one, true is not)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return float(value).is_integer() and low <= value <= high if _is_finite(value) else False


def _is_finite(value: int | float) -> bool:
    return abs(value) < 2**63


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
