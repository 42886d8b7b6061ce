"""HTTP/1.1 on one connection: requests in, responses out, in the same order (RFC 9112)."""

import asyncio
from collections.abc import Callable, Coroutine
from math import inf
from typing import Any
from urllib.parse import unquote

from uvicorn.server import ServerState

from mockserver.config import ConnectionLimits
from mockserver.http.application import CONTROL
from mockserver.http.context import Asgi, Scope
from mockserver.server.connection import CONNECTION_KEY, REJECTION_KEY, Rejection
from mockserver.server.cycle import FlowControl, RequestCycle
from mockserver.server.request_body import BodyDecoder, ChunkedBody, CountedBody
from mockserver.server.request_head import (
    END,
    Headers,
    MalformedRequestError,
    RequestHead,
    check_beginning,
    parse_head,
    sketch_head,
)

LINGER = 2
"""Seconds of silence after which a connection is closed that has had its last response."""

MOST_IGNORED = 64 * 1024 * 1024
"""Bytes of a body that are read and dropped for a client that already has its response."""

HIGH_WATER = 64 * 1024
"""Bytes of a body that may wait for the application."""

_ASGI = {"version": "3.0", "spec_version": "2.3"}


class Http1Protocol(asyncio.Protocol):
    """One connection.

    A request begins to be read once the response before it is sent; what comes earlier waits in the
    buffer. So every request that arrived whole is answered, whatever comes behind it. What is no
    request goes to the application as well, with a `Rejection` in its scope, and is the last.

    There is one timer, which is late rather than set anew for every request.
    """

    __slots__ = (
        "_app", "_arriving", "_buffer", "_client", "_cycle", "_deadline", "_decoder", "_dropped",
        "_ended", "_flow", "_last", "_limits", "_loop", "_on_deadline", "_scanned", "_scheme",
        "_server", "_state", "_timer", "_transport",
    )  # fmt: skip

    def __init__(self, app: Asgi, state: ServerState, limits: ConnectionLimits) -> None:
        self._app = app
        self._state = state
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._scanned = 0  # bytes of the buffer that hold no end of a head
        self._cycle: RequestCycle | None = None
        self._decoder: BodyDecoder | None = None  # of the part of a body that is still to come
        self._last = False  # nothing that arrives from now on is a request
        self._ended = False  # the client sends no more
        self._dropped = 0
        self._arriving = False
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = inf
        self._on_deadline: Callable[[], None] = self._time_out

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        self._state.connections.add(self)  # type: ignore[arg-type] # uvicorn names its own only
        self._transport = transport
        self._flow = FlowControl(transport)
        secure = transport.get_extra_info("sslcontext") is not None
        self._scheme = "https" if secure else "http"
        self._server = _address(transport.get_extra_info("sockname"))
        self._client = _address(transport.get_extra_info("peername"))
        self._arriving = True
        self._expect(self._limits.request_timeout, self._time_out)

    def connection_lost(self, _: Exception | None) -> None:
        """Let the application know that its client has gone."""
        self._deadline = inf
        if self._timer is not None:
            self._timer.cancel()
        self._state.connections.discard(self)
        self._flow.resume_writing()
        if self._cycle is not None:
            self._cycle.disconnect()

    def pause_writing(self) -> None:
        """Let the application wait until the client has read more."""
        self._flow.pause_writing()

    def resume_writing(self) -> None:
        """Let the application go on."""
        self._flow.resume_writing()

    def shutdown(self) -> None:
        """Close once the response that is under way has been sent; uvicorn calls this."""
        if self._is_busy():
            assert self._cycle is not None
            self._cycle.keep_alive = False
        else:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Read what has arrived, as far as it is wanted now."""
        self._buffer = self._buffer + data if self._buffer else data
        self._read()

    def eof_received(self) -> bool:
        """Return whether the connection stays open for a response (RFC 9112, 9.6)."""
        self._ended = True
        if not self._is_busy() and not self._buffer and self._decoder is None:
            return False
        self._read()
        return self._scheme == "http" and not self._transport.is_closing()

    def _is_busy(self) -> bool:
        return self._cycle is not None and not self._cycle.response_complete

    def _read(self) -> None:
        if self._transport.is_closing():
            return
        if self._decoder is not None:
            decoder = self._decoder
            self._read_body(decoder)
            if self._last and decoder.complete and not self._is_busy():
                self._transport.close()
                return
        if self._last:
            self._drop()
            return
        if self._buffer and self._decoder is None:
            if self._is_busy():
                self._flow.pause_reading()
            else:
                self._read_head()
        if self._ended and not self._last:
            self._miss_the_rest()
        self._mind_time()

    def _read_head(self) -> None:
        while self._buffer.startswith(b"\r\n"):  # RFC 9112, 2.2: empty lines are skipped
            self._buffer = self._buffer[2:]
        end = self._buffer.find(END, max(self._scanned - 3, 0)) + len(END)
        try:
            if end < len(END):
                self._check_beginning()
                return
            if end > self._limits.max_head_bytes:
                raise _too_large()
            head = parse_head(self._buffer[:end])
        except MalformedRequestError as error:
            self._reject(error.status, error.message)
            return
        self._buffer, self._scanned = self._buffer[end:], 0
        self._begin(head)

    def _check_beginning(self) -> None:
        if len(self._buffer) > self._limits.max_head_bytes:
            raise _too_large()
        if self._buffer:
            check_beginning(self._buffer, self._scanned)
        self._scanned = len(self._buffer)

    def _begin(self, head: RequestHead) -> None:
        whole = not head.chunked and not head.content_length
        self._cycle = cycle = self._make_cycle(
            self._make_scope(head.method, head.path, head.query, head.headers, head.version),
            keep_alive=head.keep_alive,
            expects_continue=head.expects_continue and not whole and not self._buffer,
            skippable=head.content_length <= MOST_IGNORED and not head.chunked,
        )
        if whole:
            cycle.add_body(b"", more=False)
        else:
            self._decoder = decoder = self._make_decoder(head)
            if self._buffer:  # so that most applications need not wait for it
                self._read_body(decoder)
        self._run(cycle)

    def _make_decoder(self, head: RequestHead) -> BodyDecoder:
        if head.chunked:
            return ChunkedBody(self._limits.max_head_bytes)
        return CountedBody(head.content_length)

    def _make_cycle(self, scope: Scope, *, keep_alive: bool, **options: bool) -> RequestCycle:
        cycle = scope[CONNECTION_KEY] = RequestCycle(
            scope,
            self._transport,
            self._flow,
            self._on_response,
            self._state.default_headers,
            keep_alive=keep_alive,
            **options,
        )
        return cycle

    def _make_scope(
        self, method: str, path: bytes, query: bytes, headers: Headers, version: str
    ) -> Scope:
        text = path.decode("latin-1")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "server": self._server,
            "client": self._client,
            "scheme": self._scheme,
            "root_path": "",
            "method": method,
            "path": unquote(text) if "%" in text else text,
            "raw_path": path,
            "query_string": query,
            "headers": headers,
        }

    def _run(self, cycle: RequestCycle) -> None:
        rest: Coroutine[Any, Any, None] | None
        if cycle.scope["path"].startswith(CONTROL):  # its pages need a task around them
            rest = cycle.run(self._app)
        else:
            rest = cycle.begin(self._app)
        if rest is not None:
            task = self._loop.create_task(rest)
            self._state.tasks.add(task)
            task.add_done_callback(self._state.tasks.discard)

    def _read_body(self, decoder: BodyDecoder) -> None:
        cycle = self._cycle
        assert cycle is not None
        if not self._buffer:
            return
        try:
            content, self._buffer = decoder.feed(self._buffer)
        except MalformedRequestError as error:
            self._reject_body(error.status, error.message)
            return
        if decoder.complete:
            self._decoder = None
        if cycle.response_complete:
            self._dropped += len(content)
            return
        cycle.add_body(content, more=not decoder.complete)
        if len(cycle.body) > HIGH_WATER:
            self._flow.pause_reading()

    def _on_response(self) -> None:
        """Go on with the next request, or wait for one, or close."""
        cycle = self._cycle
        assert cycle is not None
        if self._transport.is_closing():
            return
        self._flow.resume_reading()
        if not cycle.keep_alive:
            self._close()
        elif self._buffer or self._ended:
            self._loop.call_soon(self._read)  # not at once: it may go on like this for long
        elif self._decoder is None:
            self._expect(self._limits.idle_timeout, self._transport.close)

    def _reject(self, status: int, message: str) -> None:
        """Let the application answer what is no request."""
        method, target, headers = sketch_head(self._buffer)
        path, _, query = target.partition(b"?")
        scope = self._make_scope(method, path, query, headers, "1.1")
        rejection = scope[REJECTION_KEY] = Rejection(status, message)
        self._cycle = self._make_cycle(scope, keep_alive=False)
        self._cycle.reject(rejection)
        self._ignore_the_rest()
        self._run(self._cycle)

    def _reject_body(self, status: int, message: str) -> None:
        """Let the application answer that the body went wrong, if it has not answered yet."""
        cycle = self._cycle
        assert cycle is not None
        self._ignore_the_rest()
        cycle.reject(Rejection(status, message))
        if cycle.response_complete:
            self._close()

    def _ignore_the_rest(self) -> None:
        self._last = True
        self._decoder = None
        self._buffer = b""
        self._deadline = inf

    def _miss_the_rest(self) -> None:
        """Answer that a request ended before it was whole, or close where there is none."""
        if self._decoder is not None:
            self._reject_body(400, "The connection ended before the body did.")
        elif self._is_busy() or self._scanned < len(self._buffer):
            return  # its turn comes
        elif self._buffer:
            self._reject(400, "The connection ended before the request did.")
        else:
            self._transport.close()

    def _close(self) -> None:
        """Close; later, where closing now could take the response from a client that sends."""
        if self._ended or not (self._last or self._buffer or self._decoder):
            self._transport.close()
            return
        self._last = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._drop()

    def _drop(self) -> None:
        """Drop what arrives after the last request; close once there is enough of it."""
        self._dropped += len(self._buffer)
        self._buffer = b""
        if self._is_busy():
            return
        if self._dropped > MOST_IGNORED or self._ended:
            self._transport.close()
        else:
            self._expect(LINGER, self._transport.close)

    def _mind_time(self) -> None:
        """Limit the time that a request may take to arrive, and that an idle connection stays."""
        if self._last or self._transport.is_closing():
            return
        busy = self._is_busy()
        if self._decoder is not None or (self._buffer and not busy):
            if not self._arriving:
                self._arriving = True
                self._expect(self._limits.request_timeout, self._time_out)
            return
        self._arriving = False
        self._deadline = inf
        if not busy:
            self._expect(self._limits.idle_timeout, self._transport.close)

    def _time_out(self) -> None:
        message = "The request took too long to arrive."
        if self._decoder is None:
            self._reject(408, message)
        else:
            self._reject_body(408, message)

    def _expect(self, seconds: float, then: Callable[[], None]) -> None:
        """Call `then` in so many seconds, unless something else is expected until then."""
        self._on_deadline = then
        self._deadline = deadline = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > deadline:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline <= self._loop.time():
            self._on_deadline()
        elif self._deadline < inf:
            self._set_timer()


def _address(name: Any) -> tuple[str, int] | None:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None


def _too_large() -> MalformedRequestError:
    return MalformedRequestError(431, "The request line and the headers are too large.")
