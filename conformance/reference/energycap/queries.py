"""How EnergyCAP reads ids, pages and the members of a body."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from werkzeug.routing import BaseConverter

from conformance.reference.inputs import INT32_MAX, bad, integer, is_integer
from conformance.reference.transport import json_response
from conformance.reference.world import ENERGYCAP_REPORTS


class PathId(BaseConverter):
    """An id in a path: anything but the words that are operations of their own."""

    regex = r"(?!(?:log|exec)\Z)[^/]+"


def read_id(text: str, name: str) -> int:
    """The id in the path; a 400 if it is no int32."""
    return integer(text, name, -INT32_MAX - 1)


def page(asked: Mapping[str, str], found: list[Any]) -> Response:
    """One page of a list, with EnergyCAP's four headers."""
    number = integer(asked.get("pageNumber", "1"), "pageNumber", 1)
    size = integer(asked.get("pageSize", "250"), "pageSize", 1, 1000)
    return json_response(
        found[(number - 1) * size : number * size],
        PageNumber=str(number),
        PageSize=str(size),
        TotalNumberOfRecords=str(len(found)),
        TotalPages=str(-(-len(found) // size)),
    )


def boolean(asked: Mapping[str, str], name: str) -> bool:
    """A query parameter that is true or false, false if absent."""
    text = asked.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise bad(name, "must be true or false")
    return text == "true"


def text_of(body: Mapping[str, Any], name: str, default: str = "", longest: int = 10_000) -> str:
    """A member that is a string of so many characters, if it is there."""
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > longest:
        raise bad(name, f"must be a string of up to {longest} characters")
    return value


def integer_of(body: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A member that is an int32; without a default it is needed."""
    value = body.get(name, default)
    if not isinstance(value, int | float) or not is_integer(value, -INT32_MAX - 1):
        raise bad(name, "must be a 32-bit integer")
    return int(value)


def boolean_of(body: Mapping[str, Any], name: str, default: bool) -> bool:
    """A member that is true or false, if it is there."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise bad(name, "must be true or false")
    return value


def integers_of(body: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """A member that is a list of int32, each kept once, if it is there."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(
        is_integer(item, -INT32_MAX - 1, INT32_MAX) for item in value
    ):
        raise bad(name, "must be a list of 32-bit integers")
    return tuple(dict.fromkeys(int(item) for item in value))


def known_report(number: int, name: str, status: int = 400) -> int:
    """The id of a report that exists; ``status`` is how an unknown one is refused."""
    if number not in ENERGYCAP_REPORTS:
        refusal = bad(name, f"names no report ({number})")
        refusal.status = status
        raise refusal
    return number
