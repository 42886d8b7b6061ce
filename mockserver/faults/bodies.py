"""Faults in the JSON of a reply: a member dropped, an unknown enum value, a wrong type."""

from collections.abc import Callable
from typing import Any

from mockserver.faults import places
from mockserver.faults.kinds import Kind
from mockserver.faults.places import Tokens
from mockserver.faults.rule import Fault

UNKNOWN = "UNKNOWN_TO_THE_CONTRACT"
"""What stands where an enum is, unless a rule says otherwise."""

Rank = Callable[[str], str]
"""What to sort JSON pointers by where a rule names none."""


class Spoiler:
    """Changes bodies of one OpenAPI document."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self._openapi = openapi

    def spoil(self, fault: Fault, schema: Any, body: Any, rank: Rank) -> tuple[str, Any] | None:
        """Return where the fault struck, as a JSON pointer, and the changed body.

        `schema` is that of the body, None where the contract has none. Return None where there is
        no place for the fault.
        """
        way = self._way(fault, schema, body, rank)
        if way is None:
            return None
        if fault.kind is Kind.DROP_FIELD:
            return places.write_way(way), places.without(body, way)
        value = fault["value"]
        if value is None:
            value = self._value(fault.kind, schema, body, way)
        return places.write_way(way), places.changed_at(body, way, value)

    def _way(self, fault: Fault, schema: Any, body: Any, rank: Rank) -> Tokens | None:
        if fault["pointer"] is not None:
            way = places.read_way(fault["pointer"], body)
            return way if way and self._suits(fault, schema, body, way) else None
        fitting = [way for way in places.members(body) if self._suits(fault, schema, body, way)]
        return min(fitting, key=lambda way: rank(places.write_way(way)), default=None)

    def _suits(self, fault: Fault, schema: Any, body: Any, way: Tokens) -> bool:
        if fault.kind is not Kind.UNKNOWN_ENUM or (fault["pointer"] and fault["value"] is not None):
            return True
        if schema is None or places.value_at(body, way) is None:
            return False
        return places.enum_at(self._openapi, schema, way) is not None

    def _value(self, kind: Kind, schema: Any, body: Any, way: Tokens) -> Any:
        if kind is Kind.WRONG_TYPE:
            return wrong_type(places.value_at(body, way))
        listed = places.enum_at(self._openapi, schema, way) or []
        numbers = [value for value in listed if isinstance(value, int)]
        return max(numbers) + 1 if numbers else _unlike(listed)


def wrong_type(value: Any) -> Any:
    """Return a value of a JSON type that no reader of `value` expects."""
    if isinstance(value, str):
        return {"not": "a text"}
    if isinstance(value, list):
        return {"not": "a list"}
    if isinstance(value, dict):
        return ["not an object"]
    return "not what it was"  # a number, a boolean or null


def _unlike(listed: list[Any]) -> str:
    value = UNKNOWN
    while value in listed:
        value += "_"
    return value
