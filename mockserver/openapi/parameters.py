"""Parse the text of path, query and header parameters into values of their schemas."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote

from mockserver.errors import ApiError, ConfigurationError
from mockserver.openapi.schemas import Schemas, Validator

Parse = Callable[[str], Any]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?")
_BOOLEANS = {"true": True, "false": False}
_NUL = "contains a NUL character"


def parser(schema: dict[str, Any]) -> Parse:
    """Return a function that parses text as a value of `schema` (without a `$ref`).

    It raises ValueError with the reason for invalid text. `null` is None if the schema is
    nullable.
    """
    parse = _PARSERS.get(schema.get("type", "string"), str)
    if not schema.get("nullable"):
        return parse
    return lambda text: None if text == "null" else parse(text)


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(text):
        return int(text)
    if text.removeprefix("-").isdecimal() and len(text) > 18:
        raise ValueError("is out of range")
    raise ValueError("must be an integer")


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    raise ValueError("must be a number")


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text]
    except KeyError:
        raise ValueError("must be true or false") from None


_PARSERS: dict[str, Parse] = {"integer": _integer, "number": _number, "boolean": _boolean}


MAX_FIELDS = 100
"""Fields in one query or form; more are rejected before parsing."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter and how its text is parsed.

    `is_array` for an array; `comma_separated` if one text may hold several items; `allow_empty` if
    empty text counts as absent.
    """

    name: str
    parse: Parse
    required: bool
    is_array: bool
    comma_separated: bool
    allow_empty: bool

    def read(self, texts: list[str]) -> Any:
        """Return the value of the parameter, or None if empty and allowed to be.

        Raises:
            ApiError: a text is invalid, or the parameter is repeated and no array.
        """
        if self.comma_separated:
            texts = [item for text in texts if text for item in text.split(",")]
        elif self.allow_empty:
            texts = [text for text in texts if text]
        if not texts and self.allow_empty:
            return None
        if self.is_array:
            return [self.read_one(text) for text in texts]
        if len(texts) > 1:
            raise ApiError.for_field(self.name, "is given more than once")
        return self.read_one(texts[0])

    def read_one(self, text: str) -> Any:
        """Return the value of one text.

        Raises:
            ApiError: it is invalid.
        """
        try:
            return self.parse(text)
        except ValueError as error:
            raise ApiError.for_field(self.name, str(error)) from None


class Parameters:
    """The parameters of one operation in one location (`path`, `query`, `header` or `form`)."""

    def __init__(
        self, schemas: Schemas, location: str, declared: tuple[Mapping[str, Any], ...]
    ) -> None:
        own = [row for row in declared if row["in"] == location]
        resolved = {row["name"]: schemas.resolve(row["schema"]) for row in own}
        self.known = {row["name"]: _compile(row, schemas) for row in own}
        self._texts = frozenset(name for name, known in self.known.items() if known.parse is str)
        self._required = tuple(name for name, known in self.known.items() if known.required)
        self._defaults = {
            name: row["default"] for name, row in resolved.items() if "default" in row
        }
        self._validator: Validator = schemas.of_object({row["name"]: row["schema"] for row in own})
        self._absent = MappingProxyType(self._defaults)

    def read_path(self, segments: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the values of path parameters, given their raw segments.

        Raises:
            ApiError: a segment is not UTF-8, contains a NUL, or is invalid.
        """
        values: dict[str, Any] = {}
        for name, segment in segments.items():
            text = decode_segment(segment, name) if "%" in segment else segment
            values[name] = text if name in self._texts else self.known[name].read_one(text)
        return self._checked(values)

    def read_query(self, query: bytes) -> Mapping[str, Any]:
        """Return the values of a query string with defaults.

        Raises:
            ApiError: a name is unknown, missing or duplicate, or a value is invalid.
        """
        if not query and not self._required:
            return self._absent
        return self.read_fields(split_fields(query))

    def read_fields(self, fields: Mapping[str, list[str]]) -> Mapping[str, Any]:
        """Return the values of named texts with defaults."""
        for name in fields:
            if name not in self.known:
                raise ApiError(
                    400, f"{name[:64]} is not a parameter.", field=name[:64], reason="is not known"
                )
        values = {name: self.known[name].read(texts) for name, texts in fields.items()}
        for name in self._required:
            if name not in values:
                raise ApiError.for_field(name, "is required")
        present = {name: value for name, value in values.items() if value is not None}
        return self._defaults | self._checked(present)

    def read_headers(self, headers: Mapping[str, str]) -> None:
        """Check the header parameters; `headers` keeps their text."""
        if self.known:
            self.read_fields(
                {name: [headers[name.lower()]] for name in self.known if name.lower() in headers}
            )

    def _checked(self, values: dict[str, Any]) -> dict[str, Any]:
        if not self._validator.is_valid(values):
            raise self._validator.api_error(values, "a parameter")
        return values


def split_fields(encoded: bytes) -> dict[str, list[str]]:
    """Return the texts of a query string or a form by name.

    Raises:
        ApiError: too many fields, or text that is not UTF-8 or contains a NUL.
    """
    if not encoded:
        return {}
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeError:
        raise ApiError(400, "The parameters are not UTF-8 in percent-encoding.") from None
    except ValueError:
        raise ApiError(400, f"There are more than {MAX_FIELDS} parameters.") from None
    fields: dict[str, list[str]] = {}
    for name, text in pairs:
        if "\0" in name or "\0" in text:
            raise ApiError.for_field(name.replace("\0", "\ufffd"), _NUL)
        fields.setdefault(name, []).append(text)
    return fields


def decode_segment(segment: str, name: str) -> str:
    """Return the text of a path segment, percent-decoded.

    Raises:
        ApiError: it is not UTF-8 or contains a NUL.
    """
    try:
        text = unquote(segment, errors="strict")
    except UnicodeError:
        raise ApiError.for_field(name, "is not UTF-8") from None
    if "\0" in text:
        raise ApiError.for_field(name, _NUL)
    return text


def _compile(row: Mapping[str, Any], schemas: Schemas) -> Parameter:
    schema = schemas.resolve(row["schema"])
    is_array = schema.get("type") == "array"
    if row["in"] == "query" and row.get("style", "form") != "form":
        raise ConfigurationError(f"{row['name']}: unsupported parameter style {row['style']}")
    return Parameter(
        name=row["name"],
        parse=parser(schemas.resolve(schema["items"]) if is_array else schema),
        required=row.get("required", False),
        is_array=is_array,
        comma_separated=is_array and not row.get("explode", row["in"] == "query"),
        allow_empty=row.get("allowEmptyValue", False),
    )
