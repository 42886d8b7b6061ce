"""Servers that are killed: nothing that was acknowledged is lost, and dead workers are replaced."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event

import pytest
import requests

from tests._serving import PATIENCE, Served, serving, wait_until_gone

BEFORE, AFTER = 150, 100
CLIENTS = 4
CALLER = {"Authorization": "Bearer mock-talkdesk-writer"}
JOBS = "/data/reports/calls/jobs"
TIMESPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}


class Writers:
    """Clients who create jobs one after the other."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.some = Event()
        self._names = count()

    def run(self, base_url: str, enough: int | None = None) -> None:
        """Write with all clients at once, until so many are acknowledged or nobody answers."""
        with ThreadPoolExecutor(CLIENTS) as clients:
            for client in [clients.submit(self._write, base_url, enough) for _ in range(CLIENTS)]:
                client.result()

    def _write(self, base_url: str, enough: int | None) -> None:
        with requests.Session() as session:
            while enough is None or len(self.acknowledged) < enough:
                body = {"format": "csv", "timespan": TIMESPAN, "name": f"job {next(self._names)}"}
                try:
                    reply = session.post(f"{base_url}{JOBS}", headers=CALLER, json=body, timeout=60)
                except requests.RequestException:
                    return
                assert reply.status_code == 202
                self.acknowledged.append(reply.json()["job"]["id"])
                if len(self.acknowledged) >= BEFORE:
                    self.some.set()


def listed(server: Served) -> set[str]:
    """Return the ids of all jobs, page by page."""
    found: set[str] = set()
    path: str | None = f"{JOBS}?per_page=200"
    while path:
        page = requests.get(f"{server.base_url}{path}", headers=CALLER, timeout=60).json()
        found |= {job["id"] for job in page["_embedded"]["jobs"]}
        path = page["_links"].get("next", {}).get("href")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_kill_loses_nothing_that_was_acknowledged(store: str, workers: str) -> None:
    options = ("--store", store, "--workers", workers, "--clock", "manual")
    writers = Writers()
    with serving(*options) as server, ThreadPoolExecutor(1) as beside:
        writing = beside.submit(writers.run, server.base_url)
        assert writers.some.wait(PATIENCE)
        server.kill()
        writing.result()
    enough = len(writers.acknowledged) + AFTER
    with serving(*options) as server:
        writers.run(server.base_url, enough)
        assert len(set(writers.acknowledged)) == len(writers.acknowledged) >= enough
        assert set(writers.acknowledged) - listed(server) == set()
        assert server.stop() == 0


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_a_dead_worker_is_replaced_and_all_stop_together(
    order: signal.Signals, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    with serving("--store", store, "--workers", "2") as server:
        gone, other = sorted(answerers(server, 2))
        os.kill(gone, signal.SIGKILL)
        wait_until_gone(gone)
        server.log.wait_for(lambda rows: any(row["event"] == "message" for row in rows))
        now = answerers(server, 2, without=gone)
        assert other in now
        assert server.stop(order) == 0
        for worker in now:
            wait_until_gone(worker)
    told = [row["message"] for row in server.log.rows if row["event"] == "message"]
    assert told == [f"Worker {gone} ended (SIGKILL); another takes its place."]


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    with serving("--store", f"sqlite:///{tmp_path}/store.db", "--workers", "2") as server:
        workers = answerers(server, 2)
        server.process.kill()
        for worker in workers:
            wait_until_gone(worker)


def answerers(server: Served, enough: int, without: int = 0) -> set[int]:
    """Ask until so many processes have answered; return which."""
    found: set[int] = set()
    while len(found) < enough:
        seen = len(server.log.rows)
        with suppress(requests.ConnectionError):  # one was killed with it in its hands
            requests.get(
                f"{server.control_url}/health", headers={"Connection": "close"}, timeout=60
            )
            server.log.wait_for(lambda rows, seen=seen: len(rows) > seen)  # type: ignore[misc]
        rows = server.log.rows[seen:]
        found |= {row["pid"] for row in rows if row["event"] == "request"} - {without}
    return found
