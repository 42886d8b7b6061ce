"""Tests that an application called in this process is met as over a socket."""

from typing import Any

import pytest
from flask import Flask

from conformance.errors import NotPermitted
from conformance.http.adapter import GuardedAdapter, Session, WsgiAdapter
from conformance.http.transport import read_body
from conformance.reference.app import create_app
from conformance.reference.serving import serve

from requests import PreparedRequest, Request  # isort: skip

OF_THE_CONNECTION = {"date", "server", "connection", "transfer-encoding", "content-length"}
WRITER = {"Authorization": "Bearer mock-talkdesk-writer", "Accept-Encoding": "gzip"}
SPAN = {"from": "2025-12-01T00:00:00Z", "to": "2025-12-02T00:00:00Z"}
ROOT = "/data/reports/calls"


def _requests(base: str) -> list[PreparedRequest]:
    parts: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"{ROOT}/jobs?per_page=2&per_page=2&a=%E2%82%AC", {"headers": WRITER}),
        ("GET", f"{ROOT}/jobs/a%2Fb%20c%C3%A9;x", {"headers": WRITER}),
        ("GET", f"{ROOT}/jobs", {"headers": {"Authorization": "Bearer \xe9 "}}),
        ("POST", f"{ROOT}/jobs", {"headers": WRITER, "json": {"format": "csv", "timespan": SPAN}}),
        ("POST", f"{ROOT}/jobs", {"headers": WRITER, "data": b"\xff"}),
        ("DELETE", f"{ROOT}/files/none", {"headers": WRITER}),
        ("HEAD", f"{ROOT}/jobs", {"headers": WRITER}),
        ("GET", "//nowhere", {}),
        ("GET", "/ec-reporting-svc/rest/v2.0/reports/download", {
            "headers": {"Authorization": "Bearer mock-clinicalone-manager"},
            "params": {"id": "6A7C29DD011241DFBE1B64399283C860"},
        }),
    ]  # fmt: skip
    return [Request(method, base + path, **more).prepare() for method, path, more in parts]


def _answers(adapter: GuardedAdapter, base: str) -> list[tuple[Any, ...]]:
    session, answers = Session(adapter), []
    for request in _requests(base):
        response = session.deliver(request, 10, direct=True)
        body = read_body(response, 2**20, 10)
        headers = {
            name.lower(): value
            for name, value in response.headers.items()
            if name.lower() not in OF_THE_CONNECTION
        }
        answers.append((response.status_code, response.reason.lower(), headers, body))
    return answers


@pytest.mark.parametrize(
    "switches",
    [(), ("td-free-gzip", "td-free-chunked"), ("c1-file-short",), ("c1-file-bad-gzip",)],
    ids=str,
)
def test_answers_are_those_of_a_socket(switches: tuple[str, ...]) -> None:
    with serve(create_app(defects=switches)) as base:
        expected = _answers(GuardedAdapter(base), base)
    app: Flask = create_app(defects=switches)
    found = _answers(WsgiAdapter(app, base), base)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours == theirs


def test_other_hosts_are_guarded() -> None:
    adapter = WsgiAdapter(create_app(), "http://127.0.0.1:8080", "files.example")
    session = Session(adapter)
    for host in ("files.example", "other.example"):
        request = Request("GET", f"http://{host}{ROOT}/jobs").prepare()
        if host == "files.example":
            assert session.deliver(request, 10, direct=True).status_code == 401
        else:
            with pytest.raises(NotPermitted):
                session.deliver(request, 10, direct=True)
