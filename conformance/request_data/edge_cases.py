"""Systematic data: at the bounds of what the contract allows, one beyond, and malformed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any, Final

from conformance.http.request import UNSET
from specs.pointer import resolve

_DATETIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:")
LONG_STRING: Final = "x" * 5000
STRINGS: Final[tuple[Any, ...]] = (
    "",
    LONG_STRING,
    "Zürich, 東京 ✓",
    "20260330",
    "a\x00b",
    7,
    ["a"],
    {},
)
# What is none of the listed values, beside near misses of one.
NOT_LISTED: Final = ("", None, 7, ["a"])
# The longest text of a parameter or member for which the contract has no bound.
USUAL_LENGTH: Final = 255
INT32: Final = (-(2**31), 2**31 - 1)
INTEGERS: Final = (2**32 + 1, -1, 0, 2**15, 2**63, 1.5, "7", True, None)
# Items of another type than a list holds.
ITEMS: Final[tuple[Any, ...]] = (None, 7, "x", [], {})
# A long list repeats its items so often.
MANY: Final = 100
BOOLEANS: Final = ("true", 1, None)
# Formats of a date-time that ISO 8601 and RFC 3339 both allow.
VALID_DATETIMES: Final = (
    "2026-03-30T10:00:00+02:00",
    "2026-03-30T10:00:00-05:30",
    "2026-03-30T10:00:00.123456Z",
    "2026-03-30T10:00:00Z",
)


# Beyond the 16-bit characters, and what HTML, SQL and URLs give a meaning to.
UNUSUAL_TEXT: Final = "Zürich 東京 \N{GRINNING FACE} <b>&amp;</b> \"'; 100%41 + #1"


def all_unusual(value: Any) -> Any:
    """Return a body with every value unusual that is still legal: sentences, date-times, lists.

    Where little may be created this is the one request to send.
    """
    if isinstance(value, Mapping):
        return {name: all_unusual(member) for name, member in value.items()}
    if isinstance(value, list):
        return [*value, *value]
    if not isinstance(value, str):
        return value
    if _DATETIME.match(value):
        return next((other for other in _other_datetimes(value) if "+" in other), value)
    return f"{value} {UNUSUAL_TEXT}" if " " in value else value


def all_extreme(value: Any, text: str | None, added: int | None) -> Any:
    """Return a body with `text` for every sentence, and few integers in every list of them.

    It is the first one and what is `added` to it, or none.

    A server that looks at members one after another has to take or refuse them all at once.
    """
    if isinstance(value, Mapping):
        return {name: all_extreme(member, text, added) for name, member in value.items()}
    if isinstance(value, list) and value and all(type(item) is int for item in value):
        return [] if added is None else [value[0] + added]
    return text if isinstance(value, str) and " " in value else value


def unusual_bodies(body: Any) -> tuple[Any, ...]:
    """Return the bodies to send first, where little may be created: all members unusual at once.

    What is refused creates nothing, so the second costs little.
    """
    return (
        all_unusual(body),
        all_extreme(body, None, 2**32),
        all_extreme(body, "x" * (USUAL_LENGTH + 1), None),
    )


class Mutations:
    """Mutates JSON values by the schemas of an OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def mutate(self, schema: Any, value: Any) -> Iterator[Any]:
        """Yield variants of `value`, each with one change somewhere."""
        schema = self._schema_for(schema, value)
        if isinstance(value, Mapping):
            yield from self._objects(schema.get("properties", {}), value)
        elif isinstance(value, list):
            yield from self._lists(schema.get("items", {}), value)
        else:
            yield from self._leaves(schema, value)

    def _schema_for(self, schema: Any, value: Any) -> Mapping[str, Any]:
        """Return the resolved schema; for a list or an object its alternative in `anyOf`."""
        resolved: Mapping[str, Any] = resolve(self._document, schema)
        type_ = "array" if isinstance(value, list) else "object"
        for alternative in resolved.get("anyOf", ()):
            if isinstance(value, list | dict) and alternative.get("type") == type_:
                return self._schema_for(alternative, value)
        return resolved

    def _objects(self, properties: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[Any]:
        members = [
            self._member(name, schema, value)
            for name, schema in properties.items()
            if name in value
        ]
        yield from _in_turn(members)
        yield {**value, "no_such_member": {"x": [1]}}

    def _member(self, name: str, schema: Any, value: Mapping[str, Any]) -> Iterator[Any]:
        yield from ({**value, name: new} for new in self.mutate(schema, value[name]))
        yield {key: v for key, v in value.items() if key != name}

    def _lists(self, items: Any, value: list[Any]) -> Iterator[Any]:
        whole: tuple[Any, ...] = ([], [*value, *value], value * MANY, {}, "x", None)
        wrong = ([item, *value[1:]] for item in ITEMS) if value else iter(())
        first = self.mutate(items, value[0]) if value else iter(())
        yield from _in_turn([chain(whole, wrong), ([new, *value[1:]] for new in first)])

    def _leaves(self, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
        near = (value.swapcase(), f"{value}s", value[:-1]) if isinstance(value, str) else ()
        if "enum" in schema:
            yield from (other for other in schema["enum"] if other != value)
            yield from near
            yield from NOT_LISTED
        elif schema.get("type") == "string":
            # What servers forget comes first: where little may be created, few of these are sent.
            if isinstance(value, str) and _DATETIME.match(value):
                yield from _other_datetimes(value)
            longest, *lengths = _texts_of_length(schema)
            yield from (longest, None, *lengths, *STRINGS, *near)
        elif schema.get("type") in {"integer", "number"}:
            bounds = integers_at_bounds(schema)
            first = (max(bounds[:4]), INTEGERS[0])
            yield from first
            yield from (number for number in (*bounds, *INTEGERS[1:]) if number not in first)
        else:
            yield from BOOLEANS if schema.get("type") == "boolean" else (None,)


def _in_turn(sources: Sequence[Iterable[Any]]) -> Iterator[Any]:
    """Yield the first of each source, then the second: where a limit cuts, all have had a turn."""
    for row in zip_longest(*sources, fillvalue=UNSET):
        yield from (item for item in row if item is not UNSET)


def _texts_of_length(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield texts of one character more than the contract allows, of that bound, and the least."""
    longest, shortest = schema.get("maxLength", USUAL_LENGTH), schema.get("minLength", 0)
    yield from ("x" * length for length in (longest + 1, longest))
    yield from ("x" * length for length in (shortest, shortest - 1) if length > 0)


def integers_at_bounds(schema: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the least and greatest integer that the contract allows, and those beyond."""
    low, high = schema.get("minimum", INT32[0]), schema.get("maximum", INT32[1])
    return tuple(dict.fromkeys((low, high, low - 1, high + 1, INT32[1], INT32[1] + 1)))


def _other_datetimes(value: str) -> Iterator[str]:
    """Yield a date-time with other offsets and precisions, at the same local time."""
    local = value.removesuffix("Z")[:19]
    yield from (f"{local}+02:00", f"{local}-05:30", f"{local}.123456Z", local)


def malformed_json(text: bytes) -> Iterator[bytes]:
    """Yield malformed bodies, made from valid JSON."""
    yield text.replace(b'"', b'"\xff\xfe', 1) if b'"' in text else b'{"x": "\xff\xfe"}'
    yield text[:-1]
    yield b"[" * 3000 + b"]" * 3000
    yield b'{"x":' * 3000 + b"1" + b"}" * 3000
    yield b""
    yield b"null"
    yield b'"text"'
    yield b'{"x": 1e999, "x": NaN}'


def edge_case_parameters(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return unusual and invalid values of a path or query parameter."""
    if schema.get("type") == "integer":
        bounds = map(str, integers_at_bounds(schema))
        return ("abc", *dict.fromkeys((*bounds, "-2147483649", "1.5", "-1", "0", "", "9" * 40)))
    if schema.get("type") == "array":
        return ("", "abc", "7,,8", ",", "2147483648", "-1", "7;8")
    if schema.get("format") == "date-time":
        return (
            *VALID_DATETIMES,
            "2026-02-30T00:00:00Z",
            "2026-03-30T25:61:00Z",
            "yesterday",
            "2026-03-30",
            "0",
        )
    return ("Zürich, 東京 ✓", "", *_LENGTHS, "a\x00b", "' OR '1'='1", "..", "%", "null")


_LENGTHS: Final = tuple("x" * length for length in (USUAL_LENGTH, USUAL_LENGTH + 1, 2000))


# What is no JSON to any reader.
NOT_JSON_BODIES: Final = (b"not json", b'{"x": ', b"{x}", b'{"x": 1} {}')


def values_at_bounds(schema: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return ordinary values that the contract allows, and the ones at its bounds.

    A text is as short and as long as it may be, or beyond ASCII; both lists are empty where the
    contract has no bounds.
    """
    if "enum" in schema:
        return [], list(schema["enum"])
    if schema.get("type") == "string" and "maxLength" in schema:
        shortest, longest = max(1, schema.get("minLength", 0)), schema["maxLength"]
        texts = ("x" * shortest, "x" * longest, "Zürich, 東京 ✓")
        return ["ordinary"], [text for text in texts if shortest <= len(text) <= longest]
    if schema.get("type") == "integer" and "maximum" in schema:
        low, high = schema.get("minimum", INT32[0]), schema["maximum"]
        return [low + 1], [value for value in (low, 2**15, high) if low <= value <= high]
    return [], []
