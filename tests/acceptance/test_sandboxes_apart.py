"""Hundreds of sandboxes at once: every reply belongs to its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
import requests

from tests._serving import Served, serving

SANDBOXES = 100
CLIENTS = 16
ORIGIN = datetime(2026, 3, 30, 9, tzinfo=UTC)
JOBS = "/data/reports/calls/jobs"
TIMESPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}


@dataclass(slots=True)
class Play:
    """One sandbox, driven step by step; whatever it is told must be its own."""

    server: Served
    session: requests.Session
    number: int

    def run(self) -> Iterator[None]:
        """Make a sandbox, let three jobs grow up in it, and check all that it says."""
        asked = {"seed": self.number, "clock": {"mode": "manual"}}
        made = self.ask("POST", "/_mock/sandboxes", None, asked)
        name, secret = made["id"], made["credentials"]["talkdesk"]["writer"]
        mine, here = {"Authorization": f"Bearer {secret}"}, {"X-Mock-Sandbox": name}
        now, made_at = ORIGIN, {}
        for step in range(3):
            yield
            order = {"format": "csv", "timespan": TIMESPAN, "name": f"{name} {step}"}
            job = self.ask("POST", JOBS, mine, order)["job"]
            assert job["name"] == f"{name} {step}"
            made_at[job["id"]] = now
            yield
            seconds = 7 * self.number % 23 + 3
            now += timedelta(seconds=seconds)
            moved = self.ask("POST", "/_mock/clock", here, {"advance": f"PT{seconds}S"})
            assert datetime.fromisoformat(moved["now"]) == now
            yield
            polled = self.ask("GET", f"{JOBS}/{job['id']}", mine)["job"]
            assert polled["name"] == job["name"]
            assert polled["status"] == ("CREATED" if seconds < 5 else "PROCESSING")
        yield
        listed = self.ask("GET", f"{JOBS}?per_page=100", mine)["_embedded"]["jobs"]
        named = [row["name"] for row in listed if str(row.get("name", "")).startswith("sb-")]
        assert named == [f"{name} {step}" for step in (2, 1, 0)]
        seen = self.ask("GET", "/_mock/requests?limit=100", here)["requests"]
        assert [row["sandbox"] for row in seen] == [name] * 7
        assert datetime.fromisoformat(self.ask("GET", "/_mock/clock", here)["now"]) == now
        ages = {job: (now - at).total_seconds() for job, at in made_at.items()}
        yield from self.end(name, ages, mine, here)

    def end(
        self, name: str, ages: dict[str, float], mine: dict[str, str], here: dict[str, str]
    ) -> Iterator[None]:
        """Put every other one back, and delete every third."""
        yield
        if self.number % 2:
            self.ask("POST", "/_mock/reset", here, status=204)
            assert self.ask("GET", "/_mock/clock", here)["now"] == "2026-03-30T09:00:00.000Z"
        for job, age in ages.items():
            left = 404 if self.number % 2 else 300 if age >= 30 else 200
            self.ask("GET", f"{JOBS}/{job}", mine, status=left)
        if self.number % 3 == 0:
            self.ask("DELETE", f"/_mock/sandboxes/{name}", status=204)
            self.ask("GET", JOBS, mine, status=401)

    def ask(
        self, method: str, path: str, headers: Any = None, json: Any = None, status: int = 0
    ) -> Any:
        url = f"{self.server.base_url}{path}"
        reply = self.session.request(method, url, headers=headers, json=json, timeout=120)
        allowed = {status} if status else {200, 201, 202}
        assert reply.status_code in allowed, reply.text
        return reply.json() if reply.content else None


def drive(server: Served, numbers: list[int]) -> int:
    """Drive sandboxes side by side, one step of any of them after the other."""
    chance = Random(numbers[0])
    with requests.Session() as session:
        plays = [Play(server, session, number).run() for number in numbers]
        steps = 0
        while plays:
            play = chance.choice(plays)
            if next(play, plays) is plays:  # it is through
                plays.remove(play)
            steps += 1
    return steps


@pytest.mark.slow
def test_many_clients_drive_many_sandboxes_each_with_its_own_time() -> None:
    with serving("--max-sandboxes", "1000") as server, ThreadPoolExecutor(CLIENTS) as clients:
        shares = [[*range(first, SANDBOXES, CLIENTS)] for first in range(CLIENTS)]
        steps = [*clients.map(lambda share: drive(server, share), shares)]
        assert sum(steps) >= SANDBOXES * 11
        left = requests.get(f"{server.control_url}/sandboxes", timeout=60).json()["total"]
        assert left == 1 + SANDBOXES - len(range(0, SANDBOXES, 3))


def test_a_few_on_two_workers_are_as_much_apart(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    with (
        serving("--store", store, "--workers", "2") as server,
        ThreadPoolExecutor(4) as clients,
    ):
        shares = [[*range(first, 8, 4)] for first in range(4)]
        assert sum(clients.map(lambda share: drive(server, share), shares)) >= 8 * 11


def test_one_sandbox_too_many_is_refused() -> None:
    with serving("--max-sandboxes", "101") as server:
        link = HTTPConnection(*server.address, timeout=60)

        def make() -> tuple[int, Any]:
            link.request("POST", "/_mock/sandboxes")
            reply = link.getresponse()
            return reply.status, orjson.loads(reply.read())

        names = {make()[1]["id"] for _ in range(100)}
        assert len(names) == 100
        status, refused = make()
        assert status == 409
        assert "delete some" in refused["detail"]
        link.close()
