"""Faults over real connections: what clients meet, whom else it touches, and that it replays."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from mockserver.config import Settings
from mockserver.testing import MockServer

KEYS = {"Authorization": "Bearer mock-talkdesk-writer"}
CLINICALONE = {"Authorization": "Bearer mock-clinicalone-manager"}
ENERGYCAP = {"ECI-ApiKey": "mock-energycap-manager"}
TD = "/data/reports/calls"
JOB = f"{TD}/jobs/3f2c9d1e-0000-4000-8000-000000000003"
FILE = f"{TD}/files/3f2c9d1e-0000-4000-8000-000000000001"
CO = "/ec-reporting-svc/rest"
REPLIES = {
    "a job": (JOB, KEYS),
    "a list": (f"{TD}/jobs", KEYS),
    "a file": (FILE, KEYS),
    "an error": (f"{TD}/jobs/none", KEYS),
    "a refusal": (JOB, {}),
    "a download": (
        f"{CO}/v2.0/reports/download?id=6A7C29DD011241DFBE1B64399283C860",
        CLINICALONE,
    ),
    "a list of downloads": (f"{CO}/v2.0/reportmetadata/downloadList?limit=5&offset=0", CLINICALONE),
    "a group": ("/api/v3/report/reportgroup/1", ENERGYCAP),
    "a page of groups": ("/api/v3/report/reportgroup", ENERGYCAP),
}
PLAY = "X-Mock-Fault"


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(Settings(port=0, clock="manual")) as running:
        yield running


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, trust_env=False, timeout=60) as opened:
        yield opened
        assert opened.post("/_mock/reset").status_code == 204


@pytest.fixture(params=REPLIES)
def target(request: pytest.FixtureRequest) -> tuple[str, dict[str, str]]:
    return REPLIES[request.param]


def journal(client: httpx.Client) -> dict[str, Any]:
    rows: list[dict[str, Any]] = client.get("/_mock/requests").json()["requests"]
    return rows[-1]


@pytest.mark.parametrize("fault", ["truncate", "truncate; part=0", "wrong-length; delta=7"])
def test_reply_that_breaks_off_is_no_reply(
    client: httpx.Client, target: tuple[str, dict[str, str]], fault: str
) -> None:
    path, headers = target
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.get(path, headers=headers | {PLAY: fault})
    played = {"kind": fault.partition(";")[0], "label": "violating"}
    assert journal(client)["faults"] == [played]
    assert client.get(path, headers=headers).status_code < 500


def test_part_of_a_file_arrives(client: httpx.Client) -> None:
    whole = client.get(FILE, headers=KEYS).content
    got: list[bytes] = []
    with client.stream("GET", FILE, headers=KEYS | {PLAY: "truncate; part=0.9"}) as reply:
        assert reply.headers["content-length"] == str(len(whole))
        assert reply.headers[PLAY] == "truncate; violating"
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(reply.iter_raw())
    assert whole.startswith(b"".join(got))
    assert sum(map(len, got)) == int(len(whole) * 0.9)


def test_reset_is_a_reset(client: httpx.Client, target: tuple[str, dict[str, str]]) -> None:
    path, headers = target
    with pytest.raises(httpx.ReadError):
        client.get(path, headers=headers | {PLAY: "reset"})
    assert journal(client)["faults"] == [{"kind": "reset", "label": "violating"}]
    assert client.get(path, headers=headers).status_code < 500


def raw(server: MockServer, path: str, headers: dict[str, str]) -> tuple[bytes, bytes]:
    """Return head and body as they came over the wire until the connection ended."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.base_url.rpartition(':')[2]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    host, _, port = server.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return head.lower(), body


def test_length_that_is_too_short_leaves_bytes_behind(
    server: MockServer, client: httpx.Client, target: tuple[str, dict[str, str]]
) -> None:
    path, headers = target
    whole = client.get(path, headers=headers).content
    head, body = raw(server, path, headers | {PLAY: "wrong-length; delta=-3"})
    assert f"content-length: {len(whole) - 3}\r\n".encode() in head + b"\r\n"
    assert body == whole
    short = client.get(path, headers=headers | {PLAY: "wrong-length; delta=-3"})
    assert short.content == whole[:-3]


@pytest.mark.parametrize("fault", ["latency; ms=1", "drip; bytes_per_second=200000"])
def test_late_and_slow_replies_are_whole(
    client: httpx.Client, target: tuple[str, dict[str, str]], fault: str
) -> None:
    path, headers = target
    usual = client.get(path, headers=headers)
    reply = client.get(path, headers=headers | {PLAY: fault})
    assert (reply.status_code, reply.content) == (usual.status_code, usual.content)
    assert reply.headers[PLAY] == f"{fault.partition(';')[0]}; valid"


