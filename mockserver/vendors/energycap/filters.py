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
        "equals": lambda value, operands: value == operands[0],
        "one of": lambda value, operands: value in operands,
        "like": lambda value, operands: operands[0].casefold() in value.casefold(),
        "less than": lambda value, operands: value < operands[0],
        "less than equal": lambda value, operands: value <= operands[0],
        "greater than": lambda value, operands: value > operands[0],
        "greater than equal": lambda value, operands: value >= operands[0],
        "between": lambda value, operands: operands[0] <= value <= operands[1],
    }
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a filter; `operands` are of the field's type."""

    field: str
    operator: str
    operands: tuple[Any, ...]

    def matches(self, record: Mapping[str, Sequence[Any]]) -> bool:
        """Return whether a record, which has a list of values for each field, fits."""
        test = _TESTS[self.operator.removeprefix(_NOT)]
        is_met = any(test(value, self.operands) for value in record[self.field])
        return is_met != self.operator.startswith(_NOT)


def parse_filter(text: str, fields: Mapping[str, Mapping[str, Any]]) -> list[Condition]:
    """Return the conditions of a filter, all of which have to hold; none for blank text.

    `fields` has for each field its `type` (string, integer or boolean) and `operators`.

    Raises:
        ApiError: 400, the text is no filter, or the field has no such operator or value.
    """
    return [_condition(*statement, fields) for statement in _statements(text.strip())]


def _statements(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the words before the values, and the values, of each statement."""
    position = 0
    while text:
        quote = text.find("'", position)
        if quote < 0:
            raise _invalid("must put every value into single quotes")
        values, end = _values(text, quote)
        yield text[position:quote], values
        if end == len(text):
            return
        separator = _AND.match(text, end)
        if separator is None:
            raise _invalid("must join its statements by the word and")
        position = separator.end()


def _values(text: str, position: int) -> tuple[list[str], int]:
    """Return the values from `position` on, separated by |, and where they end."""
    values = []
    while match := _VALUE.match(text, position):
        values.append(match.group(1).replace("''", "'"))
        position = match.end()
        rest = text[position:].lstrip()
        if not rest.startswith("|"):
            return values, position
        position = len(text) - len(rest[1:].lstrip())
    raise _invalid("must put every value into single quotes")


def _condition(words: str, values: list[str], fields: Mapping[str, Mapping[str, Any]]) -> Condition:
    name, _, rest = words.strip().partition(" ")
    field = next((known for known in fields if known.casefold() == name.casefold()), None)
    if field is None:
        raise _invalid(f"must name one of the fields {', '.join(fields)}, not {name[:64]!r}")
    operators = fields[field]["operators"]
    operator = " ".join(rest.split()).casefold()
    if operator not in operators:
        raise _invalid(f"{field} takes the operators {', '.join(operators)}, not {operator[:64]!r}")
    _check_count(operator, len(values))
    type_ = fields[field]["type"]
    return Condition(field, operator, tuple(_read(field, type_, value) for value in values))


def _check_count(operator: str, count: int) -> None:
    if operator == "between" and count != 2:
        raise _invalid("between takes two values, separated by |")
    if "one of" not in operator and operator != "between" and count != 1:
        raise _invalid(f"{operator} takes one value")


def _read(field: str, type_: str, value: str) -> Any:
    text = value.strip()
    if type_ == "integer":
        if not _INTEGER.fullmatch(text):
            raise _invalid(f"{field} takes integers, not {value[:64]!r}")
        return int(text)
    if type_ == "boolean":
        if text.casefold() not in _BOOLEANS:
            raise _invalid(f"{field} takes 'true' or 'false', not {value[:64]!r}")
        return _BOOLEANS[text.casefold()]
    return value


def _invalid(reason: str) -> ApiError:
    return ApiError.for_field("filter", reason)
