"""A record of exchanges with an app, so that two apps can be compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, in short, and the whole of its answer."""

    request: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(slots=True)
class Transcript:
    """Sends requests through a test client and keeps what came back."""

    client: FlaskClient
    base_headers: Mapping[str, str] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send one request; ``headers`` are added to the base headers, None takes one away."""
        headers = {**self.base_headers, **options.pop("headers", {})}
        options["headers"] = {name: value for name, value in headers.items() if value is not None}
        response = self.client.open(path, method=method, **options)
        answer = tuple(sorted(response.headers.items()))
        self.exchanges.append(
            Exchange(f"{method} {path}", response.status_code, answer, response.get_data())
        )
        return response

    def differences(self, other: "Transcript") -> Iterator[tuple[Exchange, Exchange]]:
        """The pairs of exchanges that are not the same."""
        pairs = zip(self.exchanges, other.exchanges, strict=False)
        return (pair for pair in pairs if pair[0] != pair[1])
