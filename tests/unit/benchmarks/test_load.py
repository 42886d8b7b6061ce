"""Load generators send what they are given, in turn, and count what comes back."""

import shutil
from pathlib import Path

import pytest

from tests.benchmarks import load
from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.load.loop import Loop
from tests.benchmarks.load.wrk import Wrk
from tests.benchmarks.request import Request
from tests.unit.benchmarks._answering import answering

WRK = shutil.which("wrk")
GET = Request("GET", "/one", {"X-Told": "yes"})
POST = Request("POST", "/two", {"Content-Type": "application/json"}, b'{"a":"\xc3\xa9"}')


def generators() -> list[load.Generator]:
    return [Loop(2), *([Wrk(WRK, 2)] if WRK else [])]


def test_request_as_bytes_has_host_headers_and_length() -> None:
    raw = POST.raw(81)
    head, _, body = raw.partition(b"\r\n\r\n")
    assert body == POST.body
    assert head.split(b"\r\n") == [
        b"POST /two HTTP/1.1",
        b"Host: 127.0.0.1:81",
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(POST.body),
    ]


@pytest.mark.parametrize("generator", generators(), ids=lambda one: one.name)
def test_generator_sends_the_requests_in_turn(generator: load.Generator) -> None:
    with answering() as counted:
        raw = [GET.raw(counted.port), POST.raw(counted.port)]
        sample = generator.run(counted.port, raw, 1).checked()
    assert 0 < sample.answers <= len(counted.seen)
    assert {("GET", "/one", b""), ("POST", "/two", POST.body)} == set(counted.seen)
    assert 0 < sample.p50 <= sample.p99


@pytest.mark.parametrize("generator", generators(), ids=lambda one: one.name)
def test_generator_counts_errors_and_the_sample_refuses_them(generator: load.Generator) -> None:
    with answering(503) as counted:
        sample = generator.run(counted.port, [GET.raw(counted.port)], 1)
    assert sample.failures >= sample.answers > 0
    with pytest.raises(UnhealthyError, match="failures"):
        sample.checked()


def test_loop_whose_server_is_gone_says_so() -> None:
    with answering() as counted:
        pass
    with pytest.raises(UnhealthyError, match="could not connect"):
        Loop(1).run(counted.port, [GET.raw(counted.port)], 1)


def test_choice_without_wrk_is_loud(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert load.choose(3, path=str(tmp_path)) == Loop(3)
    assert "LEFT OUT" in capfd.readouterr().err
