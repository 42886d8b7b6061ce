"""The mock's protocol in memory: a transport without a socket, and an application that records."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import h11
from uvicorn.server import ServerState

from mockserver.config import ConnectionLimits
from mockserver.server import REJECTION_KEY
from mockserver.server.protocol import Http1Protocol
from tests.http._reference import Message

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_QUIET_TURNS = 3


class MemoryTransport(asyncio.Transport):
    """Keeps what is written; `half_closed` and `closed` tell what the protocol did."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.paused = self.half_closed = self.closed = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        assert not self.half_closed
        if not self.closed:
            self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.half_closed = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


@dataclass
class Recording:
    """An application that takes the whole request, and answers with the length of its body."""

    messages: list[Message] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)
    methods: list[bytes] = field(default_factory=list)
    wait: bool = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        rejection = scope.get(REJECTION_KEY)
        body, more = b"", rejection is None
        if self.wait:
            await asyncio.sleep(0)
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                rejection = event.get(REJECTION_KEY)
                break
            body, more = body + event["body"], event["more_body"]
        if rejection is not None or not more:
            self.methods.append(scope["method"].encode())
        if rejection is not None:
            self.rejected.append(rejection.status)
            await _respond(send, rejection.status, b"rejected")
        elif not more:
            self.messages.append(_message(scope, body))
            await _respond(send, 200, b"%d bytes" % len(body))


def _message(scope: Any, body: bytes) -> Message:
    query: bytes = scope["query_string"]
    return Message(
        scope["method"].encode(),
        scope["raw_path"] + (b"?" + query if query else b""),
        scope["http_version"].encode(),
        # h11 writes names of codings in lower case, the mock leaves them as they are
        tuple((n, v.lower() if n == b"transfer-encoding" else v) for n, v in scope["headers"]),
        body,
    )


async def _respond(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of a stream of bytes.

    `end` is `open` where the protocol waits for more, `refused` where its last response says that
    something was no request, `closed` where it closed after a good one.
    """

    messages: tuple[Message, ...]
    statuses: tuple[int, ...]
    end: str


def observe(pieces: Iterable[bytes], *, ended: bool = False, wait: bool = False) -> Observation:
    """Return what the protocol makes of pieces that arrive one after the other.

    `ended` closes the client's side after them; `wait` makes the application wait before it reads.
    """
    return asyncio.run(exchange(pieces, ended=ended, wait=wait))


async def exchange(pieces: Iterable[bytes], *, ended: bool, wait: bool) -> Observation:
    """Do what `observe` does, in a loop that runs."""
    transport, app = MemoryTransport(), Recording(wait=wait)
    protocol = Http1Protocol(app, ServerState(), ConnectionLimits())
    protocol.connection_made(transport)
    for piece in pieces:
        await _until_read(transport)
        if transport.is_closing():
            break
        protocol.data_received(piece)
    await _settle(transport)
    end = _end(transport, app)
    if ended and not transport.is_closing():
        if not protocol.eof_received():
            transport.close()
        await _settle(transport)
        assert transport.is_closing()
        end = _end(transport, app)
    protocol.connection_lost(None)
    await asyncio.sleep(0)
    statuses = tuple(read_statuses(bytes(transport.written), app.methods))
    return Observation(tuple(app.messages), statuses, end)


async def _until_read(transport: MemoryTransport) -> None:
    for _ in range(100):
        if not transport.paused:
            return
        await asyncio.sleep(0)
    raise AssertionError("reading is paused for ever")


async def _settle(transport: MemoryTransport) -> None:
    quiet, seen = 0, -1
    while quiet < _QUIET_TURNS:
        await asyncio.sleep(0)
        quiet = quiet + 1 if len(transport.written) == seen else 0
        seen = len(transport.written)


def _end(transport: MemoryTransport, app: Recording) -> str:
    if app.rejected:
        assert transport.closed or transport.half_closed
        return "refused"
    return "closed" if transport.closed or transport.half_closed else "open"


def read_statuses(raw: bytes, methods: list[bytes]) -> list[int]:
    """Return the statuses of responses to requests with these methods, as a client reads them."""
    statuses = []
    for method in methods:
        client = h11.Connection(h11.CLIENT)
        sent = method if method == b"HEAD" else b"GET"  # all the others are answered alike
        client.send(h11.Request(method=sent, target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        client.receive_data(raw)
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            assert event is not h11.NEED_DATA, raw
            if isinstance(event, h11.Response):
                statuses.append(event.status_code)
        raw = client.trailing_data[0]
    assert raw in {b"", _CONTINUE}
    return statuses
