"""One request and its reply on a connection, as ASGI has them; it is what uvicorn's is, and less.

The gate has made the reply: names in lower case, values that fit, a true length or none.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Coroutine, Generator, Iterable
from types import coroutine
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from mockserver.http.context import Asgi, Scope

log = logging.getLogger("mockserver")

_BODILESS = frozenset({204, 304})
_OVER: Scope = {}
_FAILED = {"type": "http.response.start", "status": 500, "headers": ((b"content-length", b"0"),)}
_RESET = struct.pack("ii", 1, 0)  # linger for no time: closing resets


class Cycle:
    """One request and its reply; also the line under them, see `mockserver.line`.

    `disconnected` tells that nobody is there to be answered any more; `on_response` is called once
    the reply is sent; `usual` are headers of every reply. The names are uvicorn's, whose protocol
    knows a cycle by them.
    """

    __slots__ = (
        "_at_once", "_chunked", "_held", "_left", "_usual", "_waiter", "_woken", "body",
        "disconnected", "flow", "head_only", "keep_alive", "more_body", "on_response",
        "response_complete", "response_started", "scope", "transport", "waiting_for_100_continue",
    )  # fmt: skip

    def __init__(
        self,
        scope: Scope,
        transport: asyncio.Transport,
        flow: FlowControl,
        on_response: Callable[[], None],
        usual: Iterable[tuple[bytes, bytes]],
        *,
        keep_alive: bool,
        expected: bool,
    ) -> None:
        self.scope = scope
        self.transport = transport
        self.flow = flow
        self.on_response = on_response
        self._usual = usual
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = expected
        self.head_only = scope["method"] == "HEAD"
        self.disconnected = self.response_started = self.response_complete = False
        self.body, self.more_body = b"", True
        self._chunked = False
        self._left = 0
        self._held = b""
        self._at_once = False
        self._woken = False
        self._waiter: asyncio.Future[None] | None = None

    def begin(self, app: Asgi) -> Coroutine[Any, Any, None] | None:
        """Let `app` answer until it has to wait; return what is left, for a task to go on with.

        A head is held back meanwhile for the body that follows: each write is a system call.
        """
        self._at_once = True
        left = begin(self.run(app))
        self._at_once = False
        self._flush()
        return left

    async def run(self, app: Asgi) -> None:
        """Let `app` answer; a reply without an end ends the connection."""
        try:
            await app(self.scope, self.receive, self.send)
        except Exception:
            log.exception("the reply to %s %s", self.scope["method"], self.scope["path"])
            if not self.response_started:
                self.keep_alive = False
                await self.send(_FAILED)
                await self.send({"type": "http.response.body"})
        finally:
            if not self.response_complete and not self.disconnected:
                self._flush()
                self.transport.close()
            self.scope = _OVER  # it leads back here, and would be left to the garbage collector

    def wake(self) -> None:
        """Let whoever receives see that something has come, or that nobody is there."""
        self._woken = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def leave(self) -> None:
        """Take the caller for gone: what is not sent by now never will be."""
        self.disconnected = True
        self.wake()

    async def receive(self) -> dict[str, Any]:
        """Return the next piece of the body, or that the caller has gone."""
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
            if not self._woken:
                await self._news()
            self._woken = False
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = self.body, b""
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def _news(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def send(self, message: Any) -> None:
        """Take a message of ASGI: the head, or a piece of the body.

        Raises:
            RuntimeError: the body is longer or shorter than its length tells.
        """
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started:
            self._send_head(message["status"], message["headers"])
        else:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))

    def _send_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        lines = [STATUS_LINE[status]]
        chunked = True
        for name, value in (*self._usual, *headers):
            if name == b"content-length":
                self._left = int(value)
                chunked = False
            elif name == b"connection" and value == b"close":
                self.keep_alive = False
                continue
            lines.append(b"%b: %b\r\n" % (name, value))
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if chunked and not self.head_only and status not in _BODILESS:
            self._chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        self._held = b"".join(lines)
        if not self._at_once:
            self._flush()

    def _send_body(self, body: bytes, *, more: bool) -> None:
        if self._chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body += b"" if more else b"0\r\n\r\n"
        elif self.head_only:
            body = b""
        else:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the body has not the length that was told")
        head, self._held = self._held, b""
        self.transport.write(head + body if head else body)
        if not more:
            self.response_complete = True
            if self._waiter is not None:
                self.wake()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()

    def _flush(self) -> None:
        """Send the head that is held back, if any."""
        if self._held:
            held, self._held = self._held, b""
            self.transport.write(held)

    def write(self, data: bytes) -> None:
        """Send bytes that HTTP knows nothing of."""
        self._flush()
        self.transport.write(data)

    def close(self) -> None:
        """Send what is written, then end the connection in the middle of the reply."""
        self._flush()
        self.leave()
        self.transport.close()

    def reset(self) -> None:
        """Let the other side see a reset; what is written may be lost."""
        self.leave()
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()


def begin(serving: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
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
