"""The proxy changes nothing that it passes on, and journals what departs, without secrets."""

import gzip
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import repeat
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import cli
from conformance.drift.proxy import MAX_KEPT, Capture, end_to_end
from conformance.evaluation.evaluator import run_exchange_check
from conformance.target import Target
from tests.unit.conformance.drift._upstream import Reply, Upstream, proxied, send, upstream

JOB = {
    "job": {
        "id": "3707a692-af6d-441c-918b-5a1d199b0e45", "name": "a", "timezone": "UTC",
        "status": "DONE", "format": "csv",
        "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
    }
}  # fmt: skip
POLL = f"/data/reports/calls/jobs/{JOB['job']['id']}"
JSON = [("Content-Type", "application/json")]
SECRET = "planted-secret-of-the-client-0123456789"


@pytest.fixture(scope="module")
def state() -> Iterator[Upstream]:
    with upstream() as started:
        yield started


@pytest.fixture(scope="module")
def base_url(state: Upstream) -> Iterator[str]:
    with proxied(state.url) as (url, _):
        yield url


VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
VALUES = st.text(VISIBLE, min_size=1, max_size=20)
NAMES = st.from_regex(r"X-[A-Z][a-z]{1,8}", fullmatch=True)
SEGMENTS = st.text(st.sampled_from("abz019-._~!$&'()*+,;=:@%2F%20"), max_size=12).map(
    lambda text: text.replace("%", "%25")
)
EXCHANGES = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]),
        "target": st.builds("/{}?{}".format, SEGMENTS, SEGMENTS.filter(bool)),
        "sent": st.dictionaries(NAMES, VALUES, max_size=3),
        "body": st.none() | st.binary(max_size=3000),
        "chunked": st.booleans(),
        "status": st.sampled_from([200, 201, 204, 300, 302, 304, 400, 404, 500, 503]),
        "received": st.dictionaries(NAMES, VALUES, max_size=3),
        "reply": st.binary(max_size=3000),
        "streamed": st.booleans(),
    }
)


def exchange(state: Upstream, url: str, case: dict[str, Any]) -> tuple[Any, Any]:
    """Send what a case describes; return what the upstream saw and what the client got."""
    bodiless = case["status"] in {204, 304} or case["method"] == "HEAD"
    streamed = case["streamed"] and not bodiless
    state.reply = Reply(
        case["status"],
        list(case["received"].items()),
        case["reply"],
        [case["reply"][:7] or b"x", case["reply"][7:] or b"y"] if streamed else None,
    )
    body, more = case["body"], {}
    if body is not None and case["chunked"]:
        body, more = iter([body[:5] or b"a", body[5:] or b"b"]), {"encode_chunked": True}
    headers = dict(case["sent"])
    if more:
        headers["Transfer-Encoding"] = "chunked"
    got = send(url, case["method"], case["target"], body, headers, **more)
    return state.seen.pop(), got


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=EXCHANGES)
def test_exchanges_are_the_same_with_and_without_the_proxy(
    state: Upstream, base_url: str, case: dict[str, Any]
) -> None:
    direct_seen, direct = exchange(state, state.url, case)
    seen, got = exchange(state, base_url, case)
    assert (seen.method, seen.target, seen.body) == (
        direct_seen.method,
        direct_seen.target,
        direct_seen.body,
    )
    ours = {"host", "via"}
    assert sorted(h for h in seen.headers if h[0] not in ours) == sorted(
        h for h in direct_seen.headers if h[0] not in ours
    )
    connection = {"transfer-encoding", "connection"}
    assert got[0] == direct[0], got[2]
    shown = [(name.lower(), value) for name, value in got[1]]
    expected = [(name.lower(), value) for name, value in direct[1]]
    assert [h for h in shown if h[0] not in connection] == [
        h for h in expected if h[0] not in connection
    ]
    assert got[2] == direct[2]


def test_hop_by_hop_headers_and_host_are_those_of_each_side(state: Upstream, base_url: str) -> None:
    hop = {"Connection": "X-Private, close", "X-Private": "1", "TE": "trailers", "X-End": "2"}
    state.reply = Reply(200, [("Connection", "X-Hop"), ("X-Hop", "1"), ("X-Kept", "2")])
    _, received, _ = send(base_url, "GET", "/x", headers=hop)
    seen = dict(state.seen.pop().headers)
    assert "x-private" not in seen
    assert "te" not in seen
    assert (seen["x-end"], seen["host"]) == ("2", state.url.removeprefix("http://"))
    assert seen["via"].endswith("report-contracts")
    names = {name.lower() for name, _ in received}
    assert "x-kept" in names
    assert "x-hop" not in names


