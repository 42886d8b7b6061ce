"""Values that a schema allows, made from the schema alone."""

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from specs.contract import Contract
from specs.pointer import properties, resolve

_MAX_DEPTH: Final = 8
_FORMATS: Final = {
    "date-time": "2026-03-01T00:00:00Z",
    "date": "2026-03-01",
    "time": "12:00:00Z",
    "email": "nobody@example.com",
    "uri": "https://example.com/sample",
    "uri-reference": "/sample",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "byte": "c2FtcGxl",
}


def sample(contract: Contract, schema: Any, depth: int = 0) -> Any:
    """Return a value that a schema allows, as far as it says: with required members alone."""
    schema = resolve(contract.openapi, schema)
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return {}
    stated = [schema[key] for key in ("example", "default") if key in schema]
    stated += [value for value in schema.get("enum", ()) if value is not None]
    if stated:
        return stated[0]
    parts = [*schema.get("oneOf", ())[:1], *schema.get("anyOf", ())[:1]]
    members = properties(contract.openapi, schema)
    if parts and not members:
        return sample(contract, parts[0], depth + 1)
    if members or schema.get("type") == "object":
        required = _required(contract, schema, depth)
        return {n: sample(contract, m, depth + 1) for n, m in members.items() if n in required}
    if schema.get("type") == "array":
        items = [sample(contract, schema.get("items", {}), depth + 1)]
        return items * max(1, int(schema.get("minItems", 1)))
    return _scalar(schema)


def _required(contract: Contract, schema: Mapping[str, Any], depth: int) -> set[str]:
    required = set(schema.get("required", ()))
    for part in schema.get("allOf", ()) if depth <= _MAX_DEPTH else ():
        required |= _required(contract, resolve(contract.openapi, part), depth + 1)
    for part in (*schema.get("oneOf", ())[:1], *schema.get("anyOf", ())[:1]):
        required |= _required(contract, resolve(contract.openapi, part), depth + 1)
    return required


def _scalar(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind in {"string", None} and "pattern" in schema:
        text = text_of_pattern(schema["pattern"], Random(0))
        if text is not None:
            return text
    if kind == "boolean":
        return True
    if kind in {"integer", "number"}:
        low, high = schema.get("minimum", 1), schema.get("maximum")
        value = low + 1 if schema.get("exclusiveMinimum") is True else low
        return value if high is None else min(value, high)
    text = str(_FORMATS.get(schema.get("format", ""), "sample"))
    text = text.ljust(int(schema.get("minLength", 0)), "x")
    return text[: schema["maxLength"]] if "maxLength" in schema else text


_TOKEN = re.compile(r"\((?:\?(?::|P?<\w+>))?|\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|[^\\(){}?*+|]")
_COUNT = re.compile(r"(?:\{(?P<low>\d+)(?:,\d*)?\}|(?P<sign>[?*+]))\??")
_CLASSES = {"\\d": "0123456789", "\\w": "abcdefghijklmnopqrstuvwxyz0123456789", ".": "abcdef"}
_COUNTS = {"?": 1, "*": 8, "+": 8}
_Text = Callable[[Random], str]


def text_of_pattern(pattern: str, rng: Random) -> str | None:
    """Return a text that matches a simple pattern; None for any other pattern."""
    try:
        reader = _PatternReader(pattern)
        text = reader.alternatives()(rng)
        return text if reader.is_at_end() and re.search(pattern, text) else None
    except (re.error, ValueError, IndexError):
        return None


class _PatternReader:
    """Reads a regular expression into what makes a text of it."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def is_at_end(self) -> bool:
        return self._at == len(self._pattern)

    def alternatives(self) -> _Text:
        rows = [self._sequence()]
        while self._pattern[self._at : self._at + 1] == "|":
            self._at += 1
            rows.append(self._sequence())
        return rows[0] if len(rows) == 1 else lambda rng: rng.choice(rows)(rng)

    def _sequence(self) -> _Text:
        parts: list[tuple[_Text, int]] = []
        while match := _TOKEN.match(self._pattern, self._at):
            self._at = match.end()
            make = self._token(match[0])
            count = _COUNT.match(self._pattern, self._at)
            self._at = count.end() if count else self._at
            times = 1 if count is None else _COUNTS.get(count["sign"]) or int(count["low"] or 0)
            parts.append((make, times))
        return lambda rng: "".join(make(rng) for make, times in parts for _ in range(times))

    def _token(self, token: str) -> _Text:
        if token in ("^", "$"):
            return lambda _rng: ""
        if token[0] == "(":
            inside = self.alternatives()
            if self._pattern[self._at] != ")":
                raise ValueError(token)
            self._at += 1
            return inside
        letters = _letters(token)
        return lambda rng: rng.choice(letters)


def _letters(token: str) -> str:
    if token in _CLASSES:
        return _CLASSES[token]
    if token.startswith("\\"):
        return token[1] if not token[1].isalpha() else ""
    if not token.startswith("["):
        return token
    if token.startswith("[^"):
        return "".join(c for c in "abcdefghijklmnopqrstuvwxyz0123456789" if c not in token[2:-1])
    letters = ""
    inside = token[1:-1]
    for name, known in _CLASSES.items():
        if len(name) == 2 and name in inside:
            letters += known
            inside = inside.replace(name, "")
    while inside:
        if inside[0] == "\\":
            inside, letters = inside[2:], letters + inside[1:2]
        elif len(inside) > 2 and inside[1] == "-":
            letters += "".join(map(chr, range(ord(inside[0]), ord(inside[2]) + 1)))
            inside = inside[3:]
        else:
            letters += inside[0]
            inside = inside[1:]
    return letters
