"""The schemas of one OpenAPI document as validators."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, partial
from typing import Any

import jsonschema_rs
import orjson

from mockserver.errors import ApiError
from specs import pointer
from specs.schema import to_json_schema, to_json_schemas

MASK = "the value"
"""What stands for a value in a message, so that no secret and no megabyte gets into one."""


class Validator:
    """One schema, compiled at its first use: a run needs few of a contract's."""

    __slots__ = ("_make", "_schemas", "is_valid")

    def __init__(self, make: Callable[[], Any], schemas: "Schemas") -> None:
        self._make = make
        self._schemas = schemas
        self.is_valid: Callable[[Any], bool] = self._first

    def _first(self, instance: Any) -> bool:
        self.is_valid = self._make().is_valid
        return self.is_valid(instance)

    def first_fault(self, instance: Any) -> tuple[str, str] | None:
        """Return the member at fault (`timespan.from`, `reportIds[2]`) and the reason, or None."""
        for error in self._make().iter_errors(instance):
            return _describe(error, self._schemas.examples)
        return None

    def refuse(self, instance: Any, whole: str) -> ApiError:
        """Return the 400 for what is not valid; `whole` names it where no member is."""
        field, reason = self.first_fault(instance) or ("", "is not valid")
        name = field or whole
        return ApiError(400, f"{name} {reason}.", field=name, reason=reason)


class Schemas:
    """The schemas of `openapi`; `$ref`s stay references, for a schema may refer to itself."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self.openapi = openapi
        self._validators: dict[bytes, Validator] = {}

    @cached_property
    def examples(self) -> Mapping[str, str]:
        """What fits a pattern, by the pattern: a person learns more from it."""
        return dict(_examples(self.openapi))

    @cached_property
    def _components(self) -> dict[str, Any]:
        return {"schemas": to_json_schemas(self.openapi.get("components", {}).get("schemas", {}))}

    def resolve(self, element: Any) -> Any:
        """Follow the `$ref`s of `element` within the document."""
        return pointer.resolve(self.openapi, element)

    def validator(self, schema: dict[str, Any]) -> Validator:
        """Return the validator of `schema`; formats count, and messages show no values."""
        key = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
        if key not in self._validators:
            self._validators[key] = Validator(cache(partial(self._compile, schema)), self)
        return self._validators[key]

    def _compile(self, schema: dict[str, Any]) -> Any:
        return jsonschema_rs.validator_for(
            {**to_json_schema(schema), "components": self._components},
            validate_formats=True,
            mask=MASK,
        )

    def of_object(self, properties: dict[str, Any]) -> Validator:
        """Return the validator of an object with these properties, none of them required."""
        return self.validator({"type": "object", "properties": properties})

    def member_names(self, element: Any) -> set[str]:
        """Return the names of all the members that schemas within `element` mention."""
        names: set[str] = set()
        seen: set[str] = set()
        ways = [element]
        while ways:
            here = ways.pop()
            if isinstance(here, list):
                ways += here
            elif isinstance(here, dict):
                names.update(here.get("properties", {}))
                reference = here.get("$ref")
                if reference is None:
                    ways += here.values()
                elif reference not in seen:
                    seen.add(reference)
                    ways.append(self.resolve(here))
        return names


def _examples(element: Any) -> Iterator[tuple[str, str]]:
    """Yield each pattern within `element` with its example."""
    for value in element.values() if isinstance(element, dict) else element:
        if isinstance(value, dict | list):
            yield from _examples(value)
    if isinstance(element, dict) and isinstance(pattern := element.get("pattern"), str):
        yield pattern, str(element.get("example", ""))


def _describe(error: Any, examples: Mapping[str, str]) -> tuple[str, str]:
    kind = error.kind
    path = error.instance_path
    if kind.name == "required":
        return member([*path, kind.property]), "is required"
    if kind.name == "additionalProperties":
        return member([*path, kind.unexpected[0]]), "is not known"
    if kind.name == "pattern" and (example := examples.get(kind.pattern)):
        return member(path), f"has not the form of {example!r}"
    if kind.name in {"anyOf", "oneOf"} and getattr(kind, "context", None):
        likeliest = min(kind.context, key=_unlikeliness)
        if len(likeliest) == 1:
            return _describe(likeliest[0], examples)
    return member(path), str(error.message).split("\n", 1)[0].removeprefix(f"{MASK} ")


def _unlikeliness(errors: list[Any]) -> tuple[bool, int]:
    """Return what to sort alternatives by: those for another JSON type were hardly meant."""
    strange = any(error.kind.name == "type" and not error.instance_path for error in errors)
    return strange, len(errors)


def member(path: list[str | int]) -> str:
    """Return the name of the member at `path`, as a person would write it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
