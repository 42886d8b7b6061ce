"""Example values and responses of a contract, declared or drawn from a random generator."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson

from mockserver.clock import ORIGIN
from mockserver.http.messages import Response, StreamingBody
from mockserver.openapi.request_body import JSON
from mockserver.timestamps import to_iso_string
from specs import Operation, pointer
from specs.contract import is_json
from specs.samples import text_of_pattern

_MAX_DEPTH = 8
_ALTERNATIVES = ("oneOf", "anyOf")
_DAY = 86_400_000
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")


class ExampleGenerator:
    """Generates values from the schemas of one OpenAPI document.

    With `use_examples` a schema's example is preferred; without, it is used only for a pattern.
    """

    def __init__(self, openapi: dict[str, Any], *, use_examples: bool) -> None:
        self._openapi = openapi
        self._use_examples = use_examples

    def draw(self, schema: Any, rng: Random, depth: int = 0) -> Any:
        """Return a value valid for `schema`, with every declared member."""
        schema = self._resolved(schema)
        if "enum" in schema:
            return rng.choice([value for value in schema["enum"] if value is not None] or [None])
        if "example" in schema and (self._use_examples or "pattern" in schema):
            return schema["example"]
        if "properties" in schema or schema.get("type") == "object":
            return self._object(schema, rng, depth)
        if schema.get("type") == "array":
            return self._array(schema, rng, depth)
        make = _BY_TYPE[schema.get("type", "string")]
        return make(schema, rng)

    def _object(self, schema: Mapping[str, Any], rng: Random, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        names = properties if depth < _MAX_DEPTH else schema.get("required", ())
        return {
            name: self.draw(properties[name], rng, depth + 1)
            for name in names
            if name in properties
        }

    def _array(self, schema: Mapping[str, Any], rng: Random, depth: int) -> list[Any]:
        min_items = schema.get("minItems", 0)
        if depth >= _MAX_DEPTH:
            return [self.draw(schema.get("items", {}), rng, depth) for _ in range(min_items)]
        max_items = min(schema.get("maxItems", min_items + 2), min_items + 2)
        count = rng.randint(max(min_items, min(1, max_items)), max_items)
        values = [self.draw(schema.get("items", {}), rng, depth + 1) for _ in range(count)]
        if not schema.get("uniqueItems"):
            return values
        return [value for n, value in enumerate(values) if value not in values[:n]]

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        """Return the schema, the first of its alternatives, or its `allOf` parts merged."""
        schema = pointer.resolve(self._openapi, schema)
        for keyword in _ALTERNATIVES:
            if keyword in schema:
                rest = {key: value for key, value in schema.items() if key not in _ALTERNATIVES}
                first = schema[keyword][0]
                return self._resolved({"allOf": [first, rest]} if rest else first)
        if "allOf" not in schema:
            return dict(schema)
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in map(self._resolved, schema["allOf"]):
            members, others = part.get("properties", {}), merged.get("properties", {})
            both = {
                name: {"allOf": [others[name], members[name]]}
                for name in others.keys() & members.keys()
            }
            combined = {
                "properties": {**members, **others, **both},
                "required": [*part.get("required", ()), *merged.get("required", ())],
            }
            stated = {key: value for key, value in merged.items() if (key, value) != ("items", {})}
            merged = {**part, **stated, **{key: value for key, value in combined.items() if value}}
        return merged


def _text(schema: Mapping[str, Any], rng: Random) -> str:
    formatted = _FORMATS.get(schema.get("format", ""))
    if formatted:
        return formatted(rng)
    if "pattern" in schema and (matching := text_of_pattern(schema["pattern"], rng)) is not None:
        return matching
    text = "-".join(rng.choice(WORDS) for _ in range(2))
    while len(text) < schema.get("minLength", 0):
        text += text
    return text[: schema.get("maxLength", len(text))]


def _integer(schema: Mapping[str, Any], rng: Random) -> int:
    low = int(schema.get("minimum", 0))
    return rng.randint(max(low, 0), max(low, min(int(schema.get("maximum", 1000)), 1000)))


def _number(schema: Mapping[str, Any], rng: Random) -> float:
    return float(_integer(schema, rng))


def _boolean(_schema: Mapping[str, Any], rng: Random) -> bool:
    return rng.random() < 0.5


def _date_time(rng: Random) -> str:
    return to_iso_string(ORIGIN - rng.randrange(30 * _DAY))


_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any], Random], Any]] = MappingProxyType(
    {"string": _text, "integer": _integer, "number": _number, "boolean": _boolean}
)
_FORMATS: Mapping[str, Callable[[Random], str]] = MappingProxyType(
    {
        "date-time": _date_time,
        "date": lambda rng: _date_time(rng)[:10],
        "uuid": lambda rng: str(UUID(int=rng.getrandbits(128), version=4)),
        "uri-reference": lambda rng: f"/{rng.choice(WORDS)}",
        "uri": lambda rng: f"https://{rng.choice(WORDS)}.example.com/",
        "email": lambda rng: f"{rng.choice(WORDS)}@example.com",
    }
)


class ExampleResponses:
    """Makes responses of one OpenAPI document, from its examples or generated."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self._openapi = openapi
        self._from_examples = ExampleGenerator(openapi, use_examples=True)
        self._generated = ExampleGenerator(openapi, use_examples=False)

    def make(
        self,
        operation: Operation,
        status: int,
        rng: Random,
        *,
        example: str | None = None,
        generated: bool = False,
    ) -> Response:
        """Return a response with a declared status.

        Its body is the named `example`, else the first example, else one composed of the schemas'
        examples; with `generated` it is drawn from `rng`.

        Raises:
            LookupError: the status has no example of that name.
        """
        response = operation.responses[status]
        content = response.get("content", {})
        headers = self._headers(response["headers"], rng)
        if example is not None:
            media, value = _named_example(content, example)
            return _response(status, headers, media, value)
        if not content:
            return Response(status, headers=headers)
        media, row = next(iter(content.items()))
        values = list(_examples(row).values())
        if values and not generated:
            return _response(status, headers, media, values[0])
        samples = self._generated if generated else self._from_examples
        return _response(status, headers, media, samples.draw(row.get("schema", {}), rng))

    def has_example(self, operation: Operation, status: int) -> bool:
        """Return True if a declared status has an example of its body."""
        content = operation.responses[status].get("content", {})
        return any(_examples(row) for row in content.values())

    def examples(self, operation: Operation, status: int) -> list[str]:
        """Return the names of a declared status's examples."""
        content = operation.responses[status].get("content", {})
        return sorted(name for row in content.values() for name in row.get("examples", {}))

    def _headers(self, declared: Mapping[str, Any], rng: Random) -> dict[str, str]:
        return {name: self._header(row, rng) for name, row in declared.items()}

    def _header(self, row: Mapping[str, Any], rng: Random) -> str:
        value = row.get("example")
        if value is None:
            schema = pointer.resolve(self._openapi, row.get("schema", {}))
            value = self._from_examples.draw(schema, rng)
        return str(value).lower() if isinstance(value, bool) else str(value)


def _examples(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: entry["value"] for name, entry in row.get("examples", {}).items()}
    return named | ({"": row["example"]} if "example" in row else {})


def _named_example(content: Mapping[str, Any], example: str) -> tuple[str, Any]:
    for media, row in content.items():
        if example in row.get("examples", {}):
            return media, row["examples"][example]["value"]
    raise LookupError(example)


def _response(status: int, headers: Mapping[str, str], media: str, value: Any) -> Response:
    if media == JSON:
        return Response(status, value, headers)
    if is_json(media):
        return Response(status, value, {**headers, "Content-Type": media})
    raw = value.encode() if isinstance(value, str) else orjson.dumps(value)
    content_type = f"{media}; charset=utf-8" if media.startswith("text/") else media
    return Response(
        status, headers=headers, file=StreamingBody(content_type, len(raw), lambda: iter((raw,)))
    )
