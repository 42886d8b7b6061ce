"""A reverse proxy that passes traffic on byte by byte, and hands each exchange to a journal.

What a gateway changes is what RFC 9110, 7.6, says: `Connection` and what it names, the other
hop-by-hop headers, `Host`, and `Via` on the way to the upstream.
"""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

import httpcore
import uvicorn

from conformance.errors import UsageError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PAGE: Final = Path(__file__).with_name("proxy.html")
OWN_PATH: Final = "/_proxy"
VIA: Final = b"1.1 report-contracts"
HOP_BY_HOP: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer",
        b"transfer-encoding", b"upgrade", b"proxy-authorization", b"proxy-authenticate",
    }
)  # fmt: skip
# Bytes of a body that are kept for the checks; a longer one passes on, and is not judged.
MAX_KEPT: Final = 2 * 2**20
MAX_CONNECTIONS: Final = 100
BACKLOG: Final = 2048
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(slots=True)
class Capture:
    """The beginning of a body as it passes; `is_whole` is False where it was too long to keep."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    is_whole: bool = True

    def add(self, chunk: bytes) -> None:
        """Keep a chunk, or nothing any more."""
        self.size += len(chunk)
        if self.is_whole and self.size <= MAX_KEPT:
            self.parts.append(chunk)
        elif self.is_whole:
            self.is_whole = False
            self.parts.clear()

    @property
    def content(self) -> bytes:
        """The bytes that were kept."""
        return b"".join(self.parts)


@dataclass(slots=True)
class Passage:
    """One request and what became of it, with headers as the client sent and received them."""

    method: str
    target: str
    request_headers: Headers
    request_body: Capture = field(default_factory=Capture)
    status: int | None = None
    response_headers: Headers = field(default_factory=list)
    response_body: Capture = field(default_factory=Capture)
    failure: str | None = None
    refused: bool = False
    aborted: bool = False  # by the client
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0


class PassageJournal(Protocol):
    """What records the exchanges that pass."""

    def denial_reason(self, passage: Passage) -> str | None:
        """Return why a request may not be passed on, or None."""

    def record(self, passage: Passage) -> None:
        """Record an exchange that is over; it must return at once."""

    def entries(self, after: int) -> dict[str, Any]:
        """Return what the page shows: the entries behind a number."""


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers without those of the connection (RFC 9110, 7.6.1), and without trailers.

    A length beside chunks is wrong, and goes (RFC 9112, 6.3).
    """
    rows = [(bytes(name), bytes(value)) for name, value in headers]
    named = {
        token.strip().lower()
        for name, value in rows
        if name.lower() in {b"connection", b"trailer"}
        for token in value.split(b",")
    }
    if any(name.lower() == b"transfer-encoding" for name, _ in rows):
        named.add(b"content-length")
    return [row for row in rows if row[0].lower() not in HOP_BY_HOP | named]


class ClientGone(httpcore.NetworkError):
    """The client has closed its connection before the exchange was over."""


