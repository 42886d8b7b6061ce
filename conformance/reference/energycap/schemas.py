"""Validation of EnergyCAP's ids, pages and body members."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from werkzeug.routing import BaseConverter

from conformance.reference.context import AppContext
from conformance.reference.parsing import INT32_MAX, bad_request, integer, is_integer
from conformance.reference.seed_data import ENERGYCAP_REPORTS
from conformance.reference.transport import json_response


class PathId(BaseConverter):
    """An id in a path: anything but ``log`` and ``exec``, which are operations."""

    regex = r"(?!(?:log|exec)\Z)[^/]+"


def read_id(text: str, name: str) -> int:
    """Return the id in the path; raise a 400 if it is not an int32."""
    return integer(text, name, -INT32_MAX - 1)


def page(
    params: Mapping[str, str], items: list[Any], context: AppContext, defect: str = ""
) -> Response:
    """Return one page of a list, with EnergyCAP's four headers; it never has more than 1000.

    With the ``defect`` ``shifted`` later pages begin one late, with ``repeated`` all are the first.
    """
    number = integer(params.get("pageNumber", "1"), "pageNumber", 1)
    most = 1000 if context.has_defect("ec-list-large-page-refused") else INT32_MAX
    usual = "3" if context.has_defect("ec-list-default-short") else "250"
    limit = 10 if context.has_variant("ec-free-small-pages") else 1000
    size = min(integer(params.get("pageSize", usual), "pageSize", 1, most), limit)
    start = (number - 1) * size + (defect == "shifted" and number > 1)
    if defect == "repeated":
        start = 0
    floored = context.has_defect("ec-list-pages-floored")
    more = 3 * context.has_defect("ec-list-total-wrong")
    return json_response(
        items[start : start + size],
        PageNumber=str(number),
        PageSize=str(size),
        TotalNumberOfRecords=str(len(items) + more),
        TotalPages=str(len(items) // size if floored else -(-len(items) // size)),
    )


def boolean(params: Mapping[str, str], name: str) -> bool:
    """Return a boolean query parameter, false if absent."""
    text = params.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise bad_request(name, "must be true or false")
    return text == "true"


def text_of(body: Mapping[str, Any], name: str, default: str = "", longest: int = 10_000) -> str:
    """Return an optional string of at most ``longest`` characters."""
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > longest:
        raise bad_request(name, f"must be a string of up to {longest} characters")
    return value


def integer_of(body: Mapping[str, Any], name: str, low: int = -INT32_MAX - 1) -> int:
    """Return a required int32, not below ``low``."""
    value = body.get(name)
    if not isinstance(value, int | float) or not is_integer(value, low):
        raise bad_request(name, f"must be a 32-bit integer from {low}")
    return int(value)


def boolean_of(body: Mapping[str, Any], name: str) -> bool:
    """Return a required boolean."""
    value = body.get(name)
    if not isinstance(value, bool):
        raise bad_request(name, "must be true or false")
    return value


def integers_of(body: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """Return an optional list of int32 without its duplicates."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(
        is_integer(item, -INT32_MAX - 1, INT32_MAX) for item in value
    ):
        raise bad_request(name, "must be a list of 32-bit integers")
    return tuple(dict.fromkeys(int(item) for item in value))


def known_report(number: int, name: str, status: int = 400) -> int:
    """Return the id of a known report; raise an error of ``status`` for an unknown one."""
    if number not in ENERGYCAP_REPORTS:
        error = bad_request(name, f"names no report ({number})")
        error.status = status
        raise error
    return number
