"""Where the jobs of a mock under measurement are kept: memory, SQLite, or a PostgreSQL."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests._postgres import find_programs, running_cluster
from tests.benchmarks.errors import UnhealthyError

MEMORY = "memory"
SQLITE = "sqlite"
POSTGRESQL = "postgresql"


@contextmanager
def options(store: str, folder: Path) -> Iterator[tuple[str, ...]]:
    """The options of `mockserver serve` for an empty store, removed with the `with` block.

    `store` is `memory`, `sqlite`, `postgresql` (a server of its own, as tests have it: without
    fsync), or the URL of a PostgreSQL server on which databases may be created.
    """
    if store == MEMORY:
        yield ()
    elif store == SQLITE:
        file = folder / f"scale-{secrets.token_hex(4)}.db"
        try:
            yield ("--store", f"sqlite:///{file}")
        finally:
            for path in folder.glob(f"{file.name}*"):  # with its journal files
                path.unlink()
    elif store == POSTGRESQL:
        programs = find_programs()
        if programs is None:
            raise UnhealthyError("there is no PostgreSQL (Debian: apt-get install postgresql)")
        with running_cluster(programs) as cluster, _database(cluster.url) as url:
            yield ("--store", url)
    else:
        with _database(store) as url:
            yield ("--store", url)


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield server.rpartition("/")[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
