"""Tests of exchanges as proof."""

import random
import shutil
import subprocess

import pytest

from conformance.http import NOT_JSON, Exchange, RecordedRequest, RecordedResponse
from conformance.report.exchange_text import curl, wrap_curl
from conformance.report.json_report import MAX_BODY_SHOWN, exchange_to_json


def exchange(url: str = "http://127.0.0.1:8000/x", body: bytes | None = None, **more) -> Exchange:
    headers = {"Authorization": "Bearer $TOK", "X": "a'b", "Accept": "*/*"}
    sent = RecordedRequest("POST", url, "/x", (), headers, body, "primary")
    received = more.pop("received", None)
    return Exchange(1, "createJob", sent, received, more.pop("failure", None), "test", True, {})


def words(line: str) -> list[bytes]:
    shell = "TOK=s3cret; curl() { printf '%s\\0' \"$@\"; }; " + line
    output = subprocess.run(
        [shutil.which("bash") or "bash", "-c", shell], capture_output=True, check=True
    )
    return output.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize("seed", range(40))
def test_curl_line_is_read_by_a_shell_as_it_was_sent(seed: int):
    chance = random.Random(seed)
    body = bytes(chance.choice(b"ab'\"\\ $\n{}\xc3\xa9&;") for _ in range(chance.randrange(200)))
    url = "http://127.0.0.1:8000/" + "".join(chance.choice("ab%/?&=;'") for _ in range(90))
    made = exchange(url, body)
    head = [b"-i", b"--globoff", b"--path-as-is", b"-X", b"POST", url.encode()]
    headers = [b"-H", b"Authorization: Bearer s3cret", b"-H", b"X: a'b"]
    expected = [*head, *headers, b"--data-binary", body]
    lines = wrap_curl(made, 76)
    assert words(curl(made)) == expected
    assert words("\n".join(lines)) == expected
    assert max(len(line) for line in lines) <= 76


def test_an_exchange_is_described_in_json_types():
    received = RecordedResponse(404, {"Content-Type": "application/json"}, b'{"code": 1}')
    described = exchange_to_json(exchange(body=b"\xff{", received=received))
    assert described["request"]["body"] == "\\xff{"
    assert described["response"]["status"] == 404
    assert described["curl"].startswith("curl -i")


def test_a_long_body_is_cut():
    described = exchange_to_json(
        exchange(received=RecordedResponse(200, {}, b"x" * (MAX_BODY_SHOWN + 7)))
    )
    assert described["response"]["body"].endswith("… (7 more bytes)")


def test_a_failure_has_no_answer():
    described = exchange_to_json(exchange(failure="the connection was refused"))
    assert (described["response"], described["failure"]) == (None, "the connection was refused")


def test_a_body_that_is_no_json_is_told_apart_from_null():
    assert RecordedResponse(200, {}, b"null").json is None
    assert RecordedResponse(200, {}, b"<html>").json is NOT_JSON
    assert not NOT_JSON


def test_the_media_type_is_in_lower_case_without_parameters():
    assert (
        RecordedResponse(200, {"content-type": "Text/CSV; charset=utf-8"}, b"").media == "text/csv"
    )
    assert RecordedResponse(200, {}, b"").media == ""
