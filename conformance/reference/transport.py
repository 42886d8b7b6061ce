"""Building responses, and the variants of HTTP that any vendor may choose."""

import codecs
import gzip
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from flask import Response, request
from werkzeug.datastructures import Headers

from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError

JSON = "application/json"
_EVERY = 20  # a busy server rejects one request in so many
_SOON = MappingProxyType({"Retry-After": "1"})
_PAST = MappingProxyType({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"})
# variant, status, which of twenty requests, headers
_REJECTIONS: tuple[tuple[str, int, int, Mapping[str, str]], ...] = (
    ("busy", 429, 0, _SOON),
    ("busy-bare", 429, 0, {}),
    ("busy-date", 429, 0, _PAST),
    ("down", 503, _EVERY // 2, _SOON),
    ("down-bare", 503, _EVERY // 2, {}),
)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


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


def root_url() -> str:
    """Return scheme and host of the request."""
    return request.host_url.rstrip("/")


def other_root_url() -> str:
    """Return another host name that leads to this server."""
    here, there = "127.0.0.1", "localhost"
    if here not in request.host:
        here, there = there, here
    return root_url().replace(here, there)


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

    def __init__(self, context: AppContext, prefix: str, documented: Collection[str]) -> None:
        self._documented = documented
        self._has = context.switches.variants_of(prefix).__getitem__
        self._served = 0

    def before_request(self) -> None:
        """Reject what a variant does not offer, or one request in twenty."""
        self._served += 1
        operation = f"{request.method} {request.url_rule}"
        if self._has("documented-only") and operation not in self._documented:
            raise ApiError(404, "not offered here")
        for variant, status, turn, headers in _REJECTIONS:
            if self._has(variant) and self._served % _EVERY == turn:
                raise ApiError(status, "temporarily unavailable", headers=headers)

    def after_request(self, response: Response) -> Response:
        """Return the response as the variants ask for, its meaning unchanged."""
        if response.mimetype == JSON and response.get_data():
            self._rewrite(response)
        self._change_headers(response)
        if self._has("gzip") or self._has("gzip-members"):
            _compress(response, 2 if self._has("gzip-members") else 1)
        if self._has("chunked") and request.method != "HEAD":
            _stream(response)
        if self._has("early-hints") and "werkzeug.socket" in request.environ:
            request.environ["werkzeug.socket"].sendall(_EARLY_HINTS)
        return response

    def _change_headers(self, response: Response) -> None:
        if response.mimetype == JSON and self._has("json-charset"):
            response.content_type = f"{JSON}; charset=utf-8"
        if self._has("media-type-case") and response.content_type:
            media, _, parameters = response.content_type.partition(";")
            response.content_type = ";".join(filter(None, (media.upper(), parameters)))
        if self._has("more-headers"):
            response.headers["X-Request-Id"] = "5f0c2a"
            response.headers["Vary"] = "Accept-Encoding"
        if self._has("header-case"):
            response.headers = Headers([(key.lower(), value) for key, value in response.headers])

    def _rewrite(self, response: Response) -> None:
        changes = [change for variant, change in _JSON_CHANGES.items() if self._has(variant)]
        spaced, escaped = self._has("whitespace"), self._has("escaped")
        if changes or spaced or escaped:
            try:
                body = json.loads(response.get_data())
            except ValueError:  # a planted defect sent invalid JSON
                return
            for change in changes:
                body = change(body)
            text = json.dumps(body, indent=4 if spaced else None)
            text = _STRING.sub(_escape, text) if escaped else text
            response.set_data(text + "\r\n" * spaced)
        if self._has("byte-order-mark-json"):
            response.set_data(codecs.BOM_UTF8 + response.get_data())


def _escape(literal: re.Match[str]) -> str:
    data = json.loads(literal[0]).encode("utf-16-be", "surrogatepass")
    units = (data[start : start + 2].hex() for start in range(0, len(data), 2))
    return '"' + "".join(f"\\u{unit}" for unit in units) + '"'


def _extend(value: Any) -> Any:
    """Return the value with an unknown member in every object."""
    return _with_member(value, {"addedLater": {"n": 1}})


def _add_surrogate(value: Any) -> Any:
    return _with_member(value, {"addedLater": "\ud800"})


def _with_member(value: Any, member: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_with_member(item, member) for item in value]
    if isinstance(value, dict):
        return {name: _with_member(item, member) for name, item in value.items()} | dict(member)
    return value


def _reverse(value: Any) -> Any:
    if isinstance(value, list):
        return [_reverse(item) for item in value]
    if isinstance(value, dict):
        return {name: _reverse(value[name]) for name in reversed(value)}
    return value


def _as_floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_floats(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_floats(item) for name, item in value.items()}
    return float(value) if type(value) is int else value


_JSON_CHANGES: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "more-fields": _extend,
        "lone-surrogates": _add_surrogate,
        "members-reversed": _reverse,
        "float-integers": _as_floats,
    }
)


def _compress(response: Response, members: int) -> None:
    data = response.get_data()
    wanted = request.accept_encodings.quality("gzip") > 0
    if data and wanted and "Content-Encoding" not in response.headers:
        size = -(-len(data) // members)
        parts = (data[start : start + size] for start in range(0, len(data), size))
        response.set_data(b"".join(gzip.compress(part, mtime=0) for part in parts))
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
