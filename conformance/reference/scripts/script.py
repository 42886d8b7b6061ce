"""A sequence of requests to an app, so that two apps can be compared response by response."""

import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask
from werkzeug.test import run_wsgi_app

from conformance.reference.registry import VendorRegistry


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a script.

    ``line`` is method and path. ``{0}`` in it, or in a header, is the id of the first of the
    vendor's jobs in the order of their creation (``none`` if there are fewer), ``{token}`` the
    token issued last.
    """

    line: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """The line of a request and its complete response."""

    line: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def run_script(app: Flask, vendor: str, steps: Iterable[Step]) -> Iterator[Exchange]:
    """Send the steps one after the other."""
    ids, token = _ids(app, vendor), ""
    for step in steps:
        method, _, path = step.line.format(*ids, token=token).partition(" ")
        headers = {name: text.format(token=token) for name, text in step.headers.items()}
        environ = _environ(method, path, headers, step)
        chunks, status, received = run_wsgi_app(app.wsgi_app, environ, buffered=True)
        body = b"".join(chunks)
        if method == "POST":  # which may have created a job or a token
            ids, token = _ids(app, vendor), _token(body) or token
        yield Exchange(step.line, int(status[:3]), tuple(sorted(received)), body)


def _environ(method: str, path: str, headers: Mapping[str, str], step: Step) -> dict[str, Any]:
    """Return the request as WSGI has it; Flask's test client takes longer than the app."""
    path, _, query = path.partition("?")
    body, more = step.data or b"", dict(headers)
    if step.json is not None:
        body = json.dumps(step.json).encode()
        more.setdefault("Content-Type", "application/json")
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": more.pop("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        **{f"HTTP_{name.upper().replace('-', '_')}": text for name, text in more.items()},
    }


def first_difference(
    expected: Iterable[Exchange], actual: Iterable[Exchange]
) -> tuple[Exchange, Exchange] | None:
    """Return the first pair of exchanges that differ; the rest is not run."""
    pairs = zip(expected, actual, strict=False)
    return next((pair for pair in pairs if pair[0] != pair[1]), None)


def _ids(app: Flask, vendor: str) -> list[str]:
    registry: VendorRegistry = app.extensions["vendors"]
    return [job["id"] for job in registry.vendors[vendor].jobs()] + ["none"] * 12


def _token(body: bytes) -> str:
    try:
        value = json.loads(body)
    except ValueError:
        return ""
    return str(value.get("access_token", "")) if isinstance(value, dict) else ""
