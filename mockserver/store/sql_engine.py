"""Connections to a database: one per thread, kept open; driver errors as errors of the store."""

import logging
import os
import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock, local
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)

from mockserver.errors import ASKED_AT, ConfigurationError
from mockserver.store.base import Duplicate, StoreError, StoreUnavailable
from mockserver.store.sql_statements import METADATA, display_parsed, parse_url

log = logging.getLogger("mockserver")

_LOCK_SECONDS = 1.0
"""How long a statement waits for a lock; two such waits end within the three seconds of a reply."""

_CONNECT_SECONDS, _ANSWER_SECONDS, _PING_SECONDS = 2, 2.5, 0.5
"""How long a server may take to accept a connection, to answer a statement, and to answer a test.

A test that is in vain and the connection after it end within the three seconds of a reply.
"""

_PING_AFTER_SECONDS = 0.2
"""How long a connection to a server may be idle before it is tested at its next use."""

_SCHEMA_LOCK = 0x7265706F7274
"""The advisory lock under which one process at a time creates the tables."""

_UNDEFINED_TABLE = "42P01"
_FILE_GONE = "its file was deleted or replaced; put it back, or restart the mock"


@dataclass(slots=True)
class _DatabaseHealth:
    """What the connections to one database learn from each other's errors.

    Connections of an older `generation` are not used again. At `failed_at` (`time.monotonic`) the
    database could not be used, because of `reason`. `paths` are SQLite's file and its log, `files`
    their devices and inodes, known while a connection is `open`: the log goes with the last one.
    """

    paths: tuple[str, ...] = ()
    files: tuple[tuple[int, int] | None, ...] | None = None
    open: set[Connection] = field(default_factory=set)
    generation: int = 0
    failed_at: float = float("-inf")
    reason: str = ""

    def check(self) -> None:
        """Raise StoreUnavailable if the database failed after the work that runs was asked for."""
        if ASKED_AT.get(float("inf")) < self.failed_at:
            raise StoreUnavailable(self.reason)
        self.check_files()

    def check_files(self) -> None:
        """Raise StoreUnavailable if SQLite would go on with files that no path leads to."""
        if self.files is not None and tuple(map(_identify, self.paths)) != self.files:
            raise StoreUnavailable(_FILE_GONE)

    def forget(self, connection: Connection) -> None:
        """Take a connection for closed."""
        self.open.discard(connection)
        if not self.open:
            self.files = None


