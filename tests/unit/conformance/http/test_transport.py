"""Tests of the transport against targets that behave badly."""

import gzip
import socket
import threading

import pytest

from conformance.errors import BudgetExceeded, NotPermitted
from conformance.http import Exchange, ExchangeInfo, RecordedResponse
from conformance.http.adapter import GuardedAdapter, Session
from conformance.http.limits import Budget
from conformance.http.redaction import Redactor
from conformance.http.request import HttpRequest
from conformance.http.transport import ResponseLimits, Transport
from tests.unit.conformance._clock import FakeClock
from tests.unit.conformance._raw import RawServer, reply, serving

LABEL = ExchangeInfo("getThing", "test")


def transport(url: str, *, clock: FakeClock | None = None, **more) -> Transport:
    limits = ResponseLimits(timeout=more.pop("timeout", 5.0), max_body=more.pop("max_body", 2**20))
    budget = Budget(clock or FakeClock(), **more)
    session = Session(GuardedAdapter(url, ("files.example",)))
    return Transport(url, session, redactor=Redactor(), budget=budget, limits=limits, direct=True)


def ask(server: RawServer, *, label: ExchangeInfo = LABEL, method: str = "GET", **more) -> Exchange:
    return transport(server.url, **more).send(HttpRequest(method, "/thing"), label)


def answer_of(exchange: Exchange) -> RecordedResponse:
    assert exchange.response is not None
    return exchange.response


def test_an_answer_is_recorded_with_status_headers_and_body():
    with serving(reply(200, b'{"a": 1}', Content_Type="application/json; charset=utf-8")) as server:
        exchange = ask(server)
    assert exchange.status == 200
    assert exchange.json == {"a": 1}
    assert answer_of(exchange).media == "application/json"
    assert answer_of(exchange).headers["content-type"].startswith("application/json")
    assert answer_of(exchange).complete


def test_path_and_query_go_on_the_wire_as_drafted():
    with serving(reply(204)) as server:
        draft = HttpRequest("GET", "/a%2Fb/%2E%2E", (("q", "x y"), ("q", "ü")))
        exchange = transport(server.url).send(draft, LABEL)
    assert server.requests[0].startswith(b"GET /a%2Fb/%2E%2E?q=x+y&q=%C3%BC HTTP/1.1")
    assert exchange.request.query == (("q", "x y"), ("q", "ü"))


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_redirects_are_never_followed(status: int):
    with serving(reply(status, Location="http://files.example/elsewhere")) as server:
        exchange = ask(server)
    assert exchange.status == status
    assert len(server.requests) == 1


def test_another_host_is_refused_even_with_the_draft_saying_so():
    with serving(reply(200)) as server:
        road = transport(server.url)
        road.base_url = "http://127.0.0.2:1"
        with pytest.raises(NotPermitted, match=r"127\.0\.0\.2"):
            road.send(HttpRequest("GET", "/"), LABEL)


def test_a_download_host_never_gets_credentials():
    road = transport("http://127.0.0.1:1")
    road.base_url = "http://files.example"
    with pytest.raises(NotPermitted, match="credentials never go"):
        road.send(HttpRequest("GET", "/", headers={"authorization": "Bearer x"}), LABEL)


def test_a_refused_connection_is_a_failure_in_plain_words():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    exchange = transport(url).send(HttpRequest("GET", "/"), LABEL)
    assert exchange.response is None
    assert exchange.failure == "the connection was refused"


EXEC = ExchangeInfo("exec", "test", valid=True, repeatable=False)
# Where a connection may end: before, in and after the head of a response, and in its body.
CUTS = (
    b"",
    b"HTTP/1.1 20",
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/js",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
)
BODY_CUTS = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a": ',
    b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"a": {"b": "}"}',
    b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n["a',
)


@pytest.mark.parametrize("answer", CUTS)
@pytest.mark.parametrize(("method", "label", "sent"), [
    ("GET", LABEL, 3), ("DELETE", LABEL, 3), ("POST", LABEL, 3), ("POST", EXEC, 1),
])  # fmt: skip
def test_a_closed_connection_is_repeated_as_often_as_that_is_safe(
    answer: bytes, method: str, label: ExchangeInfo, sent: int
):
    with serving(answer) as server:
        exchange = ask(server, method=method, label=label)
    assert exchange.failure == "the connection was closed before a response came"
    assert exchange.transient
    assert exchange.unanswered == len(server.requests) == sent


@pytest.mark.parametrize("answer", BODY_CUTS)
def test_a_body_that_may_not_be_requested_again_is_no_evidence(answer: bytes):
    with serving(answer) as server:
        exchange = ask(server, method="POST", label=EXEC)
    assert exchange.response is None
    assert "the request is not repeated" in str(exchange.failure)
    assert len(server.requests) == 1


