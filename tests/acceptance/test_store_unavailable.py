"""Databases that are locked, full or away: 503 for everybody, nothing lost, no restart needed."""

import resource
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import requests

from tests._postgres import Cluster
from tests._serving import Served, serving
from tests.acceptance._silence import relaying

pytestmark = pytest.mark.slow

SECONDS = 20
"""How long an answer may take; the driver of SQLite would wait longer by default."""

TALKDESK = {"Authorization": "Bearer mock-talkdesk-writer"}
ENERGYCAP = {"ECI-ApiKey": "mock-energycap-manager"}
JOBS = "/data/reports/calls/jobs"
ORDER = {
    "format": "csv",
    "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
    "name": "a name that no log may show",
}

Outage = Callable[[str, Served], AbstractContextManager[None]]


@contextmanager
def sqlite_write_locked(url: str, _server: Served) -> Iterator[None]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def sqlite_full(_url: str, server: Served) -> Iterator[None]:
    pid, limit = server.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, limit, (0, resource.RLIM_INFINITY))
    yield
    resource.prlimit(pid, limit, before)


@contextmanager
def postgresql_away(url: str, _server: Served) -> Iterator[None]:
    base, _, name = url.rpartition("/")
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        allow = f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS "
        admin.execute(f"{allow} false".encode())
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(end, (name,))
        yield
        admin.execute(f"{allow} true".encode())


@contextmanager
def postgresql_locked(url: str, _server: Served) -> Iterator[None]:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE namespace, record, journal IN ACCESS EXCLUSIVE MODE")
        yield


CALLS: list[tuple[str, str, dict[str, str], object]] = [
    ("GET", JOBS, TALKDESK, None),
    ("POST", JOBS, TALKDESK, ORDER),
    ("GET", "/api/v202106/reportdistribution", ENERGYCAP, None),
    ("GET", "/ec-reporting-svc/rest/v1.0/report/jobs", {}, None),
    ("GET", "/_mock/health", {}, None),
]
"""Reads and writes of vendors, and of the control plane."""


def send_all(server: Served, *, at_once: int = 0) -> list[requests.Response]:
    """Send `CALLS` one after the other; or so many times, all of them at the same time."""

    def send(call: tuple[str, str, dict[str, str], object]) -> requests.Response:
        method, path, headers, body = call
        url = f"{server.base_url}{path}"
        return requests.request(method, url, headers=headers, json=body, timeout=SECONDS)

    if not at_once:
        return [send(call) for call in CALLS]
    with ThreadPoolExecutor(at_once * len(CALLS)) as clients:
        return [*clients.map(send, CALLS * at_once)]


def create(server: Served) -> str:
    response = requests.post(
        f"{server.base_url}{JOBS}", headers=TALKDESK, json=ORDER, timeout=SECONDS
    )
    assert response.status_code == 202
    job: str = response.json()["job"]["id"]
    return job


@pytest.mark.parametrize(
    ("backend", "workers", "outage"),
    [
        ("sqlite", 1, sqlite_write_locked),
        ("sqlite", 2, sqlite_write_locked),
        ("sqlite", 1, sqlite_full),
        ("postgresql", 2, postgresql_away),
        ("postgresql", 1, postgresql_locked),
    ],
)
def test_an_outage_is_503_and_passes(
    backend: str,
    workers: int,
    outage: Outage,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    if backend == "postgresql":
        url = request.getfixturevalue("postgres_database")
    with serving("--store", url, "--workers", str(workers), "--clock", "manual") as server:
        before = [create(server) for _ in range(4)]
        with outage(url, server):
            responses = send_all(server, at_once=1) + send_all(server, at_once=1)
        after = create(server)
        listed = requests.get(f"{server.base_url}{JOBS}", headers=TALKDESK, timeout=SECONDS).json()
        health = requests.get(f"{server.control_url}/health", timeout=SECONDS)
        unavailable = {"calls": [{"status": 503, "count": {"min": 1}}]}
        verified = requests.post(
            f"{server.control_url}/verify", json=unavailable, timeout=SECONDS
        ).json()
    assert [response.status_code for response in responses] == [503] * len(responses)
    assert {response.headers["Retry-After"] for response in responses} == {"1"}
    bodies = [response.json() for response in responses]
    assert all("store cannot be used" in str(body) for body in bodies), bodies
    assert {"code", "message"} <= bodies[0].keys()  # the vendor's own shape
    assert {str(body.get("message", "")).count("cannot be used") for body in bodies} <= {0, 1}
    assert bodies[4].keys() == {"title", "detail"}
    assert {job["id"] for job in listed["_embedded"]["jobs"]} >= {*before, after}
    assert health.json()["status"] == "ok"
    if backend == "sqlite":  # else no request has learned of its sandbox
        assert verified["verified"]
    log = b"".join(server.log.raw)
    assert b"Traceback" not in log
    assert b"no log may show" not in log


@pytest.mark.parametrize("workers", [1, 2])
def test_a_database_that_falls_silent_is_503_for_all_at_once(
    postgres_database: str, workers: int
) -> None:
    authority, _, name = postgres_database.rpartition("/")
    account, _, port = authority.rpartition(":")
    with relaying(int(port)) as relay:
        store = f"{account}:{relay.port}/{name}"
        options = ("--store", store, "--workers", str(workers), "--clock", "manual")
        with serving(*options) as server:
            before = [create(server) for _ in range(4)]
            with relay.silence():
                alone = send_all(server, at_once=1)
                together = send_all(server, at_once=20)
            after = create(server)
            listed = requests.get(
                f"{server.base_url}{JOBS}", headers=TALKDESK, timeout=SECONDS
            ).json()
    responses = alone + together
    assert Counter(response.status_code for response in responses) == {503: 105}
    assert {response.headers["Retry-After"] for response in responses} == {"1"}
    assert {"code", "message"} <= alone[0].json().keys()
    assert {job["id"] for job in listed["_embedded"]["jobs"]} >= {*before, after}
    log = b"".join(server.log.raw)
    assert b"Traceback" not in log


def test_a_database_that_is_stopped_and_started_again(postgres_cluster: Cluster) -> None:
    with serving("--store", postgres_cluster.url, "--clock", "manual") as server:
        before = create(server)
        with postgres_cluster.stopped():
            responses = send_all(server) + send_all(server)
        after = create(server)
        listed = requests.get(f"{server.base_url}{JOBS}", headers=TALKDESK, timeout=SECONDS).json()
    assert [response.status_code for response in responses] == [503] * len(responses)
    assert {response.headers["Retry-After"] for response in responses} == {"1"}
    assert {job["id"] for job in listed["_embedded"]["jobs"]} >= {before, after}


def test_after_a_lock_writers_of_two_processes_wait_for_each_other_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with (
        serving("--store", url, "--workers", "2", "--clock", "manual") as server,
        ThreadPoolExecutor(8) as clients,
    ):
        create(server)
        with sqlite_write_locked(url, server):
            refused = send_all(server, at_once=8)
        jobs = [*clients.map(lambda _: create(server), range(60))]
    assert {response.status_code for response in refused} == {503}
    assert len(set(jobs)) == 60
