"""A TCP relay in front of a server that counts the connections a client opens."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread


class Relay:
    """Forwards bytes in both directions; `connections` were opened so far."""

    def __init__(self, host: str, port: int) -> None:
        self.connections = 0
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def authority(self) -> str:
        """Host and port that clients connect to."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Break all connections and return once no thread is left."""
        _break(self._listener)
        self._threads[0].join()
        for connection in self._sockets:
            _break(connection)
        for thread in self._threads:
            thread.join()
        for connection in self._sockets:
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):  # which tells that the listener is closed
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(self._target)
                self._sockets += client, server
                for ends in ((client, server), (server, client)):
                    thread = Thread(target=_forward, args=ends)
                    thread.start()
                    self._threads.append(thread)


def _forward(source: socket.socket, target: socket.socket) -> None:
    """Forward until the end of the stream; a connection that breaks breaks the other one."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        _break(source)
        _break(target)


def _break(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def relaying(host: str, port: int) -> Iterator[Relay]:
    """Run a relay in threads."""
    relay = Relay(host, port)
    try:
        yield relay
    finally:
        relay.close()
