"""The schemas of one OpenAPI document as validators."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache, cached_property, partial
from hashlib import blake2b
from typing import Any

import jsonschema_rs
import orjson

from mockserver.errors import ApiError
from specs import pointer
from specs.schema import to_json_schema, to_json_schemas

MASK = "the value"
"""Replaces values in messages, so that they contain neither secrets nor large values."""


MAX_REASONS = 3
"""Errors of one alternative that are reported."""


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
            return Explanation(
                self._schemas.self_contained(self._schema), self._schemas.examples
            ).of(error)
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


class Explanation:
    """Explains validation errors of `schema` and how to correct them, without showing values."""

    def __init__(self, schema: Mapping[str, Any], examples: Mapping[str, str]) -> None:
        self._schema = schema
        self._examples = examples

    def of(self, error: Any) -> tuple[str, str]:
        """Return the invalid member and the reason."""
        kind, path = error.kind, list(error.instance_path)
        match kind.name:
            case "required":
                path.append(kind.property)
                reason = "is required"
            case "additionalProperties":
                path.append(kind.unexpected[0])
                known = sorted(self._parent(error).get("properties", {}))
                reason = f"is not known; {hint(kind.unexpected[0], known)}"
            case "enum":
                reason = f"must be one of {hint(error.instance, kind.options, always=True)}"
            case "type":
                reason = f"must be of type {' or '.join(map(str, kind.types))}"
            case "pattern" if example := self._examples.get(kind.pattern):
                reason = f"must have the form of {example!r}"
            case "anyOf" | "oneOf" if alternatives := getattr(kind, "context", None):
                return self._of_alternatives(path, alternatives)
            case _:
                reason = str(error.message).split("\n", 1)[0].removeprefix(f"{MASK} ")
        return member(path), reason

    def _of_alternatives(
        self, path: list[str | int], alternatives: list[list[Any]]
    ) -> tuple[str, str]:
        """Explain the alternative with the instance's JSON type and the fewest errors."""
        candidates = [errors for errors in alternatives if not _is_for_another_type(errors, path)]
        if not candidates:
            types = sorted({str(it) for errors in alternatives for it in errors[0].kind.types})
            return member(path), f"must be of type {' or '.join(types)}"
        sizes = [len(errors) for errors in candidates]
        errors = sorted(
            candidates[sizes.index(min(sizes))], key=lambda error: error.kind.name != "required"
        )
        (field, reason), *more = map(self.of, errors[:MAX_REASONS])
        return field, "; ".join([reason, *(f"{name} {text}" for name, text in more)])

    def _parent(self, error: Any) -> Mapping[str, Any]:
        """Return the schema that holds the keyword of an error."""
        current: Any = self._schema
        for step in error.schema_path[:-1]:
            current = current[step]
        schema: Mapping[str, Any] = current
        return schema


def _is_for_another_type(errors: list[Any], path: list[str | int]) -> bool:
    return any(error.kind.name == "type" and error.instance_path == path for error in errors)


def hint(value: Any, known: Collection[Any], *, always: bool = False) -> str:
    """Return a "did you mean" for an unknown value, or the known values if none is similar.

    With `always` the known values are listed in any case.
    """
    names = {_normalized(name): str(name) for name in known}
    close = get_close_matches(_normalized(value), names, n=2, cutoff=0.7)
    listed = ", ".join(map(str, known)) or "none"
    question = f"did you mean {' or '.join(names[name] for name in close)}?" if close else ""
    if always:
        return f"{listed}; {question}" if question else listed
    return question or f"known: {listed}"


def _normalized(value: Any) -> str:
    """Return a name without differences of spelling: retryAfter, retry_after, Retry-After."""
    return re.sub(r"[^a-z0-9]", "", str(value)[:100].lower())


def member(path: list[str | int]) -> str:
    """Return the member at `path` in dotted notation (`timespan.from`, `reportIds[2]`)."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
