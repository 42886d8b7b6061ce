"""A sequence of requests to an app, so that two apps can be compared response by response."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

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
    client = app.test_client(use_cookies=False)
    ids, token = _ids(app, vendor), ""
    for step in steps:
        method, _, path = step.line.format(*ids, token=token).partition(" ")
        headers = {name: text.format(token=token) for name, text in step.headers.items()}
        response = client.open(path, method=method, headers=headers, json=step.json, data=step.data)
        if method == "POST":  # which may have created a job or a token
            ids, token = _ids(app, vendor), _token(response) or token
        headers_received = tuple(sorted(response.headers.items()))
        yield Exchange(step.line, response.status_code, headers_received, response.get_data())


def first_difference(
    expected: Iterable[Exchange], actual: Iterable[Exchange]
) -> tuple[Exchange, Exchange] | None:
    """Return the first pair of exchanges that differ; the rest is not run."""
    pairs = zip(expected, actual, strict=False)
    return next((pair for pair in pairs if pair[0] != pair[1]), None)


def _ids(app: Flask, vendor: str) -> list[str]:
    registry: VendorRegistry = app.extensions["vendors"]
    return [job["id"] for job in registry.vendors[vendor].jobs()] + ["none"] * 12


def _token(response: TestResponse) -> str:
    body = response.get_json(silent=True)
    return str(body.get("access_token", "")) if isinstance(body, dict) else ""
