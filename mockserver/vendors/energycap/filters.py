"""The grammar of EnergyCAP's `filter` parameter: `<field> <operator> '<value>'`, joined by `and`.

Source: the vendor's guide "Filters"; fields, types and operators are in the contract (x-filter).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mockserver.errors import ApiError

_VALUE = re.compile(r"'((?:[^']|'')*)'")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_BOOLEANS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})
_NOT = "not "

_Test = Callable[[Any, Sequence[Any]], bool]

_TESTS: Mapping[str, _Test] = MappingProxyType(
    {
        "equals": lambda value, given: value == given[0],
        "one of": lambda value, given: value in given,
        "like": lambda value, given: given[0].casefold() in value.casefold(),
        "less than": lambda value, given: value < given[0],
        "less than equal": lambda value, given: value <= given[0],
        "greater than": lambda value, given: value > given[0],
        "greater than equal": lambda value, given: value >= given[0],
        "between": lambda value, given: given[0] <= value <= given[1],
    }
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One statement of a filter; `given` are its values, of the field's type."""

    field: str
    operator: str
    given: tuple[Any, ...]

    def matches(self, record: Mapping[str, Sequence[Any]]) -> bool:
        """Return whether a record, which has a list of values for each field, fits."""
        test = _TESTS[self.operator.removeprefix(_NOT)]
        found = any(test(value, self.given) for value in record[self.field])
        return found != self.operator.startswith(_NOT)


def parse_filter(text: str, fields: Mapping[str, Mapping[str, Any]]) -> list[Condition]:
    """Return the conditions of a filter, all of which have to hold; none for blank text.

    `fields` has for each field its `type` (string, integer or boolean) and `operators`.

    Raises:
        ApiError: 400, the text is no filter, or the field has no such operator or value.
    """
    return [_condition(*statement, fields) for statement in _statements(text.strip())]


def _statements(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the words before the values, and the values, of each statement."""
    place = 0
    while text:
        quote = text.find("'", place)
        if quote < 0:
            raise _refuse("must put every value into single quotes")
        values, end = _values(text, quote)
        yield text[place:quote], values
        if end == len(text):
            return
        joint = _AND.match(text, end)
        if joint is None:
            raise _refuse("must join its statements by the word and")
        place = joint.end()


def _values(text: str, place: int) -> tuple[list[str], int]:
    """Return the values from `place` on, separated by |, and where they end."""
    values = []
    while match := _VALUE.match(text, place):
        values.append(match.group(1).replace("''", "'"))
        place = match.end()
        rest = text[place:].lstrip()
        if not rest.startswith("|"):
            return values, place
        place = len(text) - len(rest[1:].lstrip())
    raise _refuse("must put every value into single quotes")


def _condition(words: str, values: list[str], fields: Mapping[str, Mapping[str, Any]]) -> Condition:
    name, _, rest = words.strip().partition(" ")
    field = next((known for known in fields if known.casefold() == name.casefold()), None)
    if field is None:
        raise _refuse(f"must name one of the fields {', '.join(fields)}, not {name[:64]!r}")
    operators = fields[field]["operators"]
    operator = " ".join(rest.split()).casefold()
    if operator not in operators:
        raise _refuse(f"{field} takes the operators {', '.join(operators)}, not {operator[:64]!r}")
    _check_count(operator, len(values))
    kind = fields[field]["type"]
    return Condition(field, operator, tuple(_read(field, kind, value) for value in values))


def _check_count(operator: str, count: int) -> None:
    if operator == "between" and count != 2:
        raise _refuse("between takes two values, separated by |")
    if "one of" not in operator and operator != "between" and count != 1:
        raise _refuse(f"{operator} takes one value")


def _read(field: str, kind: str, value: str) -> Any:
    text = value.strip()
    if kind == "integer":
        if not _INTEGER.fullmatch(text):
            raise _refuse(f"{field} takes integers, not {value[:64]!r}")
        return int(text)
    if kind == "boolean":
        if text.casefold() not in _BOOLEANS:
            raise _refuse(f"{field} takes 'true' or 'false', not {value[:64]!r}")
        return _BOOLEANS[text.casefold()]
    return value


def _refuse(reason: str) -> ApiError:
    return ApiError(400, f"filter {reason}.", field="filter", reason=reason)
