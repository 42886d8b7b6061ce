"""Servers that misbehave: each is a function that treats one request badly."""

import contextlib
import socket
import struct
from collections.abc import Callable
from threading import Event

from tests.unit.conformance._raw import Answer, reply

JSON = "application/json"
MEGABYTE = b"x" * 2**20


def hang(_: bytes, __: socket.socket, over: Event) -> None:
    """Say nothing until the test is over."""
    over.wait()


def reset(_: bytes, connection: socket.socket, __: Event) -> None:
    """Slam the door: the client sees its connection reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _says(answer: bytes) -> Answer:
    def say(_: bytes, connection: socket.socket, __: Event) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(answer)

    return say


def huge_headers(_: bytes, connection: socket.socket, __: Event) -> None:
    """Begin a head of ten megabytes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(10):
        connection.sendall(b"X-%d: %s\r\n" % (number, MEGABYTE))


def endless_body(_: bytes, connection: socket.socket, over: Event) -> None:
    """Send a body for as long as anybody listens."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not over.is_set():
        connection.sendall(MEGABYTE)


def drip(_: bytes, connection: socket.socket, over: Event) -> None:
    """Send a byte now and then: something always comes, and never enough."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not over.wait(0.02):
        connection.sendall(b" ")


def stall(_: bytes, connection: socket.socket, over: Event) -> None:
    """Announce more than ever comes, and keep the connection."""
    connection.sendall(reply(200, b'{"id": ', Content_Type=JSON, Content_Length="1000"))
    over.wait()


def endless_redirects(request: bytes, connection: socket.socket, _: Event) -> None:
    """Lead from each place to another one here."""
    path = request.split(b" ", 2)[1].decode()
    connection.sendall(reply(302, Location=f"{path.partition('?')[0]}/on"))


WILD: dict[str, Callable[[bytes, socket.socket, Event], None]] = {
    "hangs": hang,
    "resets": reset,
    "closes at once": _says(b""),
    "garbage": _says(b"\x00\xff\x13 no HTTP at all\r\n\r\n" * 3),
    "HTML": _says(reply(200, b"<!doctype html><h1>Welcome", Content_Type="text/html")),
    "HTML 500": _says(reply(500, b"<h1>Oops</h1>", Content_Type="text/html")),
    "HTML said to be JSON": _says(reply(200, b"<h1>Oops</h1>", Content_Type=JSON)),
    "10 MB headers": huge_headers,
    "endless redirects": endless_redirects,
    "wrong gzip": _says(reply(200, b"no gzip", Content_Type=JSON, Content_Encoding="gzip")),
    "unknown coding": _says(reply(200, b"?", Content_Type=JSON, Content_Encoding="snow")),
    "endless body": endless_body,
    "slow drip": drip,
    "stalls": stall,
    "short body": _says(reply(200, b"{}", Content_Type=JSON, Content_Length="9")),
    "odd status": _says(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    "deep JSON": _says(reply(200, b"[" * 100_000 + b"]" * 100_000, Content_Type=JSON)),
    "lone surrogates": _says(reply(200, b'{"job": {"id": "\\ud800"}}', Content_Type=JSON)),
    "not UTF-8": _says(reply(200, b'{"job": "\xff\xfe"}', Content_Type=JSON)),
    "NaN": _says(reply(200, b'{"total": NaN, "count": 1e999}', Content_Type=JSON)),
    "null": _says(reply(200, b"null", Content_Type=JSON)),
    "odd Retry-After": _says(reply(503, b"{}", Content_Type=JSON, Retry_After="\xbd soon")),
    "bad Location": _says(reply(300, b"{}", Content_Type=JSON, Location="http://[::1/?\xff")),
}
# Each request to one of these takes as long as the suite's patience for one answer.
SLOW = ("hangs", "slow drip", "stalls")
# Nothing comes that could be judged, so the run ends at once.
UNANSWERED = (
    *SLOW,
    "resets",
    "garbage",
    "10 MB headers",
    "endless redirects",
    "odd Retry-After",
)
