"""Six thousand bad requests: no 5xx, no traceback, and no memory that stays."""

import socket
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

import pytest
import requests

from tests._serving import Served, serving
from tests.acceptance._hostile import Raw, bad_requests

COUNT = 6_000
WARM = 2_000
MOST_GROWTH = 9 * 2**20
SEED = 20260330


class Line:
    """Sends raw requests on connections that last as long as the server lets them."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self._answers: BufferedReader | None = None

    def send(self, raw: Raw) -> int | None:
        """Return the status of the answer, None where there was none."""
        if raw.alone:
            return self._alone(raw.data)
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=60)
            self._answers = self._socket.makefile("rb")
        assert self._answers is not None
        try:
            self._socket.sendall(raw.data)
            status, goes_on = read_answer(self._answers, raw.data.startswith(b"HEAD"))
        except ConnectionError:
            status, goes_on = None, False
        if not goes_on:
            self.close()
        return status

    def close(self) -> None:
        if self._socket is not None and self._answers is not None:
            self._answers.close()
            self._socket.close()
            self._socket = None

    def _alone(self, data: bytes) -> int | None:
        with socket.create_connection(self._address, timeout=60) as connection:
            answer = b""
            with suppress(ConnectionError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                with connection.makefile("rb") as answers:
                    answer = answers.readline(100)
        return int(answer.split()[1]) if answer else None


def read_answer(answers: BufferedReader, is_head: bool) -> tuple[int | None, bool]:
    """Return the status of an answer that was read whole, and whether another may follow."""
    line = answers.readline()
    if not line:
        return None, False
    status = int(line.split()[1])
    headers: dict[str, str] = {}
    while (row := answers.readline()) not in {b"\r\n", b""}:
        name, _, value = row.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    if status == 100:
        return read_answer(answers, is_head)
    if "chunked" in headers.get("transfer-encoding", ""):
        while size := int(answers.readline(), 16):
            answers.read(size + 2)
        answers.readline()
    elif not is_head and status not in {204, 304}:
        answers.read(int(headers.get("content-length", 0)))
    return status, headers.get("connection") != "close" and not is_head


def memory(server: Served) -> int:
    """Return the proportional set size of a server's process in bytes."""
    rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text("ascii")
    return next(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) * 1024


@pytest.mark.slow
def test_bad_requests_leave_nothing_behind() -> None:
    limits = ("--max-sandboxes", "20", "--max-journal", "100", "--request-timeout", "5")
    statuses: dict[int | None, int] = {}
    with serving(*limits) as server:
        line, warm = Line(server.address), 0
        for number, raw in enumerate(bad_requests(SEED, COUNT)):
            status = line.send(raw)
            statuses[status] = statuses.get(status, 0) + 1
            assert status is None or status < 500, raw.data[:500]
            assert raw.alone or status is not None, raw.data[:500]  # it arrived whole
            if raw.operation == "addMockFaults" and status == 201:  # that would be ours
                requests.delete(f"{server.control_url}/faults", timeout=60)
            if number == WARM:
                warm = memory(server)
        line.close()
        requests.post(f"{server.control_url}/reset", timeout=60)
        assert memory(server) - warm < MOST_GROWTH
        assert server.stop() == 0
    assert sum(statuses.values()) == COUNT
    refused = sum(count for status, count in statuses.items() if status and status >= 400)
    assert refused > COUNT * 0.6, statuses
    assert statuses.get(200, 0) > 100, statuses  # else nothing came as far as a handler
    assert len(server.log.rows) == len(server.log.raw)
    assert not [row for row in server.log.rows if row["level"] != "info"]


@pytest.mark.parametrize("workers", ["2"])
def test_bad_requests_on_a_shared_store(workers: str, tmp_path: Path) -> None:
    store = ("--store", f"sqlite:///{tmp_path}/store.db", "--workers", workers)
    with serving(*store, "--request-timeout", "5") as server:
        line = Line(server.address)
        for raw in bad_requests(SEED + 1, 500):
            status = line.send(raw)
            assert status is None or status < 500, raw.data[:500]
            if raw.operation == "addMockFaults" and status == 201:
                requests.delete(f"{server.control_url}/faults", timeout=60)
        line.close()
    assert not [row for row in server.log.rows if row["level"] != "info"]