def test_white_space_around_a_value_is_none_of_it(state: Upstream, base_url: str) -> None:
    state.reply = Reply(200)
    assert (
        send(base_url, "GET", "/x", headers={"Authorization": "Bearer ", "X-A": "\tb "})[0] == 200
    )
    seen = dict(state.seen.pop().headers)
    assert (seen["authorization"], seen["x-a"]) == ("Bearer", "b")


def test_end_to_end_reads_every_connection_header() -> None:
    headers = [(b"connection", b"a, b"), (b"Connection", b"c"), *((n, b"1") for n in (b"A", b"c"))]
    assert end_to_end([*headers, (b"d", b"2")]) == [(b"d", b"2")]


def test_stream_is_passed_on_as_it_comes(base_url: str, state: Upstream) -> None:
    # The reply's second chunk is made only when the client has read the first.
    first_was_read, result = Event(), []

    class Chunks(list[bytes]):
        def __iter__(self) -> Iterator[bytes]:
            yield b"first"
            result.append(first_was_read.wait(20))
            yield b"second"

    state.reply = Reply(200, chunks=Chunks())

    connection = HTTPConnection(base_url.removeprefix("http://"), timeout=20)
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.read(5) == b"first"
    first_was_read.set()
    assert response.read() == b"second"
    connection.close()
    state.seen.clear()
    assert result == [True]


def test_304_may_have_the_length_of_what_it_is_not(base_url: str, state: Upstream) -> None:
    state.reply = Reply(304, [("Content-Length", "123"), ("ETag", '"a"')])
    for _ in range(2):
        status, headers, body = send(base_url, "GET", POLL)
        assert (status, body, dict(headers)["content-length"]) == (304, b"", "123")
    state.seen.clear()


def test_length_beside_chunks_and_named_trailers_are_dropped() -> None:
    chunked = [(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"3"), (b"X", b"1")]
    assert end_to_end([*chunked, (b"Trailer", b"X-T"), (b"x-t", b"1")]) == [(b"X", b"1")]


def test_client_that_goes_ends_the_exchange_and_departs_from_nothing(state: Upstream) -> None:
    is_over = Event()

    class Chunks(list[bytes]):
        def __iter__(self) -> Iterator[bytes]:
            yield b"first"
            is_over.wait(20)

    state.reply = Reply(200, chunks=Chunks())
    with proxied(state.url) as (url, journal):
        connection = HTTPConnection(url.removeprefix("http://"), timeout=20)
        connection.request("GET", POLL)
        assert connection.getresponse().read(5) == b"first"
        connection.close()
    is_over.set()
    state.seen.clear()
    (entry,) = journal.entries(0)["entries"]
    assert (entry["failure"], entry["departures"]) == ("the client has gone", ())


def test_captures_do_not_grow_with_the_stream() -> None:
    capture = Capture()
    for chunk in repeat(bytes(64 * 1024), 64 * MAX_KEPT // (64 * 1024)):
        capture.add(chunk)
    assert capture.size == 64 * MAX_KEPT
    assert (capture.is_whole, capture.parts) == (False, [])


def test_upstream_that_is_not_there_is_a_bad_gateway() -> None:
    with proxied("http://127.0.0.1:9") as (url, journal):
        status, _, body = send(url, "GET", "/x")
    assert (status, "proxy" in json.loads(body)) == (502, True)
    assert journal.entries(0)["entries"][0]["failure"]


def journal_of(state: Upstream, *requests: tuple[Any, ...], reply: Reply) -> Any:
    state.reply = reply
    with proxied(state.url) as (url, journal):
        for request in requests:
            send(url, *request)
    state.seen.clear()
    return journal


def test_response_that_departs_is_named_by_its_requirement(state: Upstream) -> None:
    wrong = {"job": {**JOB["job"], "name": None}}
    reply = Reply(200, JSON, json.dumps(wrong).encode())
    journal = journal_of(
        state, ("GET", POLL, None, {"Authorization": f"Bearer {SECRET}"}), reply=reply
    )
    found = {id_ for departure, _ in journal.departures() for id_ in departure.requirements}
    assert "TD-JOB-004" in found
    assert journal.fails("documented")


def test_compressed_response_is_checked_too(state: Upstream) -> None:
    wrong = json.dumps({"job": {**JOB["job"], "name": None}}).encode()
    reply = Reply(200, [*JSON, ("Content-Encoding", "gzip")], gzip.compress(wrong))
    journal = journal_of(state, ("GET", POLL), reply=reply)
    assert "TD-JOB-004" in {i for d, _ in journal.departures() for i in d.requirements}


def test_request_that_departs_is_the_clients(state: Upstream) -> None:
    body = json.dumps({"format": "xlsx", "timespan": {}})
    reply = Reply(400, JSON, b'{"code": "x", "message": "y", "description": "z"}')
    request = ("POST", "/data/reports/calls/jobs", body, dict(JSON))
    journal = journal_of(state, request, reply=reply)
    sides = {departure.direction for departure, _ in journal.departures()}
    assert sides == {"request"}, journal.departures()
    assert any("/format" in departure.reason for departure, _ in journal.departures())


def test_jobs_that_go_back_are_found_at_the_end(state: Upstream) -> None:
    def job(status: str) -> Reply:
        return Reply(200, JSON, json.dumps({"job": {**JOB["job"], "status": status}}).encode())

    with proxied(state.url) as (url, journal):
        for status in ("PROCESSING", "CREATED"):
            state.reply = job(status)
            send(url, "GET", POLL, None, {"Authorization": f"Bearer {SECRET}"})
    state.seen.clear()
    assert "TD-LIFE-001" in {i for d, _ in journal.departures() for i in d.requirements}


def test_journal_holds_no_secret(state: Upstream) -> None:
    echo = json.dumps({"code": "x", "message": SECRET, "access_token": SECRET}).encode()
    reply = Reply(404, [*JSON, ("Set-Cookie", f"a={SECRET}")], echo)
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"a={SECRET}"}
    journal = journal_of(
        state,
        ("GET", f"{POLL}?access_token={SECRET}", None, headers),
        (
            "POST",
            "/oauth/token",
            f"client_secret={SECRET}",
            {"Content-Type": "application/x-www-form-urlencoded"},
        ),
        reply=reply,
    )
    everything = (
        repr(journal.entries(0)) + repr(list(journal.exchanges)) + repr(journal.departures())
    )
    assert SECRET not in everything


