"""Talkdesk's error bodies: its own, and that of OAuth where the token endpoint promises it."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from mockserver.errors import ApiError
from mockserver.vendors.talkdesk.tokens import GRANT


def error_body(error: ApiError, required: Collection[str]) -> dict[str, Any]:
    """Return the body of a error; `required` are the members that its contract asks for."""
    if "error" in required:
        return {"error": error.code or _oauth_code(error), "error_description": error.message}
    body: dict[str, Any] = {"code": error.code or _code(error.status)}
    body["message"] = error.message
    if "description" in required:
        body["description"] = error.reason or error.message
    if error.field is not None:
        reason = error.reason or error.message
        body["fields"] = [{"name": error.field, "description": reason}]
    return body


def _code(status: int) -> str:
    try:
        return HTTPStatus(status).name.lower()
    except ValueError:  # a fault may use any number
        return f"status_{status}"


def _oauth_code(error: ApiError) -> str:
    """Return the error code of RFC 6749, section 5.2."""
    if error.status == 401:
        return "invalid_client"
    if error.field == GRANT and error.reason != "is required":
        return "unsupported_grant_type"
    return "invalid_request"
