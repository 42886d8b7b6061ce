"""The mock over a real socket: what clients and attackers send, and what they are answered."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import orjson
import pytest
import requests

from mockserver.errors import ConfigurationError
from mockserver.testing import MockServer

JOBS = b"/data/reports/calls/jobs"
HOST = b"Host: 127.0.0.1\r\n"
WHO = HOST + b"Authorization: Bearer mock-talkdesk-writer\r\n"
JSON = b"Content-Type: application/json\r\n"
ORIGIN = b"Origin: http://app.example:3000\r\n"
BODY = (
    b'{"format": "csv", "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}}'
)
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
GET = b"GET %b HTTP/1.1\r\n%b\r\n" % (JOBS, WHO)


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(max_headers=4096, request_timeout=1) as running:
        yield running


@contextmanager
def connected(mock: MockServer) -> Iterator[socket.socket]:
    host, _, port = mock.base_url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        yield connection


def talk(mock: MockServer, data: bytes, *, ended: bool = False) -> bytes:
    """Send bytes; return all that comes until the mock closes the connection."""
    with connected(mock) as connection:
        connection.sendall(data)
        if ended:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(ConnectionResetError):
            for piece in iter(lambda: connection.recv(65536), b""):
                received += piece
        return received


def statuses(raw: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", raw)]


def post(fields: bytes, body: bytes = BODY) -> bytes:
    return b"POST %b HTTP/1.1\r\n%b%b%b\r\n%b" % (JOBS, WHO, JSON, fields, body)


def chunked(trailers: bytes = b"") -> bytes:
    return b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(BODY), BODY, trailers)


def journal(mock: MockServer) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = requests.get(f"{mock.control_url}/requests", timeout=30).json()[
        "requests"
    ]
    return rows


OFFERS = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\n",
    b"Upgrade: h2c\r\nConnection: keep-alive, Upgrade\r\n",
)


@pytest.mark.parametrize("offer", OFFERS)
def test_body_of_a_request_that_offers_another_protocol_is_read(
    mock: MockServer, offer: bytes
) -> None:
    whole = post(offer + LENGTH) + post(offer + b"Transfer-Encoding: chunked\r\n", chunked())
    assert statuses(talk(mock, whole, ended=True)) == [202, 202]
    optional = b'{"id": "offer-%d"}' % OFFERS.index(offer)
    fields = HOST + JSON + offer + b"Content-Length: %d\r\n" % len(optional)
    created = b"POST /_mock/sandboxes HTTP/1.1\r\n%b\r\n%b" % (fields, optional)
    assert b'"id":"offer-%d"' % OFFERS.index(offer) in talk(mock, created, ended=True)


def test_http_2_with_prior_knowledge_is_refused(mock: MockServer) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
    answer = talk(mock, preface)
    assert statuses(answer) == [400]
    assert b"HTTP/1.1 and HTTP/1.0 only" in answer


@pytest.mark.parametrize(
    "data",
    [
        post(b"Content-Length: %d\r\n" % (len(BODY) - 1)),
        GET + b"garbage\r\n\r\n",
        GET + b"\x16\x03\x01\x02\x00\x01",
        GET + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        post(LENGTH) + b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_follows_a_whole_request_does_not_cost_its_response(
    mock: MockServer, data: bytes
) -> None:
    first, last = statuses(talk(mock, data))
    assert first < 500
    assert last == 400


@pytest.mark.parametrize(
    ("fields", "body", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}x\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n", b"2\n{}\n0\n\n", 400),
        (b"Transfer-Encoding: chunked\r\n", b'2;="x"\r\n{}\r\n0\r\n\r\n', 400),
        (b"Transfer-Encoding: chunked\r\n", b"2;a=\r\n{}\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n", b"2540be400\r\n", 413),
        (b"Transfer-Encoding: chunked\r\n", b"f" * 40 + b"\r\n", 413),
        (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\nA\r", 400),
        (b"Transfer-Encoding: chunked\r\n", b"2;" + b"a" * 5000 + b"\r\n{}\r\n0\r\n\r\n", 431),
        (b"Transfer-Encoding: chunked\r\n", b"0\r\n" + b"a: b\r\n" * 1000 + b"\r\n", 431),
        (b"Transfer-Encoding: identity\r\n", b"", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n", 501),
        (b"Transfer-Encoding: chunked\r\n" + LENGTH, b"0\r\n\r\n", 400),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n", b"{}", 400),
        (b"Content-Length: 10000000000\r\n", b"", 413),
        (b"Content-Length: 999999999999999999999999999999\r\n", b"", 413),
        (b"Content-Length: 2000000\r\n", b"{", 413),
        (b"Expect: 100-continue\r\nContent-Length: 2000000\r\n", b"", 413),
        (LENGTH, b"{", 408),
        (b"Transfer-Encoding: chunked\r\n", b"5\r\n{", 408),
    ],
)
def test_malformed_body_is_refused_in_words_that_a_page_may_read(
    mock: MockServer, fields: bytes, body: bytes, status: int
) -> None:
    seen = len(journal(mock))
    answer = talk(mock, post(ORIGIN + fields, body))
    assert statuses(answer) == [status]
    head, _, content = answer.partition(b"\r\n\r\n")
    assert b"access-control-allow-origin: *" in head.lower()
    assert {"code", "message"} <= set(orjson.loads(content))
    (row,) = journal(mock)[seen:]
    assert (row["method"], row["path"], row["status"]) == ("POST", JOBS.decode(), status)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET %b HTTP/1.1\r\n" % JOBS, 400),
        (b"GET %b HTTP/1.1\r\n%b%b" % (JOBS, HOST, HOST), 400),
        (b"GET %b HTTP/1.1\r\nHost: evil@127.0.0.1\r\n" % JOBS, 400),
        (b"GET %b HTTP/1.1\r\nHost: a b\r\n" % JOBS, 400),
        (b"GET %b\r\n" % JOBS, 400),
        (b"GET %b HTTP/2.0\r\n%b" % (JOBS, HOST), 400),
        (b"GET %b HTTP/1.1\r\n%bBad Header: x\r\n" % (JOBS, HOST), 400),
        (b"GET %b HTTP/1.1\r\n%bX: " % (JOBS, HOST) + b"x" * 9000 + b"\r\n", 431),
    ],
)
def test_malformed_head_is_refused_in_the_vendor_s_words_and_journalled(
    mock: MockServer, head: bytes, status: int
) -> None:
    seen = len(journal(mock))
    answer = talk(mock, head + ORIGIN + b"\r\n")
    assert statuses(answer) == [status]
    top, _, content = answer.partition(b"\r\n\r\n")
    assert b"access-control-allow-origin: *" in top.lower()
    assert {"code", "message"} <= set(orjson.loads(content))
    (row,) = journal(mock)[seen:]
    assert (row["method"], row["path"], row["status"]) == ("GET", JOBS.decode(), status)


@pytest.mark.parametrize(
    "data",
    [
        b"}",
        b"\x16\x03\x01\x02\x00",
        b"GET /\n",
        b"GET / HTTP/1.1\n",
        b"?\r\n",
        b"GET / HTTP/1.1\r\nA: b\rC: d\r\n",
        post(b"Transfer-Encoding: chunked\r\n", b"Z"),
        post(b"Transfer-Encoding: chunked\r\n", b"1\r\n{}"),
    ],
)
def test_what_never_becomes_a_request_is_refused_at_once(mock: MockServer, data: bytes) -> None:
    with connected(mock) as connection:
        connection.sendall(data)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("head", "status"), [(b"GET / HTT", 408), (b"GET %b HTTP/1.1\r\n" % JOBS, 408), (b"", 408)]
)
def test_unfinished_head_is_answered_when_its_time_is_over(
    mock: MockServer, head: bytes, status: int
) -> None:
    assert statuses(talk(mock, head)) == [status]


def test_trailers_are_no_headers(mock: MockServer) -> None:
    trailers = b"Authorization: Bearer mock-talkdesk-writer\r\nHost: 127.0.0.1\r\n"
    body = chunked(trailers)
    coded = JSON + b"Transfer-Encoding: chunked\r\n\r\n"
    without_credentials = b"POST %b HTTP/1.1\r\n%b%b%b" % (JOBS, HOST, coded, body)
    without_host = b"POST /_mock/reset HTTP/1.1\r\n%b%b" % (coded, body)
    nobody = b"GET %b HTTP/1.1\r\n%b\r\n" % (JOBS, HOST)
    assert statuses(talk(mock, without_credentials + nobody + without_host)) == [401, 401, 400]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_requests_may_come_in_pieces(mock: MockServer, size: int) -> None:
    whole = post(LENGTH) + post(b"Transfer-Encoding: chunked\r\n", chunked()) + GET
    with connected(mock) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(whole), size):
            connection.sendall(whole[start : start + size])
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert statuses(received) == [202, 202, 200]


@pytest.mark.parametrize("path", [JOBS, b"/_mock/clock"])
def test_client_that_stops_sending_is_still_answered(mock: MockServer, path: bytes) -> None:
    whole = b"GET %b HTTP/1.1\r\n%b\r\n" % (path, WHO)
    assert statuses(talk(mock, whole, ended=True)) == [200]
    assert statuses(talk(mock, whole * 3, ended=True)) == [200] * 3
    assert statuses(talk(mock, whole + whole[:-3], ended=True)) == [200, 400]


def test_old_client_is_answered_without_host_and_the_connection_closes(mock: MockServer) -> None:
    old = b"GET %b HTTP/1.0\r\nAuthorization: Bearer mock-talkdesk-writer\r\n\r\n" % JOBS
    answer = talk(mock, old + GET)
    assert statuses(answer) == [200]
    assert b"connection: close" in answer
    assert b"chunked" not in answer


def test_body_is_asked_for_only_where_it_is_waited_for(mock: MockServer) -> None:
    with connected(mock) as connection:
        connection.sendall(post(b"Expect: 100-continue\r\n" + LENGTH, b""))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY + post(b"Expect: 100-continue\r\n" + LENGTH) + GET)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert statuses(received) == [202, 202, 200]


def test_body_of_a_refused_request_is_asked_for_so_that_no_client_waits(mock: MockServer) -> None:
    with connected(mock) as connection:
        unknown = b"POST /nowhere HTTP/1.1\r\n%bExpect: 100-continue\r\n%b\r\n" % (WHO, LENGTH)
        connection.sendall(unknown)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY + GET)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert statuses(received) == [404, 200]


def test_body_that_is_too_large_is_not_asked_for(mock: MockServer) -> None:
    large = b"Expect: 100-continue\r\nContent-Length: 100000000\r\n"
    for path in (JOBS, b"/nowhere"):
        answer = talk(mock, b"POST %b HTTP/1.1\r\n%b%b%b\r\n" % (path, WHO, JSON, large))
        assert statuses(answer)[0] in {404, 413}
        assert b"connection: close" in answer


def test_large_body_is_refused_and_its_client_can_read_that(mock: MockServer) -> None:
    body = b" " * 10_000_000
    counted = b"Content-Length: %d\r\n" % len(body)
    assert statuses(talk(mock, post(counted, body) + GET, ended=True)) == [413, 200]
    pieces = (b"100000\r\n" + b" " * 0x100000 + b"\r\n") * 4 + b"0\r\n\r\n"
    assert statuses(talk(mock, post(b"Transfer-Encoding: chunked\r\n", pieces))) == [413]


def test_target_that_is_a_url_says_which_host_is_meant(mock: MockServer) -> None:
    control = b"GET http://%b/_mock/clock HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"
    assert statuses(talk(mock, control % (b"127.0.0.1", b"evil.example"))) == [200]
    assert statuses(talk(mock, control % (b"evil.example", b"127.0.0.1"))) == [403]


@pytest.mark.parametrize("prefix", ["", "/mock/a"])
def test_links_carry_the_path_that_a_proxy_serves_the_mock_under(prefix: str) -> None:
    caller = {"Authorization": "Bearer mock-talkdesk-writer"}
    manager = {"Authorization": "Bearer mock-clinicalone-manager"}
    with MockServer(root_path="/mock/a") as running:
        assert running.base_url.endswith("/mock/a")
        origin = running.base_url.removesuffix("/mock/a")
        url = f"{origin}{prefix}"
        page = requests.get(f"{url}{JOBS.decode()}", headers=caller, timeout=30).json()
        links = [page["_links"]["self"]["href"]]
        job = requests.post(
            f"{url}{JOBS.decode()}", headers=caller, json=orjson.loads(BODY), timeout=30
        ).json()
        links += [link["href"] for link in job["_links"].values()]
        log = "/ec-reporting-svc/rest/v1.0/report/job/6A7C29DD011241DFBE1B64399283C860"
        located = requests.get(
            f"{url}{log}", headers=manager, allow_redirects=False, timeout=30
        ).headers.get("Location", "/mock/a/")
        assert all(link.startswith("/mock/a/") for link in (*links, located)), (links, located)
        for base_url in (origin, running.base_url):
            assert requests.get(f"{base_url}{links[1]}", headers=caller, timeout=30).ok
        assert requests.get(f"{url}/_mock/health", timeout=30).ok
        assert requests.get(f"{origin}/mock/ab/_mock/health", timeout=30).status_code == 404


@pytest.mark.parametrize(
    "path", ["mock", "/mock/", "/", "/a b", "/a?b", "//a", "/a/../b", "/.", "/.."]
)
def test_root_path_is_a_path(path: str) -> None:
    with pytest.raises(ConfigurationError, match="--root-path"):
        MockServer(root_path=path)
