"""A TCP relay that can fall silent: connections stay, and nothing comes through them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread


class Relay:
    """Forwards bytes to a port of this machine and back, but for while it is silent."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._speaks = Event()
        self._speaks.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where clients connect to."""
        port: int = self._listener.getsockname()[1]
        return port

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Take connections and bytes, and keep them."""
        self._speaks.clear()
        try:
            yield
        finally:
            self._speaks.set()

    def close(self) -> None:
        """Break all connections and return once no thread is left."""
        self._speaks.set()
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
                self._sockets.append(client)
                self._start(self._connect, client)

    def _start(self, work: object, *arguments: socket.socket) -> None:
        thread = Thread(target=work, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _connect(self, client: socket.socket) -> None:
        self._speaks.wait()
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            _break(client)
            return
        self._sockets.append(server)
        self._start(self._forward, client, server)
        self._forward(server, client)

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._speaks.wait()
                target.sendall(data)
        _break(source)
        _break(target)


def _break(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def relaying(port: int) -> Iterator[Relay]:
    """Run a relay in threads."""
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()
