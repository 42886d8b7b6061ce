"""Responses that are unusual, and legal by the RFCs; requests that are sent at the same time."""

import gzip
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.http import ExchangeInfo
from conformance.http.request import HttpRequest
from tests.unit.conformance._raw import reply, serving
from tests.unit.conformance.http.test_transport import LABEL, answer_of, ask, transport


@pytest.mark.parametrize("status", [429, 503])
def test_overload_without_retry_after_is_waited_for(status):
    answers = iter([reply(status), reply(status), reply(200, b"{}")])

    def answer(_, connection, __):
        connection.sendall(next(answers))

    with serving(answer) as server:
        assert ask(server).status == 200
    assert len(server.requests) == 3


def test_an_operation_under_load_does_not_stop_the_others():
    def answer(request, connection, _):
        connection.sendall(reply(503) if b"/loaded" in request else reply(200, b"{}"))

    with serving(answer) as server:
        road = transport(server.url)
        loaded = ExchangeInfo("loaded", "t")
        failures = [road.send(HttpRequest("GET", "/loaded"), loaded).failure for _ in range(4)]
        assert road.send(HttpRequest("GET", "/"), LABEL).status == 200
    assert all(failures)
    assert failures[-1] == "given up: loaded is overloaded, again and again"


def test_interim_responses_are_skipped():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    with serving(hints + reply(201, b"{}")) as server:
        exchange = ask(server)
    assert (exchange.status, answer_of(exchange).body) == (201, b"{}")
    assert "Link" not in answer_of(exchange).headers


def test_blanks_around_a_header_are_no_part_of_it():
    answer = b"HTTP/1.1 300 X\r\nLocation: \t /files/1 \t\r\nContent-Length: 0\r\n\r\n"
    with serving(answer) as server:
        assert answer_of(ask(server)).headers["Location"] == "/files/1"


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_gzip_members_are_read_one_after_another(parts):
    packed = b"".join(gzip.compress(part) for part in parts)
    answer = reply(200, packed, Content_Encoding="gzip")
    with serving(answer) as server:
        exchange = ask(server)
    assert answer_of(exchange).complete
    assert answer_of(exchange).body == b"".join(parts)


def test_requests_are_sent_side_by_side_and_recorded_in_order():
    together = threading.Barrier(3)

    def answer(request, connection, _):
        together.wait(10)  # nobody is answered before all have asked
        connection.sendall(reply(200, request.split()[1]))

    with serving(answer) as server:
        pairs = [(HttpRequest("GET", f"/{number}"), LABEL) for number in range(3)]
        exchanges = transport(server.url).send_together(pairs)
    assert [answer_of(exchange).body for exchange in exchanges] == [b"/0", b"/1", b"/2"]
    assert [exchange.number for exchange in exchanges] == [1, 2, 3]