@pytest.mark.parametrize("broken", [*CUTS, *BODY_CUTS])
def test_a_connection_that_breaks_twice_is_forgiven_where_that_is_safe(broken: bytes):
    answers = iter([broken, broken, reply(200, b"{}", Content_Type="application/json")])

    def some(_: bytes, connection: socket.socket, __: threading.Event) -> None:
        connection.sendall(next(answers))

    with serving(some) as server:
        exchange = ask(server)
    assert (exchange.status, exchange.json, exchange.unanswered) == (200, {}, 2)


@pytest.mark.parametrize(("valid", "is_evidence"), [(True, False), (None, False), (False, True)])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [400, 403, 404, 409, 410])
def test_a_repeated_change_that_is_refused_may_have_been_made(
    status: int, method: str, valid: bool | None, is_evidence: bool
):
    answers = iter([b"", reply(status, b"{}")])

    def twice(_: bytes, connection: socket.socket, __: threading.Event) -> None:
        connection.sendall(next(answers))

    with serving(twice) as server:
        exchange = ask(server, method=method, label=ExchangeInfo("x", "test", valid=valid))
    assert (exchange.status == status) is is_evidence
    assert is_evidence or "the first may have been carried out" in str(exchange.failure)


def test_silence_ends_with_the_timeout():
    def hang(_: bytes, __: socket.socket, over: threading.Event) -> None:
        over.wait()

    with serving(hang) as server:
        exchange = ask(server, timeout=0.2)
    assert exchange.failure == "no response within 0.2 s"


@pytest.mark.parametrize(
    ("start", "failure"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", "no response within 0.3 s"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "the body was not complete after 0.3 s"),
    ],
)
def test_an_answer_that_drips_for_ever_ends_with_the_timeout(start: bytes, failure: str):
    def drip(_: bytes, connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.wait(0.02):
            connection.sendall(b"x")

    with serving(drip) as server:
        exchange = ask(server, timeout=0.3)
    assert exchange.failure == failure


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the response is not HTTP"),
        (b"\x00" * 500 + b"\r\n\r\n", "the response is not HTTP"),
        (
            b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * 10_000_000 + b"\r\n\r\n",
            "the response headers are too large",
        ),
        (
            b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(300)) + b"\r\n",
            "the response headers are too large",
        ),
    ],
)
def test_what_is_no_answer_is_a_failure_in_plain_words(answer: bytes, failure: str):
    with serving(answer) as server:
        exchange = ask(server)
    assert exchange.failure == failure


def test_a_huge_body_is_not_read_to_its_end():
    with serving(reply(200, b"x" * (2 * 2**20))) as server:
        exchange = ask(server)
    assert exchange.failure == "the response is larger than 1 MB; the suite stopped reading"
    assert len(server.requests) == 1


def test_a_gzip_bomb_is_not_inflated():
    with serving(reply(200, gzip.compress(b"0" * 2**24), Content_Encoding="gzip")) as server:
        exchange = ask(server)
    assert exchange.failure == "the response is larger than 1 MB; the suite stopped reading"


def test_gzip_and_deflate_are_decoded():
    with serving(reply(200, gzip.compress(b"abc"), Content_Encoding="gzip")) as server:
        assert answer_of(ask(server)).body == b"abc"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (reply(200, b"abc", Content_Length="10"), "after 3 of the 10 bytes"),
        (reply(200, b"plain", Content_Encoding="gzip"), "does not decode as gzip"),
        (reply(200, gzip.compress(b"abc" * 99)[:-4], Content_Encoding="gzip"), "before its stream"),
        (reply(200, b"abc", Content_Encoding="br"), "was not requested"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            "the body broke off",
        ),
    ],
)
def test_a_broken_body_is_incomplete_after_more_attempts(answer: bytes, fault: str):
    with serving(answer) as server:
        exchange = ask(server)
    assert exchange.failure is None
    assert not answer_of(exchange).complete
    assert fault in str(answer_of(exchange).body_error)
    assert len(server.requests) == 3


def test_a_body_that_broke_off_once_is_forgiven():
    answers = iter([reply(200, b"ab", Content_Length="5"), reply(200, b"whole")])

    def once(_: bytes, connection: socket.socket, __: threading.Event) -> None:
        connection.sendall(next(answers))

    with serving(once) as server:
        exchange = ask(server)
    assert (answer_of(exchange).complete, answer_of(exchange).body) == (True, b"whole")


