"""Values that a schema allows, made from the schema alone."""

import re
from collections.abc import Mapping
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


_TOKEN = re.compile(
    r"(?P<cls>\[\^?\]?[^\]]*\]|\\[dwsDWS]|\\.|\.|[^\\\[\](){}?*+|^$])"
    r"(?P<count>\{(?P<low>\d+)(?:,(?P<high>\d*))?\}|[?*+])?"
)
_CLASSES = {"\\d": "0123456789", "\\w": "abcdefghijklmnopqrstuvwxyz0123456789", ".": "abcdef"}


def text_of_pattern(pattern: str, rng: Random) -> str | None:
    """Return a text that matches a simple pattern without groups; None for any other pattern."""
    rest = pattern.removeprefix("^").removesuffix("$")
    text, position = "", 0
    while position < len(rest):
        match = _TOKEN.match(rest, position)
        if match is None:
            return None
        letters = _letters(match["cls"])
        if not letters:
            return None
        count = {None: 1, "?": 1, "*": 8, "+": 8}.get(match["count"], int(match["low"] or 0))
        text += "".join(rng.choice(letters) for _ in range(count))
        position = match.end()
    try:
        return text if re.search(pattern, text) else None
    except re.error:
        return None


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
        if len(inside) > 2 and inside[1] == "-":
            letters += "".join(map(chr, range(ord(inside[0]), ord(inside[2]) + 1)))
            inside = inside[3:]
        else:
            letters += inside[0]
            inside = inside[1:]
    return letters
