"""How an answer travels: the legal freedoms of HTTP, and the ways to break it."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage

JSON = "application/json"
_EVERY = 20  # one request in so many is turned away by a busy server


def json_response(body: Any, status: int = 200, **headers: str) -> Response:
    """The body as JSON; header names are written with underscores for hyphens."""
    response = Response(json.dumps(body), status, mimetype=JSON)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def html_response(status: int) -> Response:
    """A page such as a gateway would put in the vendor's place."""
    page = f"<!doctype html><html><body><h1>{status}</h1></body></html>"
    return Response(page, status, mimetype="text/html")


def cut_short(response: Response) -> Response:
    """Announce the whole length, send half."""
    data = response.get_data()
    response.set_data(data[: len(data) // 2])
    response.headers["Content-Length"] = str(len(data))
    return response


def claim_gzip(response: Response) -> Response:
    """Announce a compression that was not made."""
    response.headers["Content-Encoding"] = "gzip"
    return response


@dataclass(frozen=True, slots=True)
class Freedoms:
    """The ids of a vendor's switches for what HTTP leaves open."""

    busy: str
    down: str
    gzip: str
    chunked: str
    spaced: str
    extended: str
    headers: str
    charset: str


class Traffic:
    """Applies a vendor's transport freedoms to its requests and answers."""

    def __init__(self, stage: Stage, freedoms: Freedoms) -> None:
        self._stage, self._ids = stage, freedoms
        self._served = 0

    def admit(self) -> None:
        """Turn one request in twenty away where the switches say so."""
        self._served += 1
        if self._stage.free(self._ids.busy) and self._served % _EVERY == 0:
            raise Refusal(429, "too many requests", headers={"Retry-After": "1"})
        if self._stage.free(self._ids.down) and self._served % _EVERY == _EVERY // 2:
            raise Refusal(503, "back in a moment", headers={"Retry-After": "1"})

    def finish(self, response: Response) -> Response:
        """The answer in the shape that the switches ask for, its meaning unchanged."""
        if response.mimetype == JSON and response.get_data():
            self._rewrite(response)
        if response.mimetype == JSON and self._stage.free(self._ids.charset):
            response.content_type = f"{JSON}; charset=utf-8"
        if self._stage.free(self._ids.headers):
            response.headers["X-Request-Id"] = "5f0c2a"
            response.headers["Vary"] = "Accept-Encoding"
        if self._stage.free(self._ids.gzip):
            _compress(response)
        if self._stage.free(self._ids.chunked) and request.method != "HEAD":
            _stream(response)
        return response

    def _rewrite(self, response: Response) -> None:
        spaced, extended = self._stage.free(self._ids.spaced), self._stage.free(self._ids.extended)
        if not (spaced or extended):
            return
        try:
            body = json.loads(response.get_data())
        except ValueError:  # a planted defect sent what is no JSON
            return
        body = _extend(body) if extended else body
        response.set_data(json.dumps(body, indent=4 if spaced else None) + "\r\n" * spaced)


def _extend(value: Any) -> Any:
    """The value with a field that nobody knows in every object."""
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
