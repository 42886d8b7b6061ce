"""A TCP proxy that drops a part of the connections: at once, after the request, in the answer."""

import contextlib
import random
import select
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK = 65_536
AT_ONCE, AFTER_REQUEST, IN_ANSWER = range(3)


class _Connection(socketserver.BaseRequestHandler):
    server: "_Proxy"
    request: socket.socket

    def handle(self) -> None:
        drop = self.server.next_drop()
        if drop == AT_ONCE:
            self._drop()
            return
        with (
            contextlib.suppress(OSError),
            socket.create_connection(self.server.upstream) as upstream,
        ):
            for side in (self.request, upstream):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._relay(upstream, drop)

    def _relay(self, upstream: socket.socket, drop: int | None) -> None:
        while True:
            for side in select.select([self.request, upstream], [], [])[0]:
                data = side.recv(CHUNK)
                if side is self.request:
                    if not data:
                        return
                    upstream.sendall(data)
                elif drop is None:
                    if not data:
                        return
                    self.request.sendall(data)
                else:  # the target has answered: it did what it was asked
                    self.request.sendall(data[: len(data) // 2] if drop == IN_ANSWER else b"")
                    self._drop()
                    return

    def _drop(self) -> None:
        if self.server.random.random() < 0.5:  # a reset, or the ordinary end
            linger = struct.pack("ii", 1, 0)
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.request.close()


class _Proxy(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream: tuple[str, int], share: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.upstream = upstream
        self.random = random.Random(seed)
        self.dropped = 0
        self._share = share
        self._lock = threading.Lock()

    def next_drop(self) -> int | None:
        """Return how the next connection is dropped, None where it is not."""
        with self._lock:
            drop = self.random.randrange(3) if self.random.random() < self._share else None
            self.dropped += drop is not None
            return drop

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients may leave whenever they like."""


@contextmanager
def dropping(port: int, share: float, seed: int) -> Iterator[_Proxy]:
    """Serve a proxy to a local port, which drops a `share` of its connections."""
    with _Proxy(("127.0.0.1", port), share, seed) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
