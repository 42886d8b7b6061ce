"""Requests to an application in this process, without a server between."""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

from mockserver.http.context import Asgi, Scope

TALKDESK = {"authorization": "Bearer mock-talkdesk-writer"}
CLINICALONE = {"authorization": "Bearer mock-clinicalone-manager"}
ENERGYCAP = {"eci-apikey": "mock-energycap-manager"}
JSON = {"content-type": "application/json"}
CREATE: dict[str, Any] = {
    "format": "csv",
    "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


def ask(
    app: Asgi,
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: bytes | dict[str, Any] | None = None,
    extra: Scope | None = None,
) -> Answer:
    """Send one request, its scope with what is `extra` in it, and return the whole answer."""
    scope = {**request_scope(method, target, headers or {}), **(extra or {})}
    return asyncio.run(_ask(app, scope, _encode(body)))


def _encode(body: bytes | dict[str, Any] | None) -> bytes:
    return orjson.dumps(body) if isinstance(body, dict) else body or b""


def request_scope(method: str, target: str, headers: dict[str, str]) -> Scope:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 4010),
        "headers": [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in {"host": "127.0.0.1:4010", **headers}.items()
        ],
    }


async def _ask(app: Asgi, scope: Scope, body: bytes) -> Answer:
    sent: list[dict[str, Any]] = []
    chunks = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]

    async def receive() -> dict[str, Any]:
        if not chunks:
            await asyncio.Event().wait()  # the caller listens on and says nothing more
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    head, *rest = sent
    headers = {name.decode(): value.decode("latin-1") for name, value in head["headers"]}
    return Answer(head["status"], headers, b"".join(part.get("body", b"") for part in rest))
