"""uvicorn's HTTP protocol with limits of size and time to what it reads."""

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from mockserver.cork import Cork
from mockserver.cycle import Cycle, begin
from mockserver.gate import CONTROL
from mockserver.limits import Patience
from mockserver.line import LINE

LINGER = 2
"""Seconds that a caller who has been answered may still send into the void."""

MOST_IGNORED = 16 * 1024 * 1024
"""Bytes that he may."""

_TOO_LARGE = "The request line and the headers are too large."

_RESET = struct.pack("ii", 1, 0)  # linger for no time: closing resets

Refuse = Callable[[str, int, str], bytes]
"""Makes the JSON body of an answer, given the path (empty where unknown), status and message."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    url = b""

    def __init__(self, *args: Any, refuse: Refuse, patience: Patience, **options: Any) -> None:
        super().__init__(*args, **options)
        self._refuse = refuse
        self._limits = patience
        self._unread = 0
        self._whole = True
        self._answered = False
        self._patience: asyncio.TimerHandle | None = None
        self._next: Cycle | None = None
        self._beginning = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", Cork(transport, self.loop))
        self._await_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        if self._answered:
            if self._unread > MOST_IGNORED:
                self.transport.close()
            return
        super().data_received(data)
        # Not from within the parser: what has come of the body is there by now.
        cycle, self._next = self._next, None
        if cycle is not None and not self.transport.is_closing():
            self._start_asgi_task(cycle, self.app)
        if self._unread > self._limits.head:
            self._answer(431, _TOO_LARGE)
        elif self._whole:
            self._stop_waiting()
        elif self._patience is None:
            self._await_more()

    def on_message_begin(self) -> None:
        self._whole = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._unread > self._limits.head and self._measure() > self._limits.head:
            raise _HeadTooLargeError
        self._unread = 0
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        version = self.parser.get_http_version()
        raw_path, query = _split(self.url)
        scope["http_version"] = version
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"] = unquote(raw_path.decode("ascii"))
        scope["raw_path"], scope["query_string"] = raw_path, query
        before: Cycle | None = self.cycle  # type: ignore[assignment] # uvicorn says it never is None
        self.cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        scope[LINE] = Connection(self.cycle)
        if before is None or before.response_complete:
            self._next = self.cycle
        else:  # it waits for its turn
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        serving = cycle.run_asgi(app)
        left: Coroutine[Any, Any, None] | None = serving
        # Pages use what wants a task; and one that begins within another would go ever deeper.
        if not self._beginning and not cycle.scope["path"].startswith(CONTROL):
            self._beginning = True
            left = begin(serving)
            self._beginning = False
        if left is not None:
            task = self.loop.create_task(left)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        self._whole = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if self._unread > self._limits.head:
            self._answer(431, _TOO_LARGE)
        else:
            self._answer(400, msg)

    def _measure(self) -> int:
        """Return the bytes of a head that has come, perhaps with more behind it."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _await_more(self) -> None:
        self._patience = self.loop.call_later(self._limits.arrival, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn says it never is None
        if cycle is not None and not cycle.response_started:
            leave(cycle)
        self._answer(408, "The request took too long to arrive.")

    def _answer(self, status: int, message: str) -> None:
        """Answer what is no request, unless an answer is under way, and end the connection."""
        if self._answered or self.transport.is_closing():
            return
        self._stop_waiting()
        cycle: RequestResponseCycle | None = self.cycle  # as above
        if cycle is not None and not (cycle.response_complete or cycle.disconnected):
            self.transport.close()
            return
        self._answered = True
        path = self.url.partition(b"?")[0].decode("latin-1")
        body = self._refuse(path, status, message)
        head = b"content-type: application/json\r\nconnection: close\r\n"
        length = b"content-length: %d\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + length + body)
        self._end()

    def _end(self) -> None:
        """Close once the caller has, or soon: at once would take the answer from one who sends."""
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._patience = self.loop.call_later(LINGER, self.transport.close)
        else:
            self.transport.close()


def _split(url: bytes) -> tuple[bytes, bytes]:
    """Return path and query of a request target, which may be a whole URL."""
    if url.startswith(b"/") and b"#" not in url:
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    return parsed.path or b"/", parsed.query or b""


class Connection:
    """The line under one request: see `mockserver.line`."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    def write(self, data: bytes) -> None:
        self._cycle.transport.write(data)

    def close(self) -> None:
        leave(self._cycle)
        self._cycle.transport.close()

    def reset(self) -> None:
        leave(self._cycle)
        transport = self._cycle.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()


def leave(cycle: RequestResponseCycle) -> None:
    """Let uvicorn take the caller for gone, or it would complain of what was not sent."""
    cycle.disconnected = True
    cycle.message_event.set()


class _HeadTooLargeError(Exception):
    """Ends the parser, which then asks what to answer."""
