"""Asks for lists of jobs at their widest, page by page."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.contracts.pointing import value_at
from conformance.jobs.handle import Handle
from conformance.requests.asked import Asked
from conformance.requests.strategies import Requests
from conformance.traffic.exchange import Exchange
from specs import Operation

PAGES: Final = 5
WIDEST: Final = 1000


def pages(requests: Requests, operation: Operation, handle: Handle) -> Iterator[Asked]:
    """Yield requests for the list that a job should be in, from its first page on."""
    wide = {p["name"]: _widest(p) for p in operation.parameters if _widest(p) is not None}
    size = next((v for v in wide.values() if v is not True), 1)
    for number in range(PAGES):
        place = {p["name"]: _place(p, number, size) for p in operation.parameters if _counts(p)}
        yield requests.plain(operation.id, {**handle.own(operation), **wide, **place})


def is_full(exchange: Exchange, items: str) -> bool:
    """Tell whether a list has as many items as were asked for, so that more may follow."""
    sizes = [int(text) for _, text in exchange.sent.query if text.isdigit()]
    found = value_at(exchange.json, items)
    return isinstance(found, list) and bool(sizes) and len(found) >= max(sizes)


def _widest(parameter: Mapping[str, Any]) -> Any:
    """Return the value by which a parameter of a list shows the most, None where it has none."""
    schema = parameter.get("schema", {})
    if parameter["in"] != "query":
        return None
    if schema.get("type") == "boolean":
        return True
    if schema.get("type") == "integer" and schema.get("maximum", WIDEST + 1) <= WIDEST:
        return schema["maximum"]
    return None


def _counts(parameter: Mapping[str, Any]) -> bool:
    """Tell whether a parameter is the page or the offset."""
    schema = parameter.get("schema", {})
    counts = parameter["in"] == "query" and schema.get("type") == "integer"
    return counts and bool(schema.get("maximum", 0) > WIDEST)


def _place(parameter: Mapping[str, Any], number: int, size: int) -> int | None:
    """Return the page or offset of the page `number` (from 0); the first one needs none."""
    if not number and not parameter.get("required"):
        return None
    start = int(parameter["schema"].get("minimum", 0))
    return start + number * (size if start == 0 else 1)
