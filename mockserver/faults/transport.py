"""Transport faults: slow, truncated, of a wrong length, or a connection reset.

Each wraps the server's ASGI `send`.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from mockserver.faults.model import Fault, Kind
from mockserver.server import ConnectionControl

Send = Callable[[dict[str, Any]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[object]]

_TICKS = 10
_LENGTH = b"content-length"


def wrap(
    fault: Fault, send: Send, connection: ConnectionControl | None, sleep: Sleep, max_ms: float
) -> Send:
    """Return `send` with a transport fault applied.

    `connection` is None if the server provides none: then the response is left incomplete.
    `max_ms` limits the duration of a drip; the rest is sent at once.
    """
    match fault.kind:
        case Kind.DRIP:
            return Drip(send, fault["bytes_per_second"], sleep, max_ms / 1000).send
        case Kind.TRUNCATE:
            return Truncation(send, connection, fault["part"]).send
        case Kind.WRONG_LENGTH:
            return WrongLength(send, connection, fault["delta"]).send
        case _:
            return Reset(connection).send


class Drip:
    """Sends the body some bytes at a time, ten times a second."""

    def __init__(self, send: Send, rate: int, sleep: Sleep, max_ms: float) -> None:
        self._send = send
        self._sleep = sleep
        self._size = max(rate // _TICKS, 1)
        self._pause = self._size / rate
        self._left = max_ms

    async def send(self, message: dict[str, Any]) -> None:
        body: bytes = message.get("body", b"")
        while len(body) > self._size and self._left > 0:
            await self._send({**message, "body": body[: self._size], "more_body": True})
            body = body[self._size :]
            await self._wait(self._pause)
        await self._send({**message, "body": body} if "body" in message else message)
        if body and message.get("more_body"):
            await self._wait(len(body) / self._size * self._pause)

    async def _wait(self, seconds: float) -> None:
        seconds = min(seconds, self._left)
        if seconds > 0:
            self._left -= seconds
            await self._sleep(seconds)


class Truncation:
    """Sends a part of the body with the Content-Length of all of it, then closes."""

    def __init__(self, send: Send, connection: ConnectionControl | None, part: float) -> None:
        self._send = send
        self._connection = connection
        self._part = part
        self._left: int | None = None
        self._done = False

    async def send(self, message: dict[str, Any]) -> None:
        if self._done:
            return
        if message["type"] == "http.response.start":
            length = _declared_length(message)
            self._left = None if length is None else int(length * self._part)
            await self._send(message)
            return
        body: bytes = message.get("body", b"")
        if self._left is None:  # of unknown length: truncate the first chunk
            self._left = int(len(body) * self._part)
        piece = body[: self._left]
        self._left -= len(piece)
        if piece:
            await self._send({**message, "body": piece, "more_body": True})
        if self._left == 0:
            self._done = True
            if self._connection:
                self._connection.close()


class WrongLength:
    """Sends a Content-Length greater or less than the body, then closes the connection."""

    def __init__(self, send: Send, connection: ConnectionControl | None, delta: int) -> None:
        self._send = send
        self._connection = connection
        self._delta = delta
        self._declared = 0

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._declared = max((_declared_length(message) or 0) + self._delta, 0)
            await self._send({**message, "headers": _with_length(message, self._declared)})
            return
        body: bytes = message.get("body", b"")
        await self._send({**message, "body": body[: self._declared], "more_body": True})
        if self._connection and len(body) > self._declared:
            self._connection.write(body[self._declared :])
        self._declared = max(self._declared - len(body), 0)
        if self._connection and not message.get("more_body"):
            self._connection.close()


class Reset:
    """Sends nothing and resets the connection."""

    def __init__(self, connection: ConnectionControl | None) -> None:
        self._connection = connection

    async def send(self, message: dict[str, Any]) -> None:
        if self._connection and message["type"] == "http.response.start":
            self._connection.reset()


def _declared_length(message: dict[str, Any]) -> int | None:
    return next((int(value) for name, value in message["headers"] if name == _LENGTH), None)


def _with_length(message: dict[str, Any], length: int) -> list[tuple[bytes, bytes]]:
    """Return the headers with another Content-Length and `Connection: close`."""
    rest = [(name, value) for name, value in message["headers"] if name != _LENGTH]
    return [*rest, (_LENGTH, b"%d" % length), (b"connection", b"close")]
