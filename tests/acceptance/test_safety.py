"""Safe by default: who may drive the mock, how much a caller may cost, and what is written down."""

import socket
from collections.abc import Iterator

import orjson
import pytest
import requests

from tests._serving import Served, serving

TOKEN = "mock-control-token"
LIMITS = ("--max-body", "2000", "--max-headers", "4096", "--request-timeout", "1")
ORIGIN = "http://app.example:3000"


@pytest.fixture(scope="module")
def loopback() -> Iterator[Served]:
    with serving(*LIMITS, "--cors-origin", ORIGIN) as server:
        yield server


@pytest.fixture(scope="module")
def beyond() -> Iterator[Served]:
    """A server that other machines reach; it was told no token."""
    with serving("--host", "0.0.0.0") as server:
        yield server


def get(server: Served, path: str, **headers: str) -> requests.Response:
    port = server.address[1]
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(f"http://127.0.0.1:{port}{path}", headers=sent, timeout=60)


def talk(server: Served, data: bytes) -> bytes:
    """Send bytes, keep the line open, and return all that comes until the server closes it."""
    with socket.create_connection(server.address, timeout=60) as connection:
        connection.sendall(data)
        with connection.makefile("rb") as answer:
            return answer.read()


def test_by_default_it_listens_on_loopback_and_asks_for_no_token(loopback: Served) -> None:
    assert loopback.address[0] == "127.0.0.1"
    assert loopback.started["control_token"] is None
    assert get(loopback, "/_mock/clock").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": ORIGIN},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
def test_a_web_page_cannot_drive_it(loopback: Served, headers: dict[str, str]) -> None:
    refused = get(loopback, "/_mock/clock", **headers)
    assert refused.status_code == 403
    assert set(refused.json()) == {"title", "detail", "field"}


def test_the_origins_that_may_call_a_vendor_are_told(loopback: Served) -> None:
    path, allowed = "/data/reports/calls/jobs", "Access-Control-Allow-Origin"
    assert get(loopback, path, Origin=ORIGIN).headers[allowed] == ORIGIN
    assert allowed not in get(loopback, path, Origin="http://evil.example").headers


def test_beyond_loopback_a_token_is_made_and_asked_for(beyond: Served) -> None:
    token = beyond.started["control_token"]
    assert len(token) >= 20
    refused = get(beyond, "/_mock/clock")
    assert refused.status_code == 401
    assert "X-Mock-Token" in refused.json()["detail"]
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    for headers in ({"X-Mock-Token": token}, {"Authorization": f"Bearer {token}"}):
        assert get(beyond, "/_mock/clock", **headers).status_code == 200
    url = f"http://anybody:{token}@127.0.0.1:{beyond.address[1]}/_mock/"
    assert requests.get(url, timeout=60).status_code == 200  # the dashboard, as a browser asks


def test_whoever_knows_the_token_may_use_any_name_but_no_page_may(beyond: Served) -> None:
    known = {"X-Mock-Token": beyond.started["control_token"]}
    assert get(beyond, "/_mock/clock", Host="mock.internal", **known).status_code == 200
    assert get(beyond, "/_mock/clock", Origin="http://evil.example", **known).status_code == 403


@pytest.mark.parametrize("path", ["/_mock", "/_mock/", "/_mock/docs/talkdesk/", "/_mock/jobs"])
@pytest.mark.parametrize("sent", ["", "wrong", "mock-control-toke", "\xe9"])
def test_all_of_the_control_plane_is_behind_the_token(beyond: Served, path: str, sent: str) -> None:
    assert get(beyond, path, **({"X-Mock-Token": sent} if sent else {})).status_code == 401


def test_readiness_and_vendors_need_no_token(beyond: Served) -> None:
    assert get(beyond, "/_mock/health", Host="10.0.0.7:4010").status_code == 200
    jobs = get(beyond, "/data/reports/calls/jobs", Authorization="Bearer mock-talkdesk-writer")
    assert jobs.status_code == 200


def test_a_token_that_was_told_is_asked_for_everywhere_and_never_shown() -> None:
    with serving(MOCKSERVER_CONTROL_TOKEN=TOKEN) as server:
        assert get(server, "/_mock/clock").status_code == 401
        assert get(server, "/_mock/clock", X_Mock_Token=TOKEN).status_code == 200
        get(server, f"/data/{TOKEN}?a={TOKEN}", Authorization=f"Bearer {TOKEN}")
        get(server, f"/_mock/{TOKEN}", X_Mock_Token=TOKEN)
        assert server.stop() == 0
    assert TOKEN not in str(server.started)
    assert TOKEN.encode() not in b"".join(server.log.raw)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", 408),
        (b"GET", 408),
        (b"", 408),
        (b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\ng", 408),
        (b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", 408),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 5000 + b"\r\n\r\n", 431),
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 5000, 431),
    ],
)
def test_who_is_too_slow_or_too_wordy_is_sent_away(
    loopback: Served, data: bytes, status: int
) -> None:
    head, _, body = talk(loopback, data).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    assert isinstance(orjson.loads(body), dict)


def test_a_body_may_be_as_large_as_was_told(loopback: Served) -> None:
    url = f"{loopback.base_url}/_mock/verify"
    reply = requests.post(url, json={"calls": [{}], "since": 0, "x": "x" * 2000}, timeout=60)
    assert reply.status_code == 413


def test_a_journal_keeps_as_much_as_was_told() -> None:
    with serving("--max-journal", "3") as server:
        for _ in range(5):
            get(server, "/data/reports/calls/jobs")
        journal = get(server, "/_mock/requests").json()
    assert [row["number"] for row in journal["requests"]] == [3, 4, 5]
    assert (journal["forgotten"], journal["bounds"]["entries"]) == (2, 3)
