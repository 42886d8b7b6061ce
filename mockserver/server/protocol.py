"""uvicorn's HTTP protocol with limits of size and time to what it reads."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from math import inf
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.config import ConnectionLimits
from mockserver.http.application import CONTROL
from mockserver.http.context import Scope
from mockserver.server.connection import CONNECTION_KEY
from mockserver.server.cycle import Cycle

LINGER = 2
"""Seconds that a caller who has been answered may still send into the void."""

MOST_IGNORED = 16 * 1024 * 1024
"""Bytes that he may."""

_TOO_LARGE = "The request line and the headers are too large."

_ASGI = {"version": "3.0", "spec_version": "2.3"}

Refuse = Callable[[str, int, str], bytes]
"""Makes the JSON body of an answer, given the path (empty where unknown), status and message."""


class Protocol(HttpToolsProtocol):
    """One connection. It has one timer, which is late rather than set anew for every request."""

    url = b""
    cycle: Cycle | None  # type: ignore[assignment] # uvicorn says there always is one
    pipeline: deque[tuple[Cycle, Any]]  # type: ignore[assignment] # of our own cycles

    def __init__(
        self, *args: Any, refuse: Refuse, patience: ConnectionLimits, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._refuse = refuse
        self._limits = patience
        self._unread = 0
        self._whole = True
        self._arriving = False
        self._answered = False
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = inf
        self._overdue: Callable[[], None] = self._give_up
        self._next: Cycle | None = None
        self._beginning = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arriving = True
        self._expect(self._limits.request_timeout, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline = inf
        if self._timer is not None:
            self._timer.cancel()
        self.connections.discard(self)
        self.flow.resume_writing()
        if self.cycle is not None:
            if not self.cycle.response_complete:
                self.cycle.disconnected = True
            self.cycle.wake()
        if exc is None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        if self._answered:
            if self._unread > MOST_IGNORED:
                self.transport.close()
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse_data()
            return
        except httptools.HttpParserUpgrade:  # nobody has to
            pass
        cycle, self._next = self._next, None
        self._mind_time(cycle)
        # Not from within the parser: what has come of the body is there by now.
        if cycle is not None and not self.transport.is_closing():
            self._start(cycle)
        if self._unread > self._limits.max_head_bytes:
            self._answer(431, _TOO_LARGE)

    def on_message_begin(self) -> None:
        self._whole = False
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        if (
            self._unread > self._limits.max_head_bytes
            and self._measure() > self._limits.max_head_bytes
        ):
            raise _HeadTooLargeError
        self._unread = 0
        parser = self.parser
        version = parser.get_http_version()
        raw_path, query = _split(self.url)
        path = raw_path.decode("ascii")
        scope: Scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": "",
            "method": parser.get_method().decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
        }
        before = self.cycle
        self.cycle = scope[CONNECTION_KEY] = cycle = Cycle(
            scope,
            self.transport,
            self.flow,
            self.on_response_complete,
            self.server_state.default_headers,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            expected=self.expect_100_continue,
        )
        if before is None or before.response_complete:
            self._next = cycle
        else:  # it waits for its turn
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        cycle = self.cycle
        assert cycle is not None
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.wake()

    def on_message_complete(self) -> None:
        self._unread = 0
        self._whole = True
        cycle = self.cycle
        assert cycle is not None
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.wake()

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for one."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start(self.pipeline.pop()[0])
        elif self._whole:
            self._expect(self._limits.idle_timeout, self.transport.close)

    def _start(self, cycle: Cycle) -> None:
        left: Coroutine[Any, Any, None] | None
        # Pages use what wants a task; and one that begins within another would go ever deeper.
        if self._beginning or cycle.scope["path"].startswith(CONTROL):
            left = cycle.run(self.app)
        else:
            self._beginning = True
            left = cycle.begin(self.app)
            self._beginning = False
        if left is not None:
            task = self.loop.create_task(left)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def _refuse_data(self) -> None:
        if self._unread > self._limits.max_head_bytes:
            self._answer(431, _TOO_LARGE)
        else:
            self._answer(400, "Invalid HTTP request received.")

    def _measure(self) -> int:
        """Return the bytes of a head that has come, perhaps with more behind it."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _mind_time(self, begins: Cycle | None) -> None:
        """Begin to wait where a request has begun, and do not where all of it is there."""
        if not self._whole:
            if not self._arriving:
                self._arriving = True
                self._expect(self._limits.request_timeout, self._give_up)
            return
        self._arriving = False
        self._deadline = inf
        if begins is None and (self.cycle is None or self.cycle.response_complete):
            # Answered before it was whole, or nothing but line ends.
            self._expect(self._limits.idle_timeout, self.transport.close)

    def _expect(self, seconds: float, overdue: Callable[[], None]) -> None:
        """Call `overdue` in so many seconds, unless something else is expected until then."""
        self._overdue = overdue
        self._deadline = deadline = self.loop.time() + seconds
        if self._timer is None or self._timer.when() > deadline:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline <= self.loop.time():
            self._overdue()
        elif self._deadline < inf:
            self._set_timer()

    def _give_up(self) -> None:
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.leave()
        self._answer(408, "The request took too long to arrive.")

    def _answer(self, status: int, message: str) -> None:
        """Answer what is no request, unless an answer is under way, and end the connection."""
        if self._answered or self.transport.is_closing():
            return
        self._deadline = inf
        cycle = self.cycle
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
            self._expect(LINGER, self.transport.close)
        else:
            self.transport.close()


def _split(url: bytes) -> tuple[bytes, bytes]:
    """Return path and query of a request target, which may be a whole URL."""
    if url.startswith(b"/") and b"#" not in url:
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    return parsed.path or b"/", parsed.query or b""


class _HeadTooLargeError(Exception):
    """Ends the parser, which then asks what to answer."""
