"""The schemas of one OpenAPI document as compiled validators, each compiled once."""

from typing import Any, Protocol

import jsonschema_rs
import orjson

from mockserver.errors import Refusal
from specs import pointer
from specs.schema import convert, convert_all

MASK = "the value"
"""What stands for a value in a message, so that no secret and no megabyte gets into one."""


_EXAMPLES: dict[str, str] = {}
"""What fits a pattern, by the pattern: a person learns more from it."""


class Validator(Protocol):
    """The part of a `jsonschema-rs` validator that is used here."""

    def is_valid(self, instance: Any) -> bool: ...

    def iter_errors(self, instance: Any) -> Any: ...


class Schemas:
    """Compiles schemas of `openapi`; `$ref`s stay references, for a schema may refer to itself."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self.openapi = openapi
        components = openapi.get("components", {}).get("schemas", {})
        self._components = {"schemas": convert_all(components)}
        self._compiled: dict[bytes, Validator] = {}
        _learn(openapi)

    def resolve(self, element: Any) -> Any:
        """Follow the `$ref`s of `element` within the document."""
        return pointer.resolve(self.openapi, element)

    def validator(self, schema: dict[str, Any]) -> Validator:
        """Return the validator of `schema`; formats count, and messages show no values."""
        key = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
        if key not in self._compiled:
            self._compiled[key] = jsonschema_rs.validator_for(
                {**convert(schema), "components": self._components},
                validate_formats=True,
                mask=MASK,
            )
        return self._compiled[key]

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


def _learn(element: Any) -> None:
    """Note the example of each pattern within `element`."""
    for value in element.values() if isinstance(element, dict) else element:
        if isinstance(value, dict | list):
            _learn(value)
    if isinstance(element, dict) and isinstance(pattern := element.get("pattern"), str):
        _EXAMPLES.setdefault(pattern, str(element.get("example", "")))


def first_fault(validator: Validator, instance: Any) -> tuple[str, str] | None:
    """Return the member at fault (`timespan.from`, `reportIds[2]`) and the reason, or None."""
    for error in validator.iter_errors(instance):
        return _describe(error, [])
    return None


def _describe(error: Any, prefix: list[str | int]) -> tuple[str, str]:
    kind = error.kind
    path = [*prefix, *error.instance_path]
    if kind.name == "required":
        return member([*path, kind.property]), "is required"
    if kind.name == "additionalProperties":
        return member([*path, kind.unexpected[0]]), "is not known"
    if kind.name == "pattern" and (example := _EXAMPLES.get(kind.pattern)):
        return member(path), f"has not the form of {example!r}"
    if kind.name in {"anyOf", "oneOf"} and getattr(kind, "context", None):
        likeliest = min(kind.context, key=_unlikeliness)
        if len(likeliest) == 1:
            return _describe(likeliest[0], prefix)
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


def refuse(validator: Validator, instance: Any, whole: str) -> Refusal:
    """Return the 400 for an `instance` that is not valid; `whole` names it where no member is."""
    field, reason = first_fault(validator, instance) or ("", "is not valid")
    name = field or whole
    return Refusal(400, f"{name} {reason}.", field=name, reason=reason)
