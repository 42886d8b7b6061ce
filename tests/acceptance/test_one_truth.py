"""Servers and workers on one store answer as one server in memory would, byte for byte."""

import pytest
import requests

from tests._serving import serving
from tests.acceptance._walk import Written, walk

MANUAL = ("--clock", "manual")


@pytest.fixture(scope="module")
def in_memory() -> list[Written]:
    """The walk on one process that shares nothing."""
    with serving(*MANUAL, PYTHONHASHSEED="1") as server:
        return walk(server.base_url)


def test_same_seed_clock_and_requests_give_the_same_bytes(
    in_memory: list[Written],
) -> None:
    with serving(*MANUAL, PYTHONHASHSEED="2") as server:
        assert walk(server.base_url) == in_memory
    with serving(*MANUAL, "--seed", "2", PYTHONHASHSEED="2") as server:
        assert walk(server.base_url) != in_memory


def test_two_workers_are_one_server(in_memory: list[Written], store: str) -> None:
    with serving(*MANUAL, "--store", store, "--workers", "2") as server:
        assert walk(server.base_url) == in_memory
        assert len({row["pid"] for row in server.log.rows}) == 2
        assert server.stop() == 0


def test_two_servers_on_one_store_are_one(in_memory: list[Written], store: str) -> None:
    options = (*MANUAL, "--store", store)
    with serving(*options) as one, serving(*options) as other:
        assert walk(one.base_url, other.base_url) == in_memory


def test_a_list_shows_sandboxes_as_the_other_server_left_them(store: str) -> None:
    options = (*MANUAL, "--store", store)
    with serving(*options) as one, serving(*options) as other:
        made = requests.post(f"{one.control_url}/sandboxes", json={}, timeout=60).json()["id"]
        here = {"X-Mock-Sandbox": made}
        seen = []
        for hours in (0, 1):
            move = {"advance": f"PT{hours}H"}
            requests.post(f"{one.control_url}/clock", json=move, headers=here, timeout=60)
            for server in (one, other):
                rows = requests.get(f"{server.control_url}/sandboxes", timeout=60).json()
                seen += [row["clock"]["now"] for row in rows["sandboxes"] if row["id"] == made]
        assert seen[0] == seen[1] < seen[2] == seen[3]


def test_a_restart_changes_nothing(store: str) -> None:
    options = (*MANUAL, "--store", store)
    with serving(*options) as server:
        requests.post(f"{server.control_url}/clock", json={"advance": "P1D"}, timeout=60)
        made = requests.post(f"{server.control_url}/sandboxes", json={"seed": 5}, timeout=60).json()
        clock = requests.get(f"{server.control_url}/clock", timeout=60).json()
        server.kill()
    with serving(*options) as server:
        assert requests.get(f"{server.control_url}/clock", timeout=60).json() == clock
        found = requests.get(f"{server.control_url}/sandboxes/{made['id']}", timeout=60).json()
        assert found == made
