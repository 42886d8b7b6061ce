"""Opens a database for the SQL store: SQLite or PostgreSQL, set up so that a commit is for good."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from mockserver.errors import SetupError
from mockserver.store.sql_tables import METADATA

_PATIENCE = 30
"""Seconds that a writer of SQLite waits for another one."""

_LOCK = 0x7265706F7274
"""The advisory lock under which one process at a time makes the tables."""


def open_engines(url: str) -> tuple[Engine, Engine]:
    """Return two ways into one pool, for single reads and for transactions that write.

    Raises:
        SetupError: the URL is none, or its database cannot be reached or written to.
    """
    try:
        engine = _create(make_url(url))
    except ArgumentError as error:
        raise SetupError(f"store: {url!r} is no URL such as sqlite:///mock.db") from error
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    writer = engine.execution_options(writes=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(writer, "begin", _begin_to_write)
    try:
        with writer.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            METADATA.create_all(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        shown = engine.url.render_as_string(hide_password=True)
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise SetupError(f"store: {shown} cannot be used: {reason}") from error
    return reader, writer


def _create(url: URL) -> Engine:
    match url.get_backend_name():
        case "sqlite":
            if not url.database or url.database == ":memory:":
                raise SetupError("store: sqlite needs a file, such as sqlite:///mock.db")
            options: Mapping[str, Any] = {"connect_args": {"timeout": _PATIENCE}}
        case "postgresql":
            url = url.set(drivername="postgresql+psycopg")
            options = {"pool_pre_ping": True}
        case other:
            raise SetupError(f"store: {other} is neither sqlite nor postgresql")
    return create_engine(url, pool_size=10, max_overflow=20, **options)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of transactions is switched off: it begins them too late to wait.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_to_write(connection: Connection) -> None:
    # A transaction that reads first and writes then could not wait for another writer.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
