"""Decode and validate request bodies."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.errors import ApiError
from mockserver.openapi.parameters import Parameters, split_fields
from mockserver.openapi.schemas import Schemas, Validator
from specs.contract import is_json

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MAX_DEPTH = 64
"""Nesting of arrays and objects; deeper bodies are rejected, since no response could echo them."""

# It finds 1.5 too, which stays as it is, and begins with what is rare: a search for digits takes
# 2 % of a creation's instructions.
_INTEGRAL = re.compile(rb"[.eE](?<=[0-9].)[+-]?[0-9]+\s*[,}\]]")
_LARGEST_EXACT = 2**53
"""Beyond it, not each integer is a number of its own in a float."""


class RequestBody:
    """The request body of an operation: its media types, with a validator for each."""

    def __init__(
        self, schemas: Schemas, declared: Mapping[str, Any] | None, *, strict: bool
    ) -> None:
        content = (declared or {}).get("content", {})
        self.required = bool(declared and declared.get("required"))
        self.expected = declared is not None
        self._media: dict[str, Validator] = {
            media: schemas.validator(row.get("schema", {}) if _is_read(media) else {})
            for media, row in content.items()
        }
        self._json = frozenset(filter(is_json, content))
        # An operation without a body that declares a 415 still checks the Content-Type.
        self._accepted = frozenset(content) or (frozenset({JSON}) if strict else None)
        self._forms = {
            media: _form(schemas, row["schema"]) for media, row in content.items() if media == FORM
        }

    def check_media(self, content_type: str | None, *, is_empty: bool = False) -> str | None:
        """Return the media type of a Content-Type, or None if there is none.

        `is_empty` tells that nothing is sent: then an optional body may have any type.

        Raises:
            ApiError: 415, the operation does not accept it.
        """
        if content_type is None or self._accepted is None:
            return None
        if is_empty and self.expected and not self.required:
            return None
        if content_type in self._accepted:
            return content_type
        media, _, options = content_type.partition(";")
        media = media.strip().lower()
        if not _is_read(media) and media in self._accepted:
            return media  # multipart has a boundary, a text any charset
        if media not in self._accepted or not _is_utf8(options):
            accepted = " or ".join(sorted(self._accepted))
            raise ApiError(415, f"Content-Type must be {accepted}.", field="Content-Type")
        return media

    def read(self, raw: bytes, media: str | None) -> Any:
        """Return the decoded body, or None if it is absent and optional.

        Raises:
            ApiError: 415 without a media type; 400 for a missing or invalid body.
        """
        if not raw:
            if self.required:
                raise ApiError(400, "A body is required.", field="body", reason="is required")
            return None
        if media is None:
            accepted = " or ".join(sorted(self._media))
            raise ApiError(415, f"Content-Type is missing; send {accepted}.", field="Content-Type")
        value: Any = None
        if media in self._forms:
            value = self._read_form(raw, media)
        elif media in self._json:
            value = _read_json(raw)
        validator = self._media[media]
        if not validator.is_valid(value):
            raise validator.api_error(value, "body")
        return value

    def _read_form(self, raw: bytes, media: str) -> Any:
        fields = split_fields(raw)
        form = self._forms[media]
        return dict(form.read_fields({name: fields[name] for name in fields if name in form.known}))


def _is_read(media: str) -> bool:
    """Return False for a media type whose content is taken as it is, such as a file."""
    return media == FORM or is_json(media)


def _form(schemas: Schemas, schema: Mapping[str, Any]) -> Parameters:
    properties = schemas.resolve(schema)["properties"]
    rows = ({"name": name, "in": "form", "schema": row} for name, row in properties.items())
    return Parameters(schemas, "form", tuple(rows))


def _is_utf8(options: str) -> bool:
    for option in options.split(";"):
        name, _, value = option.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() in {"utf-8", "utf8", "us-ascii"}
    return True


def _read_json(raw: bytes) -> Any:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"The body is not JSON: {error}.", field="body") from None
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ApiError(400, f"The body is nested deeper than {MAX_DEPTH} levels.", field="body")
    return _with_integers(value) if _INTEGRAL.search(raw) else value


def _with_integers(value: Any) -> Any:
    """Return a JSON value with numbers such as 1.0 as integers: JSON has one kind of number."""
    if isinstance(value, dict):
        return {name: _with_integers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_integers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= _LARGEST_EXACT:
        return int(value)
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [row for row in level if isinstance(row, dict | list)]:
        depth += 1
        level = [item for row in level for item in (row.values() if isinstance(row, dict) else row)]
    return depth
