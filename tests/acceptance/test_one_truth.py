"""Servers and workers on one store answer as one server in memory would, byte for byte."""

from pathlib import Path

import pytest
import requests

from tests._serving import serving
from tests.acceptance._walk import Written, walk

MANUAL = ("--clock", "manual")
SHARED = ["sqlite", "postgresql"]


@pytest.fixture(scope="module")
def in_memory(tmp_path_factory: pytest.TempPathFactory) -> list[Written]:
    """The walk on one process that shares nothing."""
    with serving(tmp_path_factory.mktemp("memory"), *MANUAL, PYTHONHASHSEED="1") as server:
        return walk(server.base_url)


@pytest.fixture(params=SHARED)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    url: str = request.getfixturevalue("postgres_database")
    return url


def test_same_seed_clock_and_requests_give_the_same_bytes(
    in_memory: list[Written], tmp_path: Path
) -> None:
    with serving(tmp_path, *MANUAL, PYTHONHASHSEED="2") as server:
        assert walk(server.base_url) == in_memory
    with serving(tmp_path, *MANUAL, "--seed", "2", PYTHONHASHSEED="2") as server:
        assert walk(server.base_url) != in_memory


def test_two_workers_are_one_server(in_memory: list[Written], store: str, tmp_path: Path) -> None:
    with serving(tmp_path, *MANUAL, "--store", store, "--workers", "2") as server:
        assert walk(server.base_url) == in_memory
        assert len({row["pid"] for row in server.lines()}) == 2
        assert server.stop() == 0


def test_two_servers_on_one_store_are_one(
    in_memory: list[Written], store: str, tmp_path: Path
) -> None:
    options = (*MANUAL, "--store", store)
    with serving(tmp_path, *options) as one, serving(tmp_path, *options) as other:
        assert walk(one.base_url, other.base_url) == in_memory


def test_a_restart_changes_nothing(store: str, tmp_path: Path) -> None:
    options = (*MANUAL, "--store", store)
    with serving(tmp_path, *options) as server:
        requests.post(f"{server.control_url}/clock", json={"advance": "P1D"}, timeout=60)
        made = requests.post(f"{server.control_url}/sandboxes", json={"seed": 5}, timeout=60).json()
        clock = requests.get(f"{server.control_url}/clock", timeout=60).json()
        server.kill()
    with serving(tmp_path, *options) as server:
        assert requests.get(f"{server.control_url}/clock", timeout=60).json() == clock
        found = requests.get(f"{server.control_url}/sandboxes/{made['id']}", timeout=60).json()
        assert found == made


def test_a_dead_worker_is_replaced(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    with serving(tmp_path, "--store", store, "--workers", "2") as server:
        pids = pids_of(server.process.pid)
        assert len(pids) == 2
