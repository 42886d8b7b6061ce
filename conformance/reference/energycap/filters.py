"""The ``filter`` of EnergyCAP's list of distributions: ``<field> <operator> '<value>'``."""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from conformance.reference.context import AppContext
from conformance.reference.energycap.store import Distribution
from conformance.reference.parsing import bad_request
from conformance.reference.seed_data import ENERGYCAP_REPORTS, ENERGYCAP_USER_GROUPS

_QUOTED = r"'(?:[^']|'')*'"
_STATEMENT = re.compile(rf"(\w+) ([a-z]+(?: [a-z]+)*) ({_QUOTED}(?:\|{_QUOTED})*)(?: and |\Z)")
_TEXT = ("equals", "one of", "like")
_NUMBER = ("equals", "one of", "less than", "less than equal", "greater than")
_OPERATORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "baseReportInfo": _TEXT,
        "enabled": ("equals",),
        "reportDistributionName": _TEXT,
        "reportSubscriptionScheduleTypeID": (*_NUMBER, "greater than equal", "between"),
        "userGroupName": _TEXT,
    }
)
_COMPARE: Mapping[str, Callable[[Any, list[Any]], bool]] = MappingProxyType(
    {
        "equals": lambda value, wanted: value == wanted[0],
        "one of": lambda value, wanted: value in wanted,
        "like": lambda value, wanted: wanted[0].lower() in value.lower(),
        "less than": lambda value, wanted: value < wanted[0],
        "less than equal": lambda value, wanted: value <= wanted[0],
        "greater than": lambda value, wanted: value > wanted[0],
        "greater than equal": lambda value, wanted: value >= wanted[0],
        "between": lambda value, wanted: wanted[0] <= value <= wanted[-1],
    }
)


# Defects that read one operator for another.
_MISREAD: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ec-filter-equals-like": ("equals", "like"),
        "ec-filter-not-unread": ("not equals", "equals"),
        "ec-filter-one-of-first": ("one of", "equals"),
        "ec-filter-less-equal": ("less than", "less than equal"),
        "ec-filter-between-from": ("between", "equals"),
    }
)


def select(
    text: str, distributions: Iterator[Distribution], context: AppContext
) -> list[Distribution]:
    """Return the distributions that fit all statements of a filter; 400 for what is none."""
    misread = dict(pair for defect, pair in _MISREAD.items() if context.has_defect(defect))
    statements = [
        (field, misread.get(operator, operator), wanted)
        for field, operator, wanted in _statements(text.strip())
    ]
    return [one for one in distributions if all(_fits(one, *rest) for rest in statements)]


def group_name(number: int) -> str:
    """Return the name of a user group."""
    return f"Group {number}" if number in ENERGYCAP_USER_GROUPS else ""


def _statements(text: str) -> Iterator[tuple[str, str, list[Any]]]:
    place = 0
    while place < len(text):
        match = _STATEMENT.match(text, place)
        if match is None:
            raise bad_request("filter", "must be statements of field, operator and quoted value")
        field, operator, quoted = match.groups()
        plain = operator.removeprefix("not ")
        allowed = _OPERATORS.get(field, ())
        if plain not in allowed or (
            plain != operator and plain not in {"equals", "one of", "like"}
        ):
            raise bad_request("filter", f"has no such field or operator: {field} {operator}")
        values = [one[1:-1].replace("''", "'") for one in re.findall(_QUOTED, quoted)]
        yield field, operator, [_typed(field, value) for value in values]
        place = match.end()


def _typed(field: str, value: str) -> Any:
    if field == "enabled":
        if value.lower() not in {"true", "false"}:
            raise bad_request("filter", "compares enabled with true or false")
        return value.lower() == "true"
    if field == "reportSubscriptionScheduleTypeID":
        if not re.fullmatch(r"-?[0-9]{1,10}", value):
            raise bad_request("filter", f"compares {field} with integers")
        return int(value)
    return value


def _fits(distribution: Distribution, field: str, operator: str, wanted: list[Any]) -> bool:
    values: Mapping[str, list[Any]] = {
        "baseReportInfo": [ENERGYCAP_REPORTS[distribution.report]],
        "enabled": [distribution.enabled],
        "reportDistributionName": [distribution.name],
        "reportSubscriptionScheduleTypeID": [distribution.mail.schedule],
        "userGroupName": [group_name(number) for number in distribution.groups],
    }
    compare = _COMPARE[operator.removeprefix("not ")]
    found = any(compare(value, wanted) for value in values[field])
    return found != operator.startswith("not ")