class ProxyApp:
    """The ASGI application: the upstream at `/`, the journal's page at `/_proxy/`."""

    def __init__(
        self,
        upstream: str,
        journal: PassageJournal,
        *,
        timeout: float,
        ca_bundle: str | None = None,
    ) -> None:
        parts = urlsplit(upstream)
        self._scheme = parts.scheme.encode()
        self._host = (parts.hostname or "").encode("idna")
        self._port = parts.port
        self._authority = parts.netloc.encode("idna")
        self._prefix = parts.path.rstrip("/").encode()
        self._journal = journal
        limits = {"read": timeout, "write": timeout, "connect": timeout, "pool": timeout}
        self._extensions = {"timeout": limits}
        context = ssl.create_default_context(cafile=ca_bundle)
        # A header of any size passes: what is too large for a side, that side refuses.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=MAX_CONNECTIONS, retries=0
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["path"] == OWN_PATH or scope["path"].startswith(f"{OWN_PATH}/"):
            await self._own(scope, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        headers: Headers = list(scope["headers"])
        passage = Passage(scope["method"], target.decode("latin-1"), headers)
        try:
            if reason := self._journal.denial_reason(passage):
                passage.failure, passage.refused = reason, True
                await _answer(send, 403, {"proxy": reason})
                return
            await self._exchange(passage, target, scope, receive, send)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            passage.failure, passage.aborted = _reason(error), isinstance(error, ClientGone)
            if passage.status is not None:
                return  # unfinished: the server closes, and the body breaks off as it did here
            status = 504 if isinstance(error, httpcore.TimeoutException) else 502
            if isinstance(error, httpcore.LocalProtocolError):
                status = 400  # what the client sent cannot be sent on
            await _answer(send, status, {"proxy": passage.failure})
        finally:
            passage.seconds = time.monotonic() - passage.started
            self._journal.record(passage)

    async def _exchange(
        self, passage: Passage, target: bytes, scope: Scope, receive: Receive, send: Send
    ) -> None:
        # White space around a value is not part of it (RFC 9110, 5.5), and cannot be sent.
        headers = [
            (name, value.strip(b" \t"))
            for name, value in end_to_end(passage.request_headers)
            if name not in _REPLACED
        ]
        headers += [(b"host", self._authority), (b"via", _via(passage.request_headers))]
        framing = {name for name, _ in passage.request_headers} & _FRAMING
        if framing == {b"transfer-encoding"}:
            headers.append((b"transfer-encoding", b"chunked"))
        request = httpcore.Request(
            passage.method,
            httpcore.URL(
                scheme=self._scheme, host=self._host, port=self._port, target=self._prefix + target
            ),
            headers=headers,
            content=_incoming(receive, passage.request_body) if framing else None,
            extensions=self._extensions,
        )
        response = await self._pool.handle_async_request(request)
        if response.status == 304:
            # It has no body, whatever its Content-Length is about (RFC 9110, 8.6); without this the
            # server waits for one.
            scope["method"] = "HEAD"
        copying = asyncio.ensure_future(_copy(response, passage, send))
        leaving = asyncio.ensure_future(_until_gone(receive))
        leaving.add_done_callback(lambda _: copying.cancel())
        try:
            await asyncio.wait({copying})
            if copying.cancelled():
                raise ClientGone
            copying.result()
        finally:
            copying.cancel()
            leaving.cancel()
            await response.aclose()

    async def _own(self, scope: Scope, send: Send) -> None:
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if name not in LOOPBACK_NAMES:
            # Another site's name that resolves to this machine must not read the journal.
            await _answer(send, 403, {"proxy": "the journal is shown on a loopback address only"})
        elif scope["path"] == f"{OWN_PATH}/journal":
            query = parse_qs(scope["query_string"].decode("latin-1"))
            after = query.get("after", ["0"])[0]
            await _answer(send, 200, self._journal.entries(int(after) if after.isdecimal() else 0))
        else:
            await _answer(send, 200, PAGE.read_bytes(), b"text/html; charset=utf-8")


# What the proxy sets itself, or its server has answered already.
_REPLACED: Final = frozenset({b"host", b"via", b"expect"})
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


def _via(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b", ".join([*(value for name, value in headers if name == b"via"), VIA])


async def _copy(response: httpcore.Response, passage: Passage, send: Send) -> None:
    passage.status, passage.response_headers = response.status, list(response.headers)
    headers = end_to_end(response.headers)
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    async for chunk in response.aiter_stream():
        passage.response_body.add(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _incoming(receive: Receive, capture: Capture) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        if chunk:
            capture.add(chunk)
            yield chunk
        if not message.get("more_body", False):
            return


async def _answer(send: Send, status: int, body: Any, media: bytes = b"application/json") -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = [
        (b"content-type", media),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'self' 'unsafe-inline'; base-uri 'none'"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _reason(error: Exception) -> str:
    reasons: dict[type, str] = {
        ClientGone: "the client has gone",
        httpcore.ConnectError: "the upstream does not accept the connection",
        httpcore.ConnectTimeout: "no connection to the upstream in time",
        httpcore.ReadTimeout: "no response from the upstream in time",
    }
    detail = f" ({error})" if str(error) else ""
    return reasons.get(type(error), f"the connection to the upstream broke{detail}")


# --- The server


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens: whoever connects before the server has started waits.

    Raises:
        UsageError: it is taken, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(f"--port: {host}:{port}: {error.strerror}") from None
    return listening


def make_server(app: Any) -> uvicorn.Server:
    """Return a server that adds nothing to what passes."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            ws="none",
            lifespan="on",
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
    )
