"""Values that fit a schema of a contract, drawn by a given source of chance."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import UUID

from mockserver.clock import ORIGIN
from mockserver.http.messages import Response, StreamingBody
from mockserver.openapi.request_body import JSON
from mockserver.timestamps import to_iso_string
from specs import Operation, pointer

_DEEPEST = 12
_DAY = 86_400_000
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")


class ExampleGenerator:
    """Draws values from the schemas of one OpenAPI document.

    With `examples` the examples of the schemas are taken wherever there are some; without, only
    where a value cannot be drawn, for a pattern above all.
    """

    def __init__(self, openapi: dict[str, Any], *, examples: bool) -> None:
        self._openapi = openapi
        self._examples = examples

    def draw(self, schema: Any, chance: Random, depth: int = 0) -> Any:
        """Return a value that fits `schema`, with every member that it names."""
        schema = self._resolved(schema)
        if "enum" in schema:
            return chance.choice([value for value in schema["enum"] if value is not None])
        if "example" in schema and (self._examples or "pattern" in schema):
            return schema["example"]
        if "properties" in schema or schema.get("type") == "object":
            return self._object(schema, chance, depth)
        if schema.get("type") == "array":
            return self._array(schema, chance, depth)
        make = _PLAIN[schema.get("type", "string")]
        return make(schema, chance)

    def _object(self, schema: Mapping[str, Any], chance: Random, depth: int) -> dict[str, Any]:
        named = schema.get("properties", {})
        wanted = named if depth < _DEEPEST else schema.get("required", ())
        return {name: self.draw(named[name], chance, depth + 1) for name in wanted if name in named}

    def _array(self, schema: Mapping[str, Any], chance: Random, depth: int) -> list[Any]:
        fewest = schema.get("minItems", 0)
        if depth >= _DEEPEST:
            return [self.draw(schema.get("items", {}), chance, depth) for _ in range(fewest)]
        most = min(schema.get("maxItems", fewest + 2), fewest + 2)
        count = chance.randint(max(fewest, min(1, most)), most)
        return [self.draw(schema.get("items", {}), chance, depth + 1) for _ in range(count)]

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        """Return the schema itself, the first of its alternatives, or all of its parts as one."""
        schema = pointer.resolve(self._openapi, schema)
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return self._resolved(schema[word][0])
        if "allOf" not in schema:
            return dict(schema)
        whole = {key: value for key, value in schema.items() if key != "allOf"}
        for part in map(self._resolved, schema["allOf"]):
            joined = {
                "properties": {**part.get("properties", {}), **whole.get("properties", {})},
                "required": [*part.get("required", ()), *whole.get("required", ())],
            }
            whole = {**part, **whole, **{key: value for key, value in joined.items() if value}}
        return whole


def _text(schema: Mapping[str, Any], chance: Random) -> str:
    formatted = _FORMATS.get(schema.get("format", ""))
    if formatted:
        return formatted(chance)
    text = "-".join(chance.choice(_WORDS) for _ in range(2))
    while len(text) < schema.get("minLength", 0):
        text += text
    return text[: schema.get("maxLength", len(text))]


def _integer(schema: Mapping[str, Any], chance: Random) -> int:
    low = int(schema.get("minimum", 0))
    return chance.randint(max(low, 0), max(low, min(int(schema.get("maximum", 1000)), 1000)))


def _number(schema: Mapping[str, Any], chance: Random) -> float:
    return float(_integer(schema, chance))


def _boolean(_schema: Mapping[str, Any], chance: Random) -> bool:
    return chance.random() < 0.5


def _moment(chance: Random) -> str:
    return to_iso_string(ORIGIN - chance.randrange(30 * _DAY))


_PLAIN: Mapping[str, Callable[[Mapping[str, Any], Random], Any]] = MappingProxyType(
    {"string": _text, "integer": _integer, "number": _number, "boolean": _boolean}
)
_FORMATS: Mapping[str, Callable[[Random], str]] = MappingProxyType(
    {
        "date-time": _moment,
        "date": lambda chance: _moment(chance)[:10],
        "uuid": lambda chance: str(UUID(int=chance.getrandbits(128), version=4)),
        "uri-reference": lambda chance: f"/{chance.choice(_WORDS)}",
        "uri": lambda chance: f"https://{chance.choice(_WORDS)}.example.com/",
        "email": lambda chance: f"{chance.choice(_WORDS)}@example.com",
    }
)


class ExampleResponses:
    """Makes replies of one OpenAPI document, from its examples or drawn by chance."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self._openapi = openapi
        self._told = ExampleGenerator(openapi, examples=True)
        self._drawn = ExampleGenerator(openapi, examples=False)

    def make(
        self,
        operation: Operation,
        status: int,
        chance: Random,
        *,
        example: str | None = None,
        drawn: bool = False,
    ) -> Response:
        """Return a reply of a listed status.

        Its body is the named `example`, else the first example that there is, else what the
        schema's own examples make up; with `drawn`, chance decides on all of it.

        Raises:
            LookupError: the status has no example of that name.
        """
        response = operation.responses[status]
        content = response.get("content", {})
        headers = self._headers(response["headers"], chance)
        if example is not None:
            media, value = _named(content, example)
            return _response(status, headers, media, value)
        if not content:
            return Response(status, headers=headers)
        media, row = next(iter(content.items()))
        shown = list(_examples(row).values())
        if shown and not drawn:
            return _response(status, headers, media, shown[0])
        samples = self._drawn if drawn else self._told
        return _response(status, headers, media, samples.draw(row.get("schema", {}), chance))

    def has_example(self, operation: Operation, status: int) -> bool:
        """Tell whether a listed status shows an example of its body."""
        content = operation.responses[status].get("content", {})
        return any(_examples(row) for row in content.values())

    def examples(self, operation: Operation, status: int) -> list[str]:
        """Return the names of a listed status's examples."""
        content = operation.responses[status].get("content", {})
        return sorted(name for row in content.values() for name in row.get("examples", {}))

    def _headers(self, declared: Mapping[str, Any], chance: Random) -> dict[str, str]:
        return {name: self._header(row, chance) for name, row in declared.items()}

    def _header(self, row: Mapping[str, Any], chance: Random) -> str:
        value = row.get("example")
        if value is None:
            schema = pointer.resolve(self._openapi, row.get("schema", {}))
            value = self._told.draw(schema, chance)
        return str(value).lower() if isinstance(value, bool) else str(value)


def _examples(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: entry["value"] for name, entry in row.get("examples", {}).items()}
    return shown | ({"": row["example"]} if "example" in row else {})


def _named(content: Mapping[str, Any], example: str) -> tuple[str, Any]:
    for media, row in content.items():
        if example in row.get("examples", {}):
            return media, row["examples"][example]["value"]
    raise LookupError(example)


def _response(status: int, headers: Mapping[str, str], media: str, value: Any) -> Response:
    if media == JSON:
        return Response(status, value, headers)
    raw = value.encode() if isinstance(value, str) else bytes(value)
    shown = f"{media}; charset=utf-8" if media.startswith("text/") else media
    return Response(
        status, headers=headers, file=StreamingBody(shown, len(raw), lambda: iter((raw,)))
    )
