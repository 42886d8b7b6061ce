"""A reset while others are at work: each request ends in the old state or in the new one."""

import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import psycopg
import pytest
import requests

from tests._serving import Served, serving

RESETS = 12
CLIENTS = 4
CALLER = {"ECI-ApiKey": "mock-energycap-manager"}
GROUPS = "/api/v3/report/reportgroup"
DISTRIBUTIONS = "/api/v202106/reportdistribution"
TABLES = ("namespace", "record", "listing", "group_counter", "counter", "journal")


def work(server: Served, stop: Event, client: int) -> Counter[str]:
    """Create, list, read and delete until told to stop; count the answers that must not be."""
    bad: Counter[str] = Counter()
    with requests.Session() as session:
        session.headers.update(CALLER)

        def send(method: str, path: str, body: object = None) -> requests.Response:
            response = session.request(method, f"{server.base_url}{path}", json=body, timeout=60)
            if response.status_code >= 500:
                bad[f"{method} {path} {response.status_code} {response.text[:200]}"] += 1
            return response

        for number in range(10_000):
            if stop.is_set():
                break
            body = {
                "reportGroupCode": f"C{client}-{number}",
                "reportGroupInfo": f"N{client}-{number}",
            }
            created = send("POST", GROUPS, body)
            seeded = send("GET", DISTRIBUTIONS)
            if not seeded.json():
                bad["an empty list: the seed data is missing"] += 1
            send("POST", f"{DISTRIBUTIONS}/{seeded.json()[0]['reportDistributionId']}/exec", {})
            send("GET", f"{DISTRIBUTIONS}/log")
            if created.ok:
                send("DELETE", f"{GROUPS}/{created.json()['reportGroupId']}")
    return bad


def namespaces(url: str) -> set[str]:
    """Return the namespaces that any table has rows of."""
    union = " UNION ".join(f"SELECT namespace FROM {table}" for table in TABLES)
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            return {row[0] for row in database.execute(union)}
    with psycopg.connect(url) as server:
        return {row[0] for row in server.execute(union.encode())}


@pytest.mark.parametrize(("backend", "workers"), [("memory", 1), ("sqlite", 2), ("postgresql", 2)])
def test_requests_end_in_the_old_state_or_the_new_one(
    backend: str, workers: int, request: pytest.FixtureRequest
) -> None:
    url = backend
    if backend == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path')}/store.db"
    elif backend == "postgresql":
        url = request.getfixturevalue("postgres_database")
    stop = Event()
    with (
        serving("--store", url, "--workers", str(workers)) as server,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        clients = [pool.submit(work, server, stop, client) for client in range(CLIENTS)]
        resets = [
            requests.post(f"{server.control_url}/reset", timeout=60).status_code
            for _ in range(RESETS)
        ]
        stop.set()
        bad = sum((client.result() for client in clients), Counter[str]())
        left = namespaces(url) if backend != "memory" else set()
        journal = requests.get(f"{server.control_url}/requests", timeout=60).json()
    assert resets == [204] * RESETS
    assert not bad
    assert b"Traceback" not in b"".join(server.log.raw)
    assert [row["number"] for row in journal["requests"]] == sorted(
        row["number"] for row in journal["requests"]
    )
    if backend != "memory":
        assert "sandboxes" in left
        (current,) = left - {"sandboxes"}
        assert current.startswith("default:")
