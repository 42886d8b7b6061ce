"""A way into a database: a connection for each thread, kept open, because opening costs most."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock, local
from time import monotonic

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

_FRESH = 1.0
"""Seconds after its last use within which a connection is taken for alive."""

_PING = text("SELECT 1")


class Way:
    """Hands each thread its own connection; `engine` makes them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._remote = engine.dialect.name != "sqlite"
        self._mine = local()
        self._lock = Lock()
        self._all: list[Connection] = []

    @contextmanager
    def connect(self) -> Generator[Connection, None, None]:
        """Lend a connection for statements that stand alone."""
        connection = self._connection()
        try:
            yield connection
        except DBAPIError as error:
            if error.connection_invalidated:
                self._forget(connection)
            raise
        self._mine.used = monotonic()

    @contextmanager
    def begin(self) -> Generator[Connection, None, None]:
        """Lend a connection for one transaction."""
        connection = self._connection()
        try:
            with connection.begin():
                yield connection
        except DBAPIError as error:
            if error.connection_invalidated:
                self._forget(connection)
            raise
        self._mine.used = monotonic()

    def release(self) -> None:
        """Give all connections back; the next use takes others."""
        with self._lock:
            gone, self._all = self._all, []
            self._mine = local()
        for connection in gone:
            connection.close()

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is not None and self._remote and monotonic() - self._mine.used > _FRESH:
            connection = self._asked(connection)
        if connection is None:
            connection = self.engine.connect()
            self._mine.connection, self._mine.used = connection, monotonic()
            with self._lock:
                self._all.append(connection)
        return connection

    def _asked(self, connection: Connection) -> Connection | None:
        """Return a connection that still answers; None for one that does not."""
        try:
            connection.execute(_PING)
            connection.rollback()
        except DBAPIError:
            self._forget(connection)
            return None
        return connection

    def _forget(self, connection: Connection) -> None:
        self._mine.connection = None
        with self._lock:
            if connection in self._all:
                self._all.remove(connection)
        connection.invalidate()
        connection.close()