@pytest.mark.parametrize(
    ("fault", "status", "label"),
    [
        ("rate-limit; retry_after=3", 429, "valid"),
        ("server-error", 503, "valid"),
        ("server-error; status=500", 500, "violating"),
        ("server-error; status=502", 502, "violating"),
        ("server-error; status=504", 504, "violating"),
        ("expired-token", 401, "valid"),
    ],
)
@pytest.mark.parametrize("name", ["a job", "a download", "a group"])
def test_errors_are_in_the_vendors_words(
    client: httpx.Client, name: str, fault: str, status: int, label: str
) -> None:
    path, headers = REPLIES[name]
    reply = client.get(path, headers=headers | {PLAY: fault})
    assert reply.status_code == status
    assert reply.headers[PLAY] == f"{fault.partition(';')[0]}; {label}"
    assert ("retry-after" in reply.headers) == (status in {429, 503})
    wrong = client.get(path, headers=headers | {"Prefer": "code=299"}).json()
    assert reply.json().keys() <= {*wrong, "code", "message"}


def test_connection_is_kept_where_nothing_broke_it(server: MockServer) -> None:
    head = f"GET {JOB} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer mock-talkdesk-writer\r\n"
    busy = f"{head}{PLAY}: rate-limit\r\n\r\n".encode()
    last = f"{head}Connection: close\r\n\r\n".encode()
    host, _, port = server.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(busy + busy + last)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert received.count(b"HTTP/1.1 429") == 2
    assert received.count(b"HTTP/1.1 200") == 1


def test_polling_client_that_waits_gets_through(client: httpx.Client) -> None:
    rules = [
        {"match": {"operation": "getReportJob", "nth": 2}, "fault": {"kind": "rate-limit"}},
        {"match": {"operation": "getReportJob", "nth": 3}, "fault": {"kind": "server-error"}},
        {"match": {"operation": "getReportJob", "nth": 4}, "fault": {"kind": "expired-token"}},
        {"match": {"operation": "getReportFile"}, "fault": {"kind": "truncate"}, "times": 1},
    ]
    assert client.post("/_mock/faults", json=rules).status_code == 201
    span = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
    made = client.post(f"{TD}/jobs", json={"format": "csv", "timespan": span}, headers=KEYS).json()
    headers, seen = dict(KEYS), []
    for _ in range(10):
        reply = client.get(made["_links"]["self"]["href"], headers=headers)
        seen.append(reply.status_code)
        if reply.status_code == 300:
            break
        if reply.status_code == 401:
            basic = ("mock-talkdesk-client", "mock-talkdesk-secret")
            grant = {"grant_type": "client_credentials"}
            token = client.post("/oauth/token", data=grant, auth=basic).json()["access_token"]
            headers["Authorization"] = f"Bearer {token}"
        wait = reply.headers.get("retry-after", "10")
        client.post("/_mock/clock", json={"advance": f"PT{wait}S"})
    assert seen == [200, 429, 503, 401, 200, 300]
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(reply.headers["location"], headers=headers)
    assert client.get(reply.headers["location"], headers=headers).text.startswith("call_id,")


RULES = [
    {"fault": {"kind": "latency", "distribution": "lognormal", "ms": 1}, "probability": 0.5},
    {"fault": {"kind": "server-error"}, "probability": 0.2},
    {"match": {"method": "GET"}, "fault": {"kind": "rate-limit"}, "probability": 0.2},
    {"fault": {"kind": "drop-field"}, "probability": 0.3},
    {"fault": {"kind": "wrong-type"}, "probability": 0.3},
    {"fault": {"kind": "truncate"}, "probability": 0.2},
    {"fault": {"kind": "reset"}, "probability": 0.1},
]


def play(seed: int) -> list[Any]:
    """Send the same requests to a fresh server; return all that came back, and the journal."""
    found: list[Any] = []
    settings = Settings(port=0, seed=seed, clock="manual")
    with (
        MockServer(settings) as server,
        httpx.Client(base_url=server.base_url, trust_env=False, timeout=60) as client,
    ):
        client.post("/_mock/faults", json=RULES)
        for number in range(60):
            path, headers = list(REPLIES.values())[number % len(REPLIES)]
            try:
                reply = client.get(path, headers=headers)
                kept = [(k, v) for k, v in reply.headers.items() if k != "date"]
                found.append((reply.status_code, kept, reply.content))
            except httpx.TransportError as error:
                found.append(type(error).__name__)
        rows = client.get("/_mock/requests?limit=1000").json()["requests"]
        found.append([(row["path"], row["status"], row["faults"]) for row in rows])
        found.append(orjson.dumps(client.get("/_mock/faults").json()))
    return found


def test_same_seed_and_requests_give_the_same_faults_and_bytes() -> None:
    first = play(7)
    assert first == play(7)
    assert first != play(8)
    kinds = {fault["kind"] for _, _, faults in first[-2] for fault in faults}
    assert kinds == {rule["fault"]["kind"] for rule in RULES}  # type: ignore[index]
