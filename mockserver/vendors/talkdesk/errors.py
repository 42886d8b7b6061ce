"""Talkdesk's error bodies: its own, and that of OAuth where the token endpoint promises it."""

from http import HTTPStatus
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.vendors.talkdesk.tokens import GRANT


def error(refusal: ApiError, *, oauth: bool) -> Response:
    """Return the reply to a refused request, with OAuth's body or Talkdesk's own."""
    body = _oauth_body(refusal) if oauth else _body(refusal)
    return Response(refusal.status, body, refusal.headers)


def _body(refusal: ApiError) -> dict[str, Any]:
    code = refusal.code or HTTPStatus(refusal.status).name.lower()
    body: dict[str, Any] = {"code": code, "message": refusal.message}
    if refusal.field is not None:
        reason = refusal.reason or refusal.message
        body["fields"] = [{"name": refusal.field, "description": reason}]
    return body


def _oauth_body(refusal: ApiError) -> dict[str, Any]:
    code = refusal.code or _oauth_code(refusal)
    return {"error": code, "error_description": refusal.message}


def _oauth_code(refusal: ApiError) -> str:
    """Return the word of RFC 6749, section 5.2."""
    if refusal.status == 401:
        return "invalid_client"
    if refusal.field == GRANT and refusal.reason != "is required":
        return "unsupported_grant_type"
    return "invalid_request"
