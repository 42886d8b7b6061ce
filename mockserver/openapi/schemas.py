"""The schemas of one OpenAPI document as validators."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, partial
from hashlib import blake2b
from typing import Any

import jsonschema_rs
import orjson

from mockserver.errors import ApiError
from specs import pointer
from specs.explanation import MASK, Explanation, member_name
from specs.schema import to_json_schema, to_json_schemas

"""Replaces values in messages, so that they contain neither secrets nor large values."""


class Validator:
    """One schema, compiled at its first use: a run uses few of a contract's."""

    __slots__ = ("_make", "_schema", "_schemas", "is_valid")

    def __init__(
        self, make: Callable[[], Any], schema: Mapping[str, Any], schemas: "Schemas"
    ) -> None:
        self._make = make
        self._schema = schema
        self._schemas = schemas
        self.is_valid: Callable[[Any], bool] = self._first

    def _first(self, instance: Any) -> bool:
        self.is_valid = self._make().is_valid
        return self.is_valid(instance)

    def first_error(self, instance: Any) -> tuple[str, str] | None:
        """Return the first invalid member (`timespan.from`, `reportIds[2]`) and reason, or None."""
        for error in self._make().iter_errors(instance):
            schema = self._schemas.self_contained(self._schema)
            path, reason = Explanation(schema, self._schemas.examples).of(error)
            return member_name(path), reason
        return None

    def api_error(self, instance: Any, whole: str) -> ApiError:
        """Return the 400 for an invalid instance; `whole` names it if no member is at fault."""
        field, reason = self.first_error(instance) or ("", "is not valid")
        return ApiError.for_field(field or whole, reason)


class Schemas:
    """The schemas of `openapi`; `$ref`s are not inlined, because a schema may refer to itself."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self.openapi = openapi
        self._validators: dict[bytes, Validator] = {}

    @cached_property
    def examples(self) -> Mapping[str, str]:
        """The example of each pattern, which is more helpful in a message than the pattern."""
        return dict(_examples(self.openapi))

    @cached_property
    def _components(self) -> dict[str, Any]:
        return {"schemas": to_json_schemas(self.openapi.get("components", {}).get("schemas", {}))}

    def resolve(self, element: Any) -> Any:
        """Follow the `$ref`s of `element` within the document."""
        return pointer.resolve(self.openapi, element)

    def validator(self, schema: dict[str, Any]) -> Validator:
        """Return the validator of `schema`; it checks formats, and its messages mask values."""
        # A digest, because the schemas of three contracts have half a megabyte as text.
        text = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
        key = blake2b(text, digest_size=16).digest()
        if key not in self._validators:
            self._validators[key] = Validator(cache(partial(self._compile, schema)), schema, self)
        return self._validators[key]

    def _compile(self, schema: dict[str, Any]) -> Any:
        return jsonschema_rs.validator_for(
            self.self_contained(schema), validate_formats=True, mask=MASK
        )

    def self_contained(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return a schema as JSON Schema, with the components that it may refer to."""
        return {**to_json_schema(dict(schema)), "components": self._components}

    def of_object(self, properties: dict[str, Any]) -> Validator:
        """Return the validator of an object with these optional properties."""
        return self.validator({"type": "object", "properties": properties})

    def member_names(self, element: Any) -> set[str]:
        """Return the names of all members declared by schemas within `element`."""
        names: set[str] = set()
        seen: set[str] = set()
        stack = [element]
        while stack:
            current = stack.pop()
            if isinstance(current, list):
                stack += current
            elif isinstance(current, dict):
                names.update(current.get("properties", {}))
                reference = current.get("$ref")
                if reference is None:
                    stack += current.values()
                elif reference not in seen:
                    seen.add(reference)
                    stack.append(self.resolve(current))
        return names


def _examples(element: Any) -> Iterator[tuple[str, str]]:
    """Yield each pattern within `element` with its example."""
    for value in element.values() if isinstance(element, dict) else element:
        if isinstance(value, dict | list):
            yield from _examples(value)
    if isinstance(element, dict) and isinstance(pattern := element.get("pattern"), str):
        yield pattern, str(element.get("example", ""))
