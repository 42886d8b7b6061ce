"""HTTP/1.1 on one connection: requests in, responses out, in the same order (RFC 9112)."""

import asyncio
from typing import Any

from uvicorn.server import ServerState

from mockserver.config import ConnectionLimits
from mockserver.http.context import CONTROL, Asgi, Scope
from mockserver.server import CONNECTION_KEY, REJECTION_KEY, Rejection
from mockserver.server.cycle import RequestCycle
from mockserver.server.flow import Deadline, FlowControl
from mockserver.server.request_head import MalformedRequestError, RequestHead
from mockserver.server.request_reader import RequestReader

LINGER_SECONDS = 2
"""Silence after which a connection is closed that has had its last response."""

MAX_DROPPED_BYTES = 64 * 1024 * 1024
"""What is read and dropped of a body for a client that already has its response."""

HIGH_WATER_BYTES = 64 * 1024
"""How much of a body may wait for the application."""

_ASGI = {"version": "3.0", "spec_version": "2.3"}


class Http1Protocol(asyncio.Protocol):
    """One connection.

    A request is read once the response before it is sent; what arrives earlier waits. So every
    request that arrived whole is answered, whatever comes behind it. What is no request goes to the
    application as well, with a `Rejection` in its scope, and is the last.
    """

    __slots__ = (
        "_app", "_arriving", "_client", "_cycle", "_deadline", "_dropped", "_ended", "_flow",
        "_last", "_limits", "_loop", "_reader", "_root_path", "_scheme", "_server", "_state",
        "transport",
    )  # fmt: skip

    def __init__(
        self, app: Asgi, state: ServerState, limits: ConnectionLimits, root_path: str = ""
    ) -> None:
        self._app = app
        self._root_path = root_path
        self._state = state
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop)
        self._reader = RequestReader(limits)
        self._cycle: RequestCycle | None = None
        self._arriving = True  # a request, for which a deadline is set
        self._last = False  # what arrives from now on is no request
        self._ended = False  # the client sends no more
        self._dropped = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        self._state.connections.add(self)  # type: ignore[arg-type] # uvicorn names its own only
        self.transport = transport
        self._flow = FlowControl(transport)
        secure = transport.get_extra_info("sslcontext") is not None
        self._scheme = "https" if secure else "http"
        self._server = _address(transport.get_extra_info("sockname"))
        self._client = _address(transport.get_extra_info("peername"))
        self._deadline.set(self._limits.request_timeout, self._time_out)

    def connection_lost(self, _: Exception | None) -> None:
        """Let the application know that its client has gone."""
        self._deadline.cancel()
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
        if self._cycle is not None and self._is_busy():
            self._cycle.keep_alive = False
        else:
            self.transport.close()
            # Over TLS that waits for the client, which may keep the connection for a later request.
            self._deadline.set(LINGER_SECONDS, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Read what has arrived, as far as its turn has come."""
        self._reader.feed(data)
        self._read()

    def eof_received(self) -> bool:
        """Return whether the connection stays open for a response (RFC 9112, 9.6)."""
        self._ended = True
        if not self._is_busy() and not self._reader.buffer and not self._reader.in_body:
            return False
        self._read()
        return self._scheme == "http" and not self.transport.is_closing()

    def _is_busy(self) -> bool:
        """Return whether a response is under way, or awaited from the application."""
        return self._cycle is not None and not self._cycle.response_complete

    def _read(self) -> None:
        if self.transport.is_closing():
            return
        if self._reader.in_body and self._reader.buffer:
            self._read_body()
        if self._last:
            self._drop()
            return
        if self._reader.buffer and not self._reader.in_body:
            if self._is_busy():
                self._flow.pause_reading()
            else:
                self._read_head()
        if self._ended and not self._last:
            self._miss_the_rest()
        self._update_deadline()

    def _read_head(self) -> None:
        try:
            head = self._reader.read_head()
        except MalformedRequestError as error:
            self._reject(error.status, error.message)
            return
        if head is None:
            return
        in_body, arrived = self._reader.in_body, bool(self._reader.buffer)
        cycle = self._start_cycle(self._make_scope(head), has_body=in_body)
        cycle.keep_alive = head.keep_alive
        cycle.expects_continue = head.expects_continue and in_body and not arrived
        cycle.skippable = not head.chunked and head.content_length <= MAX_DROPPED_BYTES
        if in_body and arrived:  # so that most applications need not wait for it
            self._read_body()
        self._run(cycle)

    def _start_cycle(self, scope: Scope, *, has_body: bool = True) -> RequestCycle:
        cycle = self._cycle = scope[CONNECTION_KEY] = RequestCycle(
            scope,
            self.transport,
            self._flow,
            self._on_response,
            self._state.default_headers,
            has_body=has_body,
        )
        return cycle

    def _make_scope(self, head: RequestHead) -> Scope:
        if self._root_path:  # a proxy may have left it in place, or removed it
            head = head.without_prefix(self._root_path)
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": head.version,
            "server": self._server,
            "client": self._client,
            "scheme": self._scheme,
            "root_path": self._root_path,
            "method": head.method,
            "path": head.path,
            "raw_path": head.raw_path,
            "query_string": head.query,
            "headers": head.headers,
        }

    def _run(self, cycle: RequestCycle) -> None:
        needs_task = cycle.scope["path"].startswith(CONTROL)  # because of its pages
        rest = cycle.run(self._app) if needs_task else cycle.start_eagerly(self._app)
        if rest is not None:
            task = self._loop.create_task(rest)
            self._state.tasks.add(task)
            task.add_done_callback(self._state.tasks.discard)

    def _read_body(self) -> None:
        cycle = self._cycle
        assert cycle is not None
        try:
            content = self._reader.read_body()
        except MalformedRequestError as error:
            self._reject_body(error.status, error.message)
            return
        if not cycle.response_complete:
            cycle.add_body(content, more=self._reader.in_body)
            if len(cycle.body) > HIGH_WATER_BYTES:
                self._flow.pause_reading()
        elif self._last and not self._reader.in_body:
            self.transport.close()
        else:
            self._dropped += len(content)

    def _on_response(self) -> None:
        """Go on with the next request, or wait for one, or close."""
        cycle = self._cycle
        assert cycle is not None
        if self.transport.is_closing():
            return
        self._flow.resume_reading()
        if not cycle.keep_alive:
            self._close()
            return
        if not self._reader.in_body:
            self._deadline.set(self._limits.idle_timeout, self.transport.close)
        if self._reader.buffer or self._ended:
            self._loop.call_soon(self._read)  # not at once: it may go on like this for long

    def _reject(self, status: int, message: str) -> None:
        """Let the application answer what is no request."""
        scope = self._make_scope(self._reader.sketch())
        rejection = scope[REJECTION_KEY] = Rejection(status, message)
        cycle = self._start_cycle(scope)
        cycle.reject(rejection)
        self._ignore_the_rest()
        self._run(cycle)

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
        self._reader.in_body = False
        self._reader.drop()
        self._deadline.clear()

    def _miss_the_rest(self) -> None:
        """Answer that a request ended before it was whole, or close where there is none."""
        if self._reader.in_body:
            self._reject_body(400, "The connection ended before the body did.")
        elif self._is_busy():
            return
        elif self._reader.has_partial_head():
            self._reject(400, "The connection ended before the request did.")
        elif not self._reader.buffer:
            self.transport.close()

    def _close(self) -> None:
        """Close; later, where closing now could take the response from a client that sends."""
        if self._ended or not (self._last or self._reader.buffer or self._reader.in_body):
            self.transport.close()
            return
        self._last = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._drop()

    def _drop(self) -> None:
        """Drop what arrives after the last request; close once there is enough of it."""
        self._dropped += self._reader.drop()
        if self._is_busy():
            return
        if self._dropped > MAX_DROPPED_BYTES or self._ended:
            self.transport.close()
        else:
            self._deadline.set(LINGER_SECONDS, self.transport.close)

    def _update_deadline(self) -> None:
        """Limit the time that a request may take to arrive, and that an idle connection stays."""
        if self._last or self.transport.is_closing():
            return
        busy = self._is_busy()
        if self._reader.in_body or (self._reader.buffer and not busy):
            if not self._arriving:
                self._arriving = True
                self._deadline.set(self._limits.request_timeout, self._time_out)
            return
        if busy:
            self._deadline.clear()
        elif self._arriving:  # else the end of the response has set it
            self._deadline.set(self._limits.idle_timeout, self.transport.close)
        self._arriving = False

    def _time_out(self) -> None:
        message = "The request took too long to arrive."
        if self._reader.in_body:
            self._reject_body(408, message)
        else:
            self._reject(408, message)


def _address(name: Any) -> tuple[str, int] | None:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
