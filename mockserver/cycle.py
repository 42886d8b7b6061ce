"""One request and its reply on a connection: uvicorn's, with less done twice."""

from collections.abc import Coroutine, Generator, Iterable
from types import coroutine
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_BODILESS = frozenset({204, 304})


class Cycle(RequestResponseCycle):
    """Sends what the gate has made already: names in lower case, values that fit, a true length."""

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
            self._send_head(message["status"], message.get("headers", ()))
        else:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))

    def _send_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        parts = [STATUS_LINE[status]]
        for name, value in (*self.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
            if name == b"content-length":
                self.expected_content_length = int(value)
                self.chunked_encoding = False
            elif name == b"connection" and value == b"close":
                self.keep_alive = False
                parts[-4:] = ()
        if not self.keep_alive:
            parts.append(b"connection: close\r\n")
        bodiless = status in _BODILESS or self.scope["method"] == "HEAD"
        if self.chunked_encoding is None and not bodiless:
            self.chunked_encoding = True
            parts.append(b"transfer-encoding: chunked\r\n")
        parts.append(b"\r\n")
        self.transport.write(b"".join(parts))

    def _send_body(self, body: bytes, *, more: bool) -> None:
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
        elif self.chunked_encoding:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            self.transport.write(chunk if more else chunk + b"0\r\n\r\n")
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0 or (self.expected_content_length and not more):
                raise RuntimeError("the body has not the length that was told")
            self.transport.write(body)
        if not more:
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()


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
