"""Building responses, and the variants of HTTP that any vendor may choose."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError

JSON = "application/json"
_EVERY = 20  # a busy server rejects one request in so many


def json_response(body: Any, status: int = 200, **headers: str) -> Response:
    """Return the body as JSON; header names are written with underscores for hyphens."""
    response = Response(json.dumps(body), status, mimetype=JSON)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def html_response(status: int) -> Response:
    """Return an HTML page such as a gateway would send instead of the vendor."""
    page = f"<!doctype html><html><body><h1>{status}</h1></body></html>"
    return Response(page, status, mimetype="text/html")


def cut_short(response: Response) -> Response:
    """Announce the full Content-Length but send half of the body."""
    data = response.get_data()
    response.set_data(data[: len(data) // 2])
    response.headers["Content-Length"] = str(len(data))
    return response


def claim_gzip(response: Response) -> Response:
    """Announce gzip for a body that is not compressed."""
    response.headers["Content-Encoding"] = "gzip"
    return response


class TransportVariants:
    """Applies the variants ``<prefix>-free-...`` of HTTP to a vendor's requests and responses."""

    def __init__(self, context: AppContext, prefix: str) -> None:
        self._context, self._prefix = context, prefix
        self._served = 0

    def _has(self, variant: str) -> bool:
        return self._context.has_variant(f"{self._prefix}-free-{variant}")

    def before_request(self) -> None:
        """Reject one request in twenty where a variant asks for it."""
        self._served += 1
        if self._has("busy") and self._served % _EVERY == 0:
            raise ApiError(429, "too many requests", headers={"Retry-After": "1"})
        if self._has("down") and self._served % _EVERY == _EVERY // 2:
            raise ApiError(503, "temporarily unavailable", headers={"Retry-After": "1"})

    def after_request(self, response: Response) -> Response:
        """Return the response as the variants ask for, its meaning unchanged."""
        if response.mimetype == JSON and response.get_data():
            self._rewrite(response)
        if response.mimetype == JSON and self._has("json-charset"):
            response.content_type = f"{JSON}; charset=utf-8"
        if self._has("more-headers"):
            response.headers["X-Request-Id"] = "5f0c2a"
            response.headers["Vary"] = "Accept-Encoding"
        if self._has("gzip"):
            _compress(response)
        if self._has("chunked") and request.method != "HEAD":
            _stream(response)
        return response

    def _rewrite(self, response: Response) -> None:
        spaced, extended = self._has("whitespace"), self._has("more-fields")
        if not (spaced or extended):
            return
        try:
            body = json.loads(response.get_data())
        except ValueError:  # a planted defect sent invalid JSON
            return
        body = _extend(body) if extended else body
        response.set_data(json.dumps(body, indent=4 if spaced else None) + "\r\n" * spaced)


def _extend(value: Any) -> Any:
    """Return the value with an unknown member in every object."""
    if isinstance(value, list):
        return [_extend(item) for item in value]
    if isinstance(value, dict):
        return {name: _extend(item) for name, item in value.items()} | {"addedLater": {"n": 1}}
    return value


def _compress(response: Response) -> None:
    data = response.get_data()
    wanted = request.accept_encodings.quality("gzip") > 0
    if data and wanted and "Content-Encoding" not in response.headers:
        response.set_data(gzip.compress(data, mtime=0))
        response.headers["Content-Encoding"] = "gzip"


def _stream(response: Response) -> None:
    data = response.get_data()
    if not data or response.headers.get("Content-Length", type=int) != len(data):
        return
    del response.headers["Content-Length"]
    response.response = _pieces(data)


def _pieces(data: bytes, size: int = 64) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
