"""Servers on one PostgreSQL behind nginx, as compose.yaml has them, are one server."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from tests._balancer import balancing
from tests._serving import Served, serving
from tests.acceptance._walk import WRITER, Written, walk

MANUAL = ("--clock", "manual")
JOBS = "/data/reports/calls/jobs"

TOKEN = WRITER["Authorization"]
REFUSED = (
    (404, "//", TOKEN, b""),
    (404, f"{JOBS}/a%2Fb", TOKEN, b""),
    (400, f"{JOBS}?name={'n' * 30_000}", TOKEN, b""),
    (413, JOBS, TOKEN, b" " * 2**21),
    (401, JOBS, f"Bearer {'k' * 30_000}", b""),
    (431, JOBS, f"Bearer {'k' * 70_000}", b""),
)
"""Status, path, token and body of requests that a balancer may want to judge by itself."""


class Balanced(NamedTuple):
    """Two servers, and where the balancer before them answers."""

    base_url: str
    servers: tuple[Served, Served]


@pytest.fixture
def balanced(nginx: str, postgres_database: str, tmp_path: Path) -> Iterator[Balanced]:
    options = (*MANUAL, "--store", postgres_database)
    with ExitStack() as stack:
        one, other = (stack.enter_context(serving(*options)) for _ in range(2))
        balancer = balancing(nginx, tmp_path, one.address, other.address)
        yield Balanced(stack.enter_context(balancer), (one, other))


def unnamed(rows: list[Written]) -> list[Written]:
    """Return answers without the server's name, which is nginx's own."""
    kept = ([pair for pair in row.headers if pair[0] != "server"] for row in rows)
    return [row._replace(headers=tuple(pairs)) for row, pairs in zip(rows, kept, strict=True)]


def test_a_walk_through_it_is_a_walk_on_one_server(balanced: Balanced) -> None:
    with serving(*MANUAL) as alone:
        expected = walk(alone.base_url)
    assert unnamed(walk(balanced.base_url)) == unnamed(expected)
    asked = [len(server.log.rows) for server in balanced.servers]
    assert min(asked) > len(expected) // 4, asked


def test_what_the_mock_refuses_is_refused_in_its_words(balanced: Balanced) -> None:
    for status, path, token, body in REFUSED:
        headers = {"Authorization": token, "Content-Type": "application/json"}
        answers = []
        for base_url in (balanced.base_url, balanced.servers[0].base_url):
            request = requests.Request("POST" if body else "GET", base_url, headers, data=body)
            prepared = request.prepare()
            prepared.url = base_url + path  # as it stands: `requests` would tidy it up
            with requests.Session() as session:
                reply = session.send(prepared, timeout=60)
            answers.append((reply.status_code, reply.headers["content-type"], reply.content))
        assert answers[0] == answers[1], path[:100]
        assert answers[0][0] == status, path[:100]


def test_a_fault_on_the_wire_costs_nobody_else_a_request(balanced: Balanced) -> None:
    rule = {"match": {"operation": "listReportJobs", "after": 0}, "fault": {"kind": "reset"}}
    answer = requests.post(f"{balanced.base_url}/_mock/faults", json=[rule], timeout=60)
    assert answer.status_code == 201
    statuses: Counter[tuple[str, int]] = Counter()
    for _ in range(6):
        for path in (JOBS, "/_mock/health"):
            reply = requests.get(balanced.base_url + path, headers=WRITER, timeout=60)
            statuses[path, reply.status_code] += 1
    # A balancer has to answer: where nothing came, that is its 502.
    assert statuses == {(JOBS, 502): 6, ("/_mock/health", 200): 6}
