"""A way into a database: a connection for each thread, kept open, because opening costs most."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock, local
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from mockserver.errors import ConfigurationError
from mockserver.store.sql_statements import METADATA

_FRESH = 1.0
"""Seconds after its last use within which a connection is taken for alive."""

_PING = text("SELECT 1")


class ThreadLocalConnections:
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


_PATIENCE = 30
"""Seconds that a writer of SQLite waits for another one."""

_LOCK = 0x7265706F7274
"""The advisory lock under which one process at a time makes the tables."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Ways into one database: for single reads, for transactions that write, and for hasty ones.

    What is hasty is seen by everybody as soon as it is committed, and lost only if the machine
    itself goes down soon after.
    """

    reader: ThreadLocalConnections
    writer: ThreadLocalConnections
    relaxed: ThreadLocalConnections

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.writer.engine.dialect.name

    def close(self) -> None:
        """Close all connections; the next use opens others, also in another process."""
        ways = (self.reader, self.writer, self.relaxed)
        for way in ways:  # all of them first: some share a pool, and what it lacks it cannot close
            way.release()
        for way in ways:
            way.engine.dispose()


def open_engines(url: str) -> Engines:
    """Return the ways into the database of a URL, its tables made.

    Raises:
        ConfigurationError: the URL is none, or its database cannot be reached or written to.
    """
    try:
        engine = _create(make_url(url))
    except ArgumentError as error:
        raise ConfigurationError(f"store: {url!r} is no URL such as sqlite:///mock.db") from error
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    writer = engine.execution_options(writes=True)
    if engine.dialect.name == "sqlite":
        hasty = _create(engine.url)
        event.listen(engine, "connect", partial(_prepare_sqlite, "FULL"))
        event.listen(hasty, "connect", partial(_prepare_sqlite, "NORMAL"))
        for one in (writer, hasty):
            event.listen(one, "begin", _begin_to_write)
    else:
        hasty = engine.execution_options(hasty=True)
        event.listen(hasty, "begin", _begin_in_haste)
    try:
        with writer.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            METADATA.create_all(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        shown = engine.url.render_as_string(hide_password=True)
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ConfigurationError(f"store: {shown} cannot be used: {reason}") from error
    return Engines(
        ThreadLocalConnections(reader),
        ThreadLocalConnections(writer),
        ThreadLocalConnections(hasty),
    )


def _create(url: URL) -> Engine:
    match url.get_backend_name():
        case "sqlite":
            if not url.database or url.database == ":memory:":
                raise ConfigurationError("store: sqlite needs a file, such as sqlite:///mock.db")
            options: Mapping[str, Any] = {"connect_args": {"timeout": _PATIENCE}}
        case "postgresql":
            url = url.set(drivername="postgresql+psycopg")
            options = {}
        case other:
            raise ConfigurationError(f"store: {other} is neither sqlite nor postgresql")
    return create_engine(url, pool_size=10, max_overflow=20, **options)


def _prepare_sqlite(synchronous: str, connection: Any, _record: object) -> None:
    # The driver's own idea of transactions is switched off: it begins them too late to wait.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA synchronous={synchronous}")
    cursor.close()


def _begin_to_write(connection: Connection) -> None:
    # A transaction that reads first and writes then could not wait for another writer.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_in_haste(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
