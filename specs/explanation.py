"""Explain what departs from a JSON schema, and how to correct it, to whoever wrote the value."""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

import jsonschema_rs

MASK: Final = "the value"
"""Stands for the value in a validator's own messages: no reason shows what was sent."""
_MAX_REASONS: Final = 3  # of one alternative


class Explanation:
    """Explains validation errors of `schema`, without showing values.

    `examples` has an example by pattern, which is more helpful in a message than the pattern.
    """

    def __init__(
        self, schema: Mapping[str, Any], examples: Mapping[str, str] | None = None
    ) -> None:
        self._schema = schema
        self._examples = examples or {}

    def of(self, error: Any) -> tuple[list[str | int], str]:
        """Return the path of the invalid member, and the reason.

        `error` is a `jsonschema_rs.ValidationError` of a validator with the mask `MASK`.
        """
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
        return path, reason

    def _of_alternatives(
        self, path: list[str | int], alternatives: list[list[Any]]
    ) -> tuple[list[str | int], str]:
        """Explain the alternative with the instance's JSON type and the fewest errors."""
        if not all(alternatives):
            return path, "fits several alternatives where one is due"
        candidates = [errors for errors in alternatives if not _is_for_another_type(errors, path)]
        if not candidates:
            types = sorted({str(it) for errors in alternatives for it in errors[0].kind.types})
            return path, f"must be of type {' or '.join(types)}"
        sizes = [len(errors) for errors in candidates]
        errors = sorted(
            candidates[sizes.index(min(sizes))], key=lambda error: error.kind.name != "required"
        )
        (first, reason), *more = map(self.of, errors[:_MAX_REASONS])
        return first, "; ".join([reason, *(f"{member_name(at)} {text}" for at, text in more)])

    def _parent(self, error: Any) -> Mapping[str, Any]:
        """Return the schema that holds the keyword of an error."""
        current: Any = self._schema
        for step in error.schema_path[:-1]:
            current = current[step]
        schema: Mapping[str, Any] = current
        return schema


class FileShape:
    """The JSON schema of a kind of file.

    Attributes:
        schema: the schema, in JSON Schema 2020-12.
        formats: further formats by name; each says whether a text is of it.
    """

    def __init__(self, schema: dict[str, Any], formats: Mapping[str, Any] | None = None) -> None:
        self._explanation = Explanation(schema)
        self._validator = jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, formats=dict(formats or {}), mask=MASK
        )

    def errors(self, content: Any) -> Iterator[tuple[str, str]]:
        """Yield the place (`/jobs/0/lasts`, `/` for the whole) and the reason of each departure."""
        for error in self._validator.iter_errors(content):
            path, reason = self._explanation.of(error)
            yield "".join(f"/{step}" for step in path) or "/", reason


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


def member_name(path: list[str | int]) -> str:
    """Return the member at `path` in dotted notation (`timespan.from`, `reportIds[2]`)."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
