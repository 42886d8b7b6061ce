"""A server that answers with exactly the bytes that a test gives it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[bytes, socket.socket, threading.Event], None]


class RawServer:
    """Listens on a free port of 127.0.0.1 and hands each request to `answer`."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = self._read(connection)
                if request:
                    self.requests.append(request)
                    self._answer(request, connection, self._over)
            except OSError:
                return  # the client has gone, which is what many of these tests are about

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return data
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


@contextmanager
def serving(answer: Answer | bytes) -> Iterator[RawServer]:
    """Serve one answer, or what a function writes."""
    server = RawServer(answer if callable(answer) else _always(answer))
    try:
        yield server
    finally:
        server.close()


def _always(answer: bytes) -> Answer:
    def write(_: bytes, connection: socket.socket, __: threading.Event) -> None:
        connection.sendall(answer)

    return write


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return an HTTP/1.1 answer with its Content-Length, unless one is given."""
    lines = [f"HTTP/1.1 {status} Some"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "Content_Length" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body