@pytest.mark.parametrize("status", [429, 503])
def test_load_is_waited_out(status: int):
    answers = iter([reply(status, Retry_After="7"), reply(status, Retry_After="2"), reply(200)])

    def busy(_: bytes, connection: socket.socket, __: threading.Event) -> None:
        connection.sendall(next(answers))

    clock = FakeClock()
    with serving(busy) as server:
        exchange = ask(server, clock=clock)
    assert exchange.status == 200
    assert clock.slept == [7.0, 2.0]


def test_a_date_in_retry_after_is_understood():
    answers = iter([reply(503, Retry_After="Mon, 30 Mar 2026 09:00:04 GMT"), reply(200)])

    def busy(_: bytes, connection: socket.socket, __: threading.Event) -> None:
        connection.sendall(next(answers))

    clock = FakeClock()
    with serving(busy) as server:
        assert ask(server, clock=clock).status == 200
    assert clock.slept == [4.0]


def test_load_without_end_is_a_failure_and_no_answer():
    clock = FakeClock()
    with serving(reply(429, Retry_After="1")) as server:
        exchange = ask(server, clock=clock)
    assert exchange.failure == "the target is overloaded: 429, Retry-After 1 s"
    assert exchange.response is None


def test_requests_are_counted_and_limited():
    with serving(reply(204)) as server:
        road = transport(server.url, max_requests=2)
        road.send(HttpRequest("GET", "/"), LABEL)
        road.send(HttpRequest("GET", "/"), LABEL)
        with pytest.raises(BudgetExceeded, match="--max-requests"):
            road.send(HttpRequest("GET", "/"), LABEL)


def test_time_is_limited():
    clock = FakeClock()
    road = transport("http://127.0.0.1:1", clock=clock, max_time=5.0)
    clock.time = 6.0
    with pytest.raises(BudgetExceeded, match="--max-time"):
        road.send(HttpRequest("GET", "/"), LABEL)


def test_the_rate_is_kept():
    clock = FakeClock()
    with serving(reply(204)) as server:
        road = transport(server.url, clock=clock, rate=4.0)
        for _ in range(5):
            road.send(HttpRequest("GET", "/"), LABEL)
    assert clock.time == pytest.approx(1.0)


def test_an_operation_that_hangs_is_given_up_and_then_the_target():
    def hang(_: bytes, __: socket.socket, over: threading.Event) -> None:
        over.wait()

    with serving(hang) as server:
        road = transport(server.url, timeout=0.05)
        for operation in ("a", "a", "a", "b", "b", "c"):
            last = road.send(HttpRequest("GET", "/"), ExchangeInfo(operation, "test"))
    assert len(server.requests) == 3
    assert road.exchanges[2].failure == "given up: a did not answer in time before"
    assert last.failure == "given up: the target did not answer in time, again and again"


def test_a_target_that_only_breaks_off_is_given_up():
    with serving(b"") as server:
        road = transport(server.url)
        for number in range(13):
            last = road.send(HttpRequest("GET", "/"), ExchangeInfo(f"operation-{number}", "test"))
    assert str(last.failure).startswith("given up after 12 failures in succession")
    assert len(server.requests) == 36


def test_secrets_are_replaced_in_everything_recorded():
    body = b'{"echo": "s3cr3t-token", "quoted": "a\\"b-secret"}'
    with serving(reply(200, body, X_Echo="s3cr3t-token", Set_Cookie="id=1")) as server:
        road = transport(server.url)
        road.redactor.register("s3cr3t-token", "$TOKEN")
        road.redactor.register('a"b-secret', "$OTHER")
        draft = HttpRequest(
            "POST",
            "/s3cr3t-token",
            (("key", "s3cr3t-token"),),
            {"Authorization": "Bearer s3cr3t-token"},
            b"token=s3cr3t-token",
        )
        exchange = road.send(draft, LABEL)
    assert b"Bearer s3cr3t-token" in server.requests[0]
    assert "s3cr3t" not in repr(exchange)
    assert 'a\\"b-secret' not in repr(exchange)
    assert exchange.request.headers["Authorization"] == "Bearer $TOKEN"
    assert answer_of(exchange).headers["Set-Cookie"] == "$COOKIE"
    assert exchange.json == {"echo": "$TOKEN", "quoted": "$OTHER"}


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with serving(reply(204)) as server:
        assert ask(server).status == 204


def test_a_proxy_of_the_environment_is_used_elsewhere(monkeypatch):
    with serving(reply(204)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        road = transport("http://vendor.example")
        road._direct = False
        assert road.send(HttpRequest("GET", "/x"), LABEL).status == 204
    assert proxy.requests[0].startswith(b"GET http://vendor.example/x HTTP/1.1")


def test_netrc_is_not_read(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password of-theirs\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(reply(204)) as server:
        ask(server)
    assert b"authorization" not in server.requests[0].lower()
