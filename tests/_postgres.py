"""A throw-away PostgreSQL cluster for a test session, and an empty database for a test."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests._untested import missing

_START_ATTEMPTS = 5
# Durability costs seconds and protects nothing here: the cluster is deleted at the end.
_SETTINGS = "-c fsync=off -c full_page_writes=off -c unix_socket_directories=''"


@pytest.fixture(scope="session")
def postgres_cluster() -> "Iterator[Cluster]":
    """A fresh PostgreSQL server on 127.0.0.1; each test process has its own."""
    programs = find_programs()
    if programs is None:
        missing("PostgreSQL", "apt-get install postgresql")
    with running_cluster(programs) as cluster:
        yield cluster


@contextmanager
def running_cluster(programs: Path) -> "Iterator[Cluster]":
    """A fresh PostgreSQL server for the length of a `with` block; `programs` are its binaries."""
    # Not pytest's own temporary folder: the account that runs the server must be able to enter.
    home = Path(tempfile.mkdtemp(prefix="report-contracts-postgres-"))
    cluster = Cluster(programs, home, secrets.token_hex(16))
    try:
        cluster.initialise()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgres_url(postgres_cluster: "Cluster") -> str:
    """The URL of that server, as its superuser."""
    return postgres_cluster.url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database, dropped after the test with whoever is still connected."""
    import psycopg

    name = f"test_{secrets.token_hex(8)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield postgres_url.rpartition("/")[0] + f"/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def find_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: on the PATH, else the newest of Debian's."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    versions = sorted(debian, key=lambda path: float(path.parts[-3]))
    return versions[-1].parent if versions else None


def _account() -> pwd.struct_passwd | None:
    """The account to run as: PostgreSQL refuses root, so root borrows another one."""
    if os.getuid() != 0:
        return None
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


@dataclass(slots=True)
class Cluster:
    """One cluster: its programs, its folder, the superuser's password; the port once it runs."""

    programs: Path
    home: Path
    password: str
    port: int = 0

    @property
    def url(self) -> str:
        """The URL of the server, as its superuser."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the server, and start it again on the same port."""
        self.stop()
        yield
        if not self._start_at(self.port):
            pytest.fail("PostgreSQL did not start again", pytrace=False)

    def initialise(self) -> None:
        """Create the data folder, owned by the account that will run the server."""
        pwfile = self.home / "password"
        pwfile.write_text(self.password, encoding="ascii")
        account = _account()
        if account is not None:
            for path in (self.home, pwfile):
                os.chown(path, account.pw_uid, account.pw_gid)
        arguments = f"--username=postgres --auth=scram-sha-256 --pwfile={pwfile} --no-sync"
        done = self._run("initdb", *arguments.split(), "--encoding=UTF8", "--locale=C")
        if done.returncode:
            pytest.fail(f"initdb failed: {done.stderr}", pytrace=False)

    def start(self) -> None:
        """Start the server on a free port and wait until it answers."""
        for _ in range(_START_ATTEMPTS):
            # Another process may take the port before the server does: then try the next.
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            if self._start_at(self.port):
                return
        log = (self.home / "log").read_text("utf-8")
        pytest.fail(f"PostgreSQL did not start: {log}", pytrace=False)

    def _start_at(self, port: int) -> bool:
        options = f"-c listen_addresses=127.0.0.1 -c port={port} {_SETTINGS}"
        log = str(self.home / "log")
        return not self._run("pg_ctl", "start", "-w", "-l", log, "-o", options).returncode

    def stop(self) -> None:
        """Disconnect whoever is left and wait until the server, if there is one, has ended."""
        if (self.home / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        account = _account()
        return subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.home,
            env={**os.environ, "PGDATA": str(self.home / "data"), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
