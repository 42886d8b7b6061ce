"""Requests as clients may send them on one connection: in a row, in pieces, with a whole URL."""

import re
import socket
from collections.abc import Iterator

import pytest

from mockserver.testing import MockServer

JOBS = b"/data/reports/calls/jobs"
WHO = b"Host: mock\r\nAuthorization: Bearer mock-talkdesk-writer\r\n"
BODY = (
    b'{"format": "csv", "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}}'
)
CREATE = b"POST %b HTTP/1.1\r\n%bContent-Type: application/json\r\nContent-Length: %d\r\n" % (
    JOBS,
    WHO,
    len(BODY),
)
LAST = b"GET %b HTTP/1.1\r\n%bConnection: close\r\n\r\n" % (JOBS, WHO)


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.fixture
def line(server: MockServer) -> Iterator[socket.socket]:
    host, port = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        yield connection


def answers(line: socket.socket) -> list[int]:
    """Return the statuses of all answers, once the server has closed the connection."""
    received = b"".join(iter(lambda: line.recv(65536), b""))
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def test_many_requests_in_one_packet_are_answered_in_their_order(line: socket.socket) -> None:
    found = b"GET %b HTTP/1.1\r\n%b\r\n" % (JOBS, WHO)
    missing = b"GET /nowhere HTTP/1.1\r\n%b\r\n" % WHO
    line.sendall((found + missing) * 1000 + LAST)
    assert answers(line) == [200, 404] * 1000 + [200]


def test_bodies_come_with_the_head_or_later(line: socket.socket) -> None:
    line.sendall(CREATE + b"\r\n" + BODY + CREATE + b"\r\n" + BODY[:10])
    assert line.recv(65536).startswith(b"HTTP/1.1 202 ")
    line.sendall(BODY[10:] + LAST)
    assert answers(line) == [202, 200]


def test_a_body_is_asked_for_where_the_caller_waits(line: socket.socket) -> None:
    line.sendall(CREATE + b"Expect: 100-continue\r\n\r\n")
    assert line.recv(65536).startswith(b"HTTP/1.1 100 ")
    line.sendall(BODY + LAST)
    assert answers(line) == [202, 200]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://mock" + JOBS + b"?page=1", 200),
        (JOBS + b"?page=1#part", 200),
        (b"http://mock", 404),
        (b"*", 404),  # which is for OPTIONS alone
    ],
)
def test_the_target_may_be_a_whole_url(line: socket.socket, target: bytes, status: int) -> None:
    line.sendall(b"GET %b HTTP/1.1\r\n%bConnection: close\r\n\r\n" % (target, WHO))
    assert answers(line) == [status]


def test_an_offer_to_change_the_protocol_is_passed_over(line: socket.socket) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    line.sendall(b"GET %b HTTP/1.1\r\n%b%b\r\n" % (JOBS, WHO, offer))
    assert line.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_head_request_gets_no_body(line: socket.socket) -> None:
    line.sendall(b"HEAD %b HTTP/1.1\r\n%b\r\n" % (JOBS, WHO) + LAST)
    received = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, rest = received.partition(b"\r\n\r\n")
    assert b"405" in head or b"200" in head
    assert rest.startswith(b"HTTP/1.1 200 ")