def test_bodies_that_are_too_long_are_said_to_be_unchecked(state: Upstream) -> None:
    reply = Reply(200, JSON, b'{"job": null}' + b" " * MAX_KEPT)
    requests_ = (("GET", POLL), ("POST", "/data/reports/calls/jobs", b" " * (MAX_KEPT + 1)))
    journal = journal_of(state, *requests_, reply=reply)
    rows = journal.entries(0)["entries"]
    assert [len(row["unchecked"]) for row in rows] == [1, 2]
    assert str(len(reply.body)) in rows[0]["unchecked"][0]
    assert "2 too long to be checked" in journal.summary


def test_crash_of_a_check_costs_no_other_exchange(
    state: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*arguments: Any) -> Any:
        return 1 // (arguments[-1].number - 1) and run_exchange_check(*arguments)

    monkeypatch.setattr("conformance.drift.journal.run_exchange_check", crash)
    state.reply = Reply(200, JSON, b"not JSON")
    with proxied(state.url) as (url, journal):
        for _ in range(2):
            send(url, "GET", POLL)
    state.seen.clear()
    assert journal.departures()
    (reason,) = journal.crashes
    assert "ZeroDivisionError" in reason


def test_page_and_journal_are_live_and_for_loopback_names_alone(
    base_url: str, state: Upstream
) -> None:
    status, headers, page = send(base_url, "GET", "/_proxy/")
    assert (status, b"<table>" in page) == (200, True)
    assert "default-src 'self'" in dict(headers)["content-security-policy"]
    rows = json.loads(send(base_url, "GET", "/_proxy/journal?after=0")[2])
    assert {"summary", "entries"} == rows.keys()
    assert send(base_url, "GET", "/_proxy/journal", headers={"Host": "evil.example"})[0] == 403
    assert not state.seen


def test_target_that_is_read_only_gets_no_write(state: Upstream) -> None:
    target = Target("talkdesk", state.url, writes=False, credentials={}, control_url=None)
    state.reply = Reply(202, JSON, b"{}")
    with proxied(state.url, target=target) as (url, journal):
        status, _, body = send(url, "POST", "/data/reports/calls/jobs", b"{}", dict(JSON))
        unknown = send(url, "POST", "/another", b"{}", dict(JSON))[0]
        read = send(url, "GET", POLL)[0]
    assert (status, unknown, read) == (403, 403, 202)
    assert b"read-only" in body
    assert [seen.method for seen in state.seen] == ["GET"]
    state.seen.clear()
    assert not [d for d, _ in journal.departures() if d.direction == "request"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--upstream", "https://api.example"], "--target FILE"),
        (["--upstream", "ftp://127.0.0.1"], "--upstream"),
        (["--upstream", "http://127.0.0.1:1", "--host", "0.0.0.0"], "not a loopback address"),
    ],
)
def test_command_refuses_what_the_suite_would_refuse(arguments: list[str], message: str) -> None:
    refused = CliRunner().invoke(cli.main, ["proxy", "talkdesk", *arguments])
    assert refused.exit_code == 2
    assert message in refused.output
