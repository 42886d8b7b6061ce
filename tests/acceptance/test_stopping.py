"""Signals that stop a server: the first in peace, the next at once, and none leaves a process."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests._serving import Served, serving, wait_until_gone

JOBS = "/data/reports/calls/jobs"
SLOW = (
    b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer mock-talkdesk-writer\r\n"
    b"X-Mock-Fault: latency; ms=%d\r\n\r\n"
)
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(params=["1", "2"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, ...]:
    """Let one process serve, or two workers of a third."""
    return ("--workers", request.param, "--store", f"sqlite:///{tmp_path}/store.db")


@contextmanager
def waiting(server: Served, milliseconds: int) -> Iterator[socket.socket]:
    """Ask for a response that comes late; yield once the server has begun with it."""
    with socket.create_connection(server.address, timeout=60) as client:
        client.sendall(SLOW % (JOBS.encode(), milliseconds))
        journalled(server, 1)
        yield client


def journalled(server: Served, count: int) -> None:
    """Return once so many requests are in the journal; a late response is there already."""
    while (
        len(requests.get(f"{server.control_url}/requests", timeout=60).json()["requests"]) < count
    ):
        pass


def children(server: Served) -> list[int]:
    path = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in path.read_text("ascii").split()]


@pytest.mark.parametrize("order", STOPS)
def test_first_signal_lets_a_response_be_finished(
    options: tuple[str, ...], order: signal.Signals
) -> None:
    with serving(*options) as server, waiting(server, 1500) as client:
        workers = children(server)
        server.process.send_signal(order)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert server.process.wait(60) == 0
        for worker in workers:
            wait_until_gone(worker)


@pytest.mark.parametrize("order", STOPS)
def test_second_signal_waits_for_nobody(options: tuple[str, ...], order: signal.Signals) -> None:
    with serving(*options) as server, waiting(server, 25_000) as client:
        workers = children(server)
        server.process.send_signal(order)
        wait_until_refused(server)
        assert server.process.poll() is None
        server.process.send_signal(order)
        assert not receive(client)
        assert server.process.wait(60) == 0
        for worker in workers:
            wait_until_gone(worker)


def test_terminal_that_interrupts_all_processes_stops_them_in_peace(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    with serving("--workers", "2", "--store", store) as server, waiting(server, 1500) as client:
        os.killpg(server.process.pid, signal.SIGINT)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert server.process.wait(60) == 0


def receive(client: socket.socket) -> bytes:
    try:
        return client.recv(65536)
    except ConnectionResetError:
        return b""


def wait_until_refused(server: Served) -> None:
    """Return once the server takes no more connections."""
    while True:
        try:
            socket.create_connection(server.address, timeout=60).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue  # it was in the queue when the socket was closed
