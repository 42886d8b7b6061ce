"""The error body of a user's vendor: as lifecycle.yaml declares it, else by the schema's names."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from mockserver.clock import ORIGIN
from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.openapi.request_body import JSON
from mockserver.timestamps import to_iso_string
from mockserver.vendors.generic.operations import flatten, put
from mockserver.vendors.generic.served import error_content
from specs import Contract, Operation, pointer
from specs.contract import is_json
from specs.values import plain_name, words

_ABSENT = object()
_MAX_DEPTH = 6
_MESSAGES = words(
    "message messages msg errormessage error_description errordescription detail details "
    "description reason text developermessage usermessage usermessage"
)
_CODES = words("code errorcode errcode errortype reasoncode")
_FIELDS = words("field param parameter property target pointer source location name")
_IDS = words("requestid traceid correlationid id errorid xrequestid")
_TIMES = words("timestamp time date occurredat")


class ErrorBodies:
    """Makes the error responses of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._openapi = contract.openapi
        self._declared = contract.lifecycle.errors
        self._common = error_content(contract)
        self._first: dict[int, Mapping[str, Any]] = {}
        for operation in contract.operations.values():
            self._first = {**operation.responses, **self._first}

    def __call__(self, error: ApiError, operation: Operation | None) -> Response:
        """Return the response with the vendor's error body for an error."""
        responses = operation.responses if operation else self._first
        listed = responses.get(error.status)
        content: Mapping[str, Any] = self._common if listed is None else listed.get("content", {})
        media = next(filter(is_json, content), None)
        if media is None:
            return Response(error.status, headers=error.headers)
        headers = dict(error.headers) if media == JSON else {**error.headers, "Content-Type": media}
        if self._declared:
            return Response(error.status, self._from_template(error), headers)
        body = self._fill(content[media].get("schema", {}), "", error, 0)
        return Response(error.status, {} if body is _ABSENT else body, headers)

    def _from_template(self, error: ApiError) -> dict[str, Any]:
        body: dict[str, Any] = {}
        for member in self._declared:
            value = member.constant if member.part is None else part_of(error, member.part)
            if value is None and member.part is not None:
                continue
            put(body, member.at, value)
        return body

    def _fill(self, schema: Any, name: str, error: ApiError, depth: int) -> Any:
        """Return the value of a member, `_ABSENT` where nothing is known of it."""
        schema = flatten(self._openapi, schema)
        kind = schema.get("type", "object" if "properties" in schema else None)
        if kind == "object" or (kind is None and not name):
            return self._object(schema, error, depth)
        if kind == "array":
            inner = self._fill(schema.get("items", {}), name, error, depth + 1)
            return [] if inner is _ABSENT or depth > _MAX_DEPTH else [inner]
        if kind in ("integer", "number"):
            return (
                error.status if plain_name(name) in _CODES | {"status", "statuscode"} else _ABSENT
            )
        if kind == "boolean":
            return False if plain_name(name) in ("success", "ok") else _ABSENT
        return self._text(schema, plain_name(name), error)

    def _object(self, schema: Mapping[str, Any], error: ApiError, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            return _ABSENT
        body: dict[str, Any] = {}
        for name, member in pointer.properties(self._openapi, schema).items():
            value = self._fill(member, name, error, depth + 1)
            if value is _ABSENT and name in schema.get("required", ()):
                value = _neutral(flatten(self._openapi, member), error)
            if value is not _ABSENT:
                body[name] = value
        if not body and not schema.get("properties"):
            body = {"message": error.message} if depth == 0 else {}
        return body if body or depth == 0 else _ABSENT

    def _text(  # noqa: PLR0911 (one for each sort of name)
        self, schema: Mapping[str, Any], name: str, error: ApiError
    ) -> Any:
        if "enum" in schema:
            return _enum(schema["enum"], error)
        if name in _MESSAGES or name in ("error", "errors"):
            return _cut(schema, part_of(error, "message"))
        if name == "title":
            return _cut(schema, part_of(error, "title"))
        if name in _CODES or name == "status":
            return _cut(schema, part_of(error, "code"))
        if name == "type":
            return "about:blank"
        if name in _FIELDS:
            return _ABSENT if error.field is None else _cut(schema, error.field)
        if name in _TIMES:
            return to_iso_string(ORIGIN)
        if name in _IDS and schema.get("format") == "uuid":
            return f"00000000-0000-4000-8000-{error.status:012}"
        return part_of(error, "request_id") if name in _IDS else _ABSENT


def part_of(error: ApiError, part: str) -> Any:
    """Return a part of an error: message, code, status, title, field (or None), request_id."""
    title = _phrase(error.status)
    code = error.code or re.sub(r"[^a-z]+", "_", title.lower())
    return {
        "message": error.message,
        "code": code,
        "status": error.status,
        "title": title,
        "field": error.field,
        "request_id": f"req-{error.status}",
    }[part]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _enum(values: list[Any], error: ApiError) -> Any:
    wanted = plain_name(part_of(error, "code"))
    usable = [value for value in values if value is not None]
    return next((v for v in usable if plain_name(str(v)) == wanted), usable[0] if usable else None)


def _cut(schema: Mapping[str, Any], text: str) -> str:
    return text[: schema.get("maxLength", len(text))]


def _neutral(schema: Mapping[str, Any], error: ApiError) -> Any:
    """Return a value for a required member that says nothing."""
    if schema.get("nullable"):
        return None
    for key in ("example", "default"):
        if key in schema:
            return schema[key]
    kinds = {"integer": error.status, "number": error.status, "boolean": False, "array": []}
    return kinds.get(schema.get("type", "string"), {} if schema.get("type") == "object" else "")
