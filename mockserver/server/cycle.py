"""One request and its response on a connection, as ASGI has them; run at once until it waits."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Collection, Coroutine, Generator, Iterable
from http import HTTPStatus
from math import inf
from types import coroutine
from typing import Any

from mockserver.http.context import Asgi, Scope
from mockserver.server import REJECTION_KEY, Rejection
from mockserver.server.flow import FlowControl
from mockserver.server.request_head import END


def run_eagerly(serving: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
    """Run a coroutine until it has to wait; return what is left of it, for a task to go on with.

    Most requests never wait, and a task for each of them costs more than some of what it does.
    """
    try:
        waits_for = serving.send(None)
    except StopIteration:
        return None
    return _go_on(serving, waits_for)


@coroutine
def _go_on(serving: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    while True:
        fault: BaseException | None = None
        try:
            yield waits_for
        except BaseException as error:  # noqa: BLE001 (the coroutine's to handle)
            fault = error
        try:
            waits_for = serving.send(None) if fault is None else serving.throw(fault)
        except StopIteration:
            return


log = logging.getLogger("mockserver")

_FINISHED: Scope = {}
_FAILED = {"type": "http.response.start", "status": 500, "headers": ((b"content-length", b"0"),)}
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing resets


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}".encode()


_STATUS_LINES = tuple(_status_line(status) for status in range(600))


class RequestCycle:
    """One request and its response; it is also the `ConnectionControl` that a scope carries.

    `headers` are sent with every response. `on_response` is called once the response is sent.
    `has_body` tells that a body follows, for `add_body`.
    `keep_alive` tells whether the connection stays open after it. `expects_continue` tells that the
    client waits for a 100 before it sends the body. `skippable` tells that a response may precede
    the end of the body and leave the connection open, since what is missing of the body is read and
    dropped.
    """

    __slots__ = (
        "_bodiless", "_chunked", "_has_event", "_headers", "_hold_head", "_missing",
        "_pending_head", "_waiter", "body", "disconnected", "expects_continue", "flow",
        "is_http_1_0", "keep_alive", "more_body", "on_response", "rejection", "response_complete",
        "response_started", "scope", "skippable", "transport",
    )  # fmt: skip

    def __init__(
        self,
        scope: Scope,
        transport: asyncio.Transport,
        flow: FlowControl,
        on_response: Callable[[], None],
        headers: Iterable[tuple[bytes, bytes]],
        *,
        has_body: bool = True,
    ) -> None:
        self.scope = scope
        self.transport = transport
        self.flow = flow
        self.on_response = on_response
        self.keep_alive = self.skippable = True
        self.expects_continue = False
        self.is_http_1_0 = scope["http_version"] == "1.0"
        self.disconnected = self.response_started = self.response_complete = False
        self.body, self.more_body = b"", has_body
        self.rejection: Rejection | None = None
        self._headers = headers
        self._bodiless = scope["method"] == "HEAD"
        self._chunked = False
        self._missing: float = 0
        self._pending_head = b""
        self._hold_head = False
        self._has_event = not has_body  # that there is none
        self._waiter: asyncio.Future[None] | None = None

    def start_eagerly(self, app: Asgi) -> Coroutine[Any, Any, None] | None:
        """Run `app` until it has to wait; return what is left of it, for a task to go on with.

        The head is held back meanwhile for the body that follows: each write is a system call.
        """
        self._hold_head = True
        rest = run_eagerly(self.run(app))
        self._hold_head = False
        self._flush()
        return rest

    async def run(self, app: Asgi) -> None:
        """Let `app` respond; a response that it does not finish ends the connection."""
        try:
            await app(self.scope, self.receive, self.send)
        except Exception:
            log.exception("%s %s", self.scope["method"], self.scope["path"])
            if not self.response_started:
                self.keep_alive = False
                await self.send(_FAILED)
                await self.send({"type": "http.response.body"})
        finally:
            if not self.response_complete and not self.disconnected:
                self._flush()
                self.transport.close()
            self.scope = _FINISHED  # it refers back here: a cycle for the garbage collector

    def add_body(self, content: bytes, *, more: bool) -> None:
        """Take a piece of the body, for `receive` to return."""
        self.more_body = more
        self.body += content
        self._wake()

    def reject(self, rejection: Rejection) -> None:
        """Let `receive` return that the body went wrong; the response to that is the last."""
        self.rejection = rejection
        self.keep_alive = False
        self._wake()

    def disconnect(self) -> None:
        """Take the client for gone: what has not been sent by now never will be."""
        if not self.response_complete:
            self.disconnected = True
        self._wake()

    def _wake(self) -> None:
        self._has_event = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> dict[str, Any]:
        """Return the next piece of the body, or that there will be none."""
        if self.expects_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.expects_continue = False
        if not (self.disconnected or self.response_complete or self.rejection):
            if self.more_body:
                self.flow.resume_reading()
            if not self._has_event:
                await self._wait()
            self._has_event = False
        if self.rejection:
            return {"type": "http.disconnect", REJECTION_KEY: self.rejection}
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = self.body, b""
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def send(self, message: Any) -> None:
        """Take a message of ASGI: the head of the response, or a piece of its body.

        Raises:
            RuntimeError: the body is longer or shorter than its Content-Length.
        """
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started:
            self._send_head(message["status"], message["headers"])
        else:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))

    def _send_head(self, status: int, headers: Collection[tuple[bytes, bytes]]) -> None:
        self.response_started = True
        if self.more_body and (self.expects_continue or not self.skippable):
            self.keep_alive = False  # RFC 9112, 9.3: else the body would be read as a request
        self.expects_continue = False
        self._bodiless = self._bodiless or status in {204, 304} or status < 200
        lines = [_STATUS_LINES[status]]
        framed = dated = False
        for field in headers:
            name, value = field
            if name == b"content-length":
                self._missing = int(value)
                framed = True
            elif name == b"date":
                dated = True
            elif name == b"connection" and value == b"close":
                self.keep_alive = False
                continue
            lines.append(b": ".join(field))  # half the time of b"%b: %b"
        lines += map(
            b": ".join, [it for it in self._headers if it[0] != b"date"] if dated else self._headers
        )
        if not framed and not self._bodiless:
            if self.is_http_1_0:  # RFC 9112, 6.1: it knows no chunks; the close ends the body
                self.keep_alive = False
                self._missing = inf
            else:
                self._chunked = True
                lines.append(b"transfer-encoding: chunked")
        if not self.keep_alive:
            lines.append(b"connection: close")
        self._pending_head = b"\r\n".join(lines) + END
        if not self._hold_head:
            self._flush()

    def _send_body(self, body: bytes, *, more: bool) -> None:
        if self._bodiless:
            body = b""
        elif self._chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body += b"" if more else b"0\r\n\r\n"
        else:
            self._missing -= len(body)
            if self._missing < 0 or (0 < self._missing < inf and not more):
                raise RuntimeError("the body does not have the length that its head gives")
        head, self._pending_head = self._pending_head, b""
        self.transport.write(head + body if head else body)
        if not more:
            self.response_complete = True
            if self._waiter is not None:
                self._wake()
            self.on_response()

    def _flush(self) -> None:
        """Send the head that is held back, if any."""
        if self._pending_head:
            held, self._pending_head = self._pending_head, b""
            self.transport.write(held)

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._flush()
        self.transport.write(data)

    def close(self) -> None:
        """Send what has been written, then close in the middle of the response."""
        self._flush()
        self.disconnect()
        self.transport.close()

    def reset(self) -> None:
        """Close with a TCP reset; what has been written may be lost."""
        self.disconnect()
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()
