"""Bodies and parameter values beside the valid ones: one change each, at every place."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from specs.pointer import resolve

LONG: Final = "x" * 300
TEXTS: Final = ("", LONG, "Zürich, 東京 ✓", "20260330", "a\x00b", None, 7, ["a"])
INTEGERS: Final = (2**31, -(2**31) - 1, -1, 0, 2**63, 1.5, "7", None)
FLAGS: Final = ("true", 1, None)


class Mutations:
    """Changes JSON values along the schemas of one OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def of(self, schema: Any, value: Any) -> Iterator[Any]:
        """Yield variants of `value`, each with one change somewhere in it."""
        schema = self._fitting(schema, value)
        if isinstance(value, Mapping):
            yield from self._objects(schema.get("properties", {}), value)
        elif isinstance(value, list):
            yield from self._lists(schema.get("items", {}), value)
        else:
            yield from self._leaves(schema, value)

    def _fitting(self, schema: Any, value: Any) -> Mapping[str, Any]:
        """Return the schema, or the alternative of it that a list or an object belongs to."""
        found: Mapping[str, Any] = resolve(self._document, schema)
        wanted = "array" if isinstance(value, list) else "object"
        for choice in found.get("anyOf", ()):
            if isinstance(value, list | dict) and choice.get("type") == wanted:
                return self._fitting(choice, value)
        return found

    def _objects(self, properties: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[Any]:
        for name, schema in properties.items():
            if name in value:
                yield from ({**value, name: new} for new in self.of(schema, value[name]))
                yield {key: one for key, one in value.items() if key != name}
        yield {**value, "no_such_member": {"x": [1]}}

    def _lists(self, items: Any, value: list[Any]) -> Iterator[Any]:
        yield from ([], [*value, *value], {}, None)
        if value:
            yield from ([new, *value[1:]] for new in self.of(items, value[0]))

    def _leaves(self, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
        if "enum" in schema:
            yield from (one for one in schema["enum"] if one != value)
        yield from self._typed(schema.get("type"))

    @staticmethod
    def _typed(kind: str | None) -> tuple[Any, ...]:
        by_type: dict[str | None, tuple[Any, ...]] = {
            "string": TEXTS,
            "integer": INTEGERS,
            "number": INTEGERS,
            "boolean": FLAGS,
        }
        return by_type.get(kind, (None,))


def broken_json(text: bytes) -> Iterator[bytes]:
    """Yield bodies that are no proper JSON, made from one that is."""
    yield text.replace(b'"', b'"\xff\xfe', 1) if b'"' in text else b'{"x": "\xff\xfe"}'
    yield text[:-1]
    yield b"[" * 3000 + b"]" * 3000
    yield b'{"x":' * 3000 + b"1" + b"}" * 3000
    yield b""
    yield b"null"
    yield b'"text"'
    yield b'{"x": 1e999, "x": NaN}'


def parameter_values(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return values of a path or query parameter that are unusual, or wrong."""
    if schema.get("type") == "integer":
        return ("abc", "2147483648", "-2147483649", "1.5", "-1", "0", "9" * 40)
    if schema.get("type") == "array":
        return ("abc", "7,,8", ",", "2147483648", "-1", "7;8")
    if schema.get("format") == "date-time":
        return ("2026-02-30T00:00:00Z", "2026-03-30T25:61:00Z", "yesterday", "2026-03-30", "0")
    return ("x" * 200, "Zürich, 東京 ✓", "a\x00b", "' OR '1'='1", "..", "%", "null")
