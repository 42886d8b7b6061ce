"""Bad inputs on each vendor over a real connection: 4xx in the vendor's words, never a 5xx."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
import pytest

from mockserver.config import Settings
from mockserver.testing import MockServer


@dataclass(frozen=True, slots=True)
class Target:
    """Of one vendor: an operation with a body, others with an id, and the members of an error."""

    key: str
    create: str
    read: str
    number: str
    members: frozenset[str]


TARGETS = {
    "talkdesk": Target(
        "Authorization: Bearer mock-talkdesk-writer",
        "/data/reports/calls/jobs",
        "/data/reports/calls/jobs/{}",
        "/data/reports/calls/jobs?page={}",
        frozenset({"code", "message"}),
    ),
    "clinicalone": Target(
        "Authorization: Bearer mock-clinicalone-manager",
        "/ec-reporting-svc/rest/v1.0/report/job/6A7C29DD011241DFBE1B64399283C860",
        "/ec-reporting-svc/rest/v1.0/report/job/{}",
        "/ec-reporting-svc/rest/v2.0/reportmetadata/downloadList?limit=1&offset={}",
        frozenset({"status", "errorData"}),
    ),
    "energycap": Target(
        "ECI-ApiKey: mock-energycap-manager",
        "/api/v3/report/reportgroup",
        "/api/v3/report/reportgroup/{}",
        "/api/v202106/reportdistribution/{}",
        frozenset({"message"}),
    ),
}
JSON = "Content-Type: application/json"
WRONG_TYPE = {
    "talkdesk": b'{"format": 7, "timespan": []}',
    "clinicalone": b'{"fieldSpecsList": 7}',
    "energycap": b'{"reportIds": "1"}',
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the members of the JSON body."""

    status: int
    members: frozenset[str]


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(Settings(port=0, clock="manual")) as server:
        yield server


@pytest.fixture(params=TARGETS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def send(server: MockServer, request_line: str, *headers: str, body: bytes = b"") -> Answer:
    """Send bytes as they are: no library in between that would mend them."""
    host, port = server.base_url.removeprefix("http://").split(":")
    head = [f"{request_line} HTTP/1.1", f"Host: {host}:{port}", "Connection: close", *headers]
    if not any(row.lower().startswith(("content-length", "transfer-encoding")) for row in headers):
        head.append(f"Content-Length: {len(body)}")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        with connection.makefile("rb") as answer:
            raw = answer.read()
    start, _, content = raw.partition(b"\r\n\r\n")
    return Answer(int(start.split()[1]), frozenset(orjson.loads(content)))


def check(answer: Answer, target: Target, *statuses: int) -> None:
    assert answer.status in statuses
    assert target.members <= answer.members


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("not JSON", b"{not json"),
        ("not UTF-8", b'{"reportGroupCode": "\xff\xfe"}'),
        ("deep nesting", b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
        ("missing body", b""),
        ("not an object", b"[1, 2]"),
        ("lone surrogate", b'{"reportGroupCode": "\\ud800"}'),
    ],
)
def test_bad_json_is_400(server: MockServer, vendor: str, name: str, body: bytes) -> None:
    target = TARGETS[vendor]
    answer = send(server, f"POST {target.create}", target.key, JSON, body=body)
    check(answer, target, 400)


def test_wrong_type_is_400(server: MockServer, vendor: str) -> None:
    target = TARGETS[vendor]
    body = WRONG_TYPE[vendor]
    check(send(server, f"POST {target.create}", target.key, JSON, body=body), target, 400)


@pytest.mark.parametrize("kind", ["Content-Type: text/xml", "Content-Type:", "X-None: 1"])
def test_wrong_media_type_is_415(server: MockServer, vendor: str, kind: str) -> None:
    target = TARGETS[vendor]
    check(send(server, f"POST {target.create}", target.key, kind, body=b"{}"), target, 415)


@pytest.mark.parametrize("query", ["nonsense=1", "%ff=1", "a=%00", "&".join(["a=1"] * 500)])
def test_unknown_query_parameter_is_400(server: MockServer, vendor: str, query: str) -> None:
    target = TARGETS[vendor]
    line = f"POST {target.create}?{query}"
    check(send(server, line, target.key, JSON, body=b"{}"), target, 400)


@pytest.mark.parametrize("text", ["%00", "%ff", "%2F", "%252e", "..%2f..%2fetc%2fpasswd"])
def test_hostile_text_in_a_path_is_4xx(server: MockServer, vendor: str, text: str) -> None:
    target = TARGETS[vendor]
    method = "POST" if vendor == "clinicalone" else "GET"
    answer = send(server, f"{method} {target.read.format(text)}", target.key)
    check(answer, target, 400, 404)


@pytest.mark.parametrize("number", ["2147483648", "-2147483649", "9" * 400, "1e9", "abc", ""])
def test_number_out_of_range_is_4xx(server: MockServer, vendor: str, number: str) -> None:
    target = TARGETS[vendor]
    check(send(server, f"GET {target.number.format(number)}", target.key), target, 400, 404)


def test_ten_megabytes_are_413(server: MockServer, vendor: str) -> None:
    target = TARGETS[vendor]
    body = b'{"name": "' + b"x" * 10_000_000 + b'"}'
    check(send(server, f"POST {target.create}", target.key, JSON, body=body), target, 413)


def test_chunked_body_is_read(server: MockServer, vendor: str) -> None:
    target = TARGETS[vendor]
    body = b"1\r\n{\r\n0\r\n\r\n"
    chunked = "Transfer-Encoding: chunked"
    answer = send(server, f"POST {target.create}", target.key, JSON, chunked, body=body)
    check(answer, target, 400)


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("GET {}", ("Content-Length: many",)),
        ("GET {}", ("Content-Length: -1",)),
        ("GET {}\xff", ()),
        ("G(T {}", ()),
        ("GET {}", ("Bad Header: x",)),
    ],
)
def test_what_is_no_http_is_400(
    server: MockServer, vendor: str, line: str, headers: tuple[str, ...]
) -> None:
    target = TARGETS[vendor]
    assert send(server, line.format(target.create), target.key, *headers).status == 400


def test_endless_headers_are_431(server: MockServer, vendor: str) -> None:
    target = TARGETS[vendor]
    endless = "X-Long: " + "x" * 200_000
    check(send(server, f"GET {target.create}", target.key, endless), target, 431)


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "CONNECT"])
def test_other_methods_are_405(server: MockServer, vendor: str, method: str) -> None:
    target = TARGETS[vendor]
    host, port = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        line = f"{method} {target.create} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        connection.sendall(f"{line}{target.key}\r\n\r\n".encode())
        assert connection.makefile("rb").readline().split()[1] in {b"405", b"400"}


def test_server_still_answers(server: MockServer) -> None:
    assert send(server, "GET /_mock/health").status == 200