def _identify(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 (half the time, at each use of the store)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class ThreadLocalConnections:
    """Provides each thread with a connection of its own.

    Checking a connection out of SQLAlchemy's pool takes four times as long as a read of SQLite.
    """

    def __init__(
        self,
        engine: Engine,
        health: _DatabaseHealth,
        write_lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        self.engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._health = health
        self._write_lock = write_lock or nullcontext()
        self._local = local()
        self._lock = Lock()
        self._all: list[Connection] = []
        self._is_available: bool | None = None  # not known before the first use

    @contextmanager
    def connect(self) -> Generator[Connection, None, None]:
        """Provide a connection for single statements.

        Raises:
            StoreUnavailable: the database cannot be used at present.
            Duplicate: a key exists already.
            StoreError: any other error of the database, without the values of the statement.
        """
        connection = None
        try:
            self._health.check()
            connection = self._current()
            yield connection
        except DBAPIError as error:
            raise self._on_error(connection, error) from None
        except StoreUnavailable as error:
            self._warn(error)
            raise
        self._local.used_at = monotonic()
        if self._health.files is None:
            self._health.files = tuple(map(_identify, self._health.paths))
        if self._is_available is False:
            log.warning("The store is available again.")
        self._is_available = True

    @contextmanager
    def begin(self) -> Generator[Connection, None, None]:
        """Provide a connection for one transaction; errors as in `connect`."""
        # Threads of this process queue here: SQLite's own waiting is unfair.
        with self._write_lock, self.connect() as connection:
            with connection.begin():
                yield connection
            self._health.check_files()  # nothing is acknowledged that nobody can read

    def close(self) -> None:
        """Close all connections; the next use opens others."""
        with self._lock:
            closed, self._all = self._all, []
            self._local = local()
        for connection in closed:
            connection.close()
            self._health.forget(connection)

    def _current(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None and not self._is_usable(connection):
            self._discard(connection)
            connection = None
        if connection is None:
            self._local.generation = self._health.generation
            connection = self._local.connection = self.engine.connect()
            self._local.used_at = monotonic()
            with self._lock:
                self._all.append(connection)
            self._health.open.add(connection)
        return connection

    def _is_usable(self, connection: Connection) -> bool:
        if self._local.generation != self._health.generation:
            return False
        if self._is_sqlite or monotonic() - self._local.used_at < _PING_AFTER_SECONDS:
            return True
        driver_connection: Any = connection.connection.dbapi_connection
        driver_connection.answer_seconds = _PING_SECONDS
        try:
            connection.execute(text("SELECT 1"))
            connection.rollback()
        except DBAPIError:
            return False
        driver_connection.answer_seconds = _ANSWER_SECONDS
        return True

    def _on_error(self, connection: Connection | None, error: DBAPIError) -> StoreError:
        translated = _translate(error)
        if not isinstance(translated, StoreUnavailable):
            return translated
        self._health.failed_at, self._health.reason = monotonic(), translated.args[0]
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        is_busy = code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        if connection is not None and not is_busy:
            self._health.generation += 1
            self._discard(connection)
        self._warn(translated)
        return translated

    def _warn(self, error: StoreUnavailable) -> None:
        if self._is_available:
            self._is_available = False
            log.warning("%s.", error)

    def _discard(self, connection: Connection) -> None:
        self._local.connection = None
        with self._lock:
            if connection in self._all:
                self._all.remove(connection)
        connection.invalidate()
        connection.close()
        self._health.forget(connection)


class RelaxedConnections(ThreadLocalConnections):
    """Connections to PostgreSQL whose transactions do not wait for the disk."""

    @contextmanager
    def begin(self) -> Generator[Connection, None, None]:
        """Provide a connection for one transaction; errors as in `connect`."""
        with super().begin() as connection:
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection


@dataclass(frozen=True, slots=True)
class Engines:
    """Connections to one database for single reads, for write transactions, and for relaxed ones.

    What a relaxed transaction wrote is visible to everybody once it is committed, and lost only
    if the machine goes down soon after.
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
        for connections in (self.reader, self.writer, self.relaxed):
            connections.close()


def open_engines(url: str) -> Engines:
    """Return the connections to the database of a URL; creates its tables.

    Raises:
        ConfigurationError: the URL is malformed, or its database cannot be reached or written to.
    """
    parsed = parse_url(url)
    try:
        engines = _create_engines(parsed)
        with engines.writer.begin() as connection:
            if engines.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": _SCHEMA_LOCK})
            METADATA.create_all(connection)
    except (StoreError, SQLAlchemyError, ValueError, OSError) as error:
        reason = str(error.args[0]) if isinstance(error, StoreError) else type(error).__name__
        if parsed.password:
            reason = reason.replace(str(parsed.password), "***")
        raise ConfigurationError(
            f"store: {display_parsed(parsed)} cannot be used: {reason}"
        ) from None
    return engines


def _create_engines(url: URL) -> Engines:
    health = _DatabaseHealth()
    if url.get_backend_name() == "sqlite":
        path = str(Path(url.database or "").absolute())
        health.paths = path, f"{path}-wal"
        lock = Lock()
        engine, relaxed = (_create_sqlite(url, mode) for mode in ("FULL", "NORMAL"))
        writer = engine.execution_options(writes=True)
        for writing in (writer, relaxed):
            event.listen(writing, "begin", _begin_immediate)
        relaxed_connections = ThreadLocalConnections(relaxed, health, lock)
    else:
        lock = None
        engine = _create_postgresql(url)
        writer = engine.execution_options()
        relaxed_connections = RelaxedConnections(engine, health)
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Engines(
        ThreadLocalConnections(reader, health),
        ThreadLocalConnections(writer, health, lock),
        relaxed_connections,
    )


def _create_sqlite(url: URL, synchronous: str) -> Engine:
    engine = _create(url, {"timeout": _LOCK_SECONDS})
    event.listen(engine, "connect", partial(_prepare_sqlite, synchronous))
    return engine


def _create_postgresql(url: URL) -> Engine:
    limits = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _CONNECT_SECONDS * 1000,
        "options": f"-c lock_timeout={int(_LOCK_SECONDS * 1000)}",
    }
    try:
        engine = _create(url, {name: it for name, it in limits.items() if name not in url.query})
        event.listen(engine, "do_connect", _make_connect())
    except ModuleNotFoundError:
        raise ConfigurationError(
            "store: PostgreSQL needs the extra postgres: pip install 'report-contracts[postgres]'"
        ) from None
    return engine


def _make_connect() -> Callable[..., Any]:
    """Return what connects to PostgreSQL, to wait for its answers for a limited time.

    The server limits its own work; only here is it seen that nothing comes back from it.
    """
    import psycopg  # noqa: PLC0415 (of an extra)

    class LimitedConnection(psycopg.Connection[Any]):
        answer_seconds = _ANSWER_SECONDS

        def wait(self, *arguments: Any, **options: Any) -> Any:
            options.setdefault("timeout", self.answer_seconds)
            try:
                return super().wait(*arguments, **options)
            except psycopg.OperationalError as error:
                if self.broken or error.sqlstate is not None:  # which came from the server
                    raise
                self.close()  # nothing that is asked of it later is waited for again
                raise psycopg.OperationalError("the server does not answer") from None

    def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> Any:
        return LimitedConnection.connect(*arguments, **options)

    return connect


def _create(url: URL, connect_args: Mapping[str, Any]) -> Engine:
    # Threads keep their connections, so a pool would only limit the number of threads.
    return create_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args=dict(connect_args)
    )


def _prepare_sqlite(synchronous: str, connection: Any, _record: object) -> None:
    # The driver's own transactions are switched off: it begins them too late to wait for a lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA synchronous={synchronous}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and writes later could not wait for another writer.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _translate(error: DBAPIError) -> StoreError:
    """Return an error without the values of the statement, which may be bodies of requests."""
    if isinstance(error, IntegrityError):
        return Duplicate("an id is taken")
    unavailable = (OperationalError, InterfaceError, InternalError)
    if (
        isinstance(error, unavailable)
        or type(error) is DatabaseError
        or error.statement is None  # while connecting
        or getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE
    ):
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        return StoreUnavailable(lines[0].rstrip("."))
    return StoreError(f"{type(error.orig).__name__} in: {error.statement}")
