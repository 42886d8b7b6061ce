"""The log: one line a request, for people or for programs, and never a secret."""

import asyncio
import logging
from base64 import b64encode
from typing import Any

import orjson
import pytest

from mockserver import logs
from mockserver.app import App
from mockserver.logs import AccessLog
from mockserver.server import REJECTION_KEY, Rejection
from tests.unit.mockserver.asgi import ask

SECRET = "mock-talkdesk-writer"


def logged(mock: App, form: str) -> tuple[AccessLog, list[str]]:
    lines: list[str] = []
    return AccessLog(mock.app, form, lines.append), lines


def test_a_request_is_one_line_of_json(mock: App) -> None:
    app, lines = logged(mock, "json")
    headers = {"authorization": f"Bearer {SECRET}"}
    ask(app, "GET", "/data/reports/calls/jobs?per_page=1", headers)
    (row,) = map(orjson.loads, lines)
    expected: dict[str, Any] = {
        "level": "info",
        "event": "request",
        "sandbox": "default",
        "method": "GET",
        "path": "/data/reports/calls/jobs",
        "operation": "listReportJobs",
        "caller": "writer",
        "status": 200,
        "faults": [],
    }
    assert expected.items() <= row.items()
    assert row["bytes"] > 100
    assert row["ms"] > 0


def test_a_request_is_one_line_of_text_whatever_it_holds(mock: App) -> None:
    app, lines = logged(mock, "text")
    ask(app, "GET", "/nowhere\x85\xa0/\x0b", {})
    ask(app, "POST", "/_mock/reset", {})
    assert [line.split()[3] for line in lines] == ["/nowhere\\x85\\xa0/\\x0b", "/_mock/reset"]
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_not_written(mock: App, form: str) -> None:
    app, lines = logged(mock, form)
    basic = b64encode(b"mock-talkdesk-client:mock-talkdesk-secret").decode()
    for headers in (
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": f"Basic {basic}"},
        {"eci-apikey": SECRET},
        {"x-mock-token": SECRET},
    ):
        ask(app, "GET", f"/data/{SECRET}/mock-talkdesk-secret?token={SECRET}", headers)
    assert len(lines) == 4
    text = "\n".join(lines)
    assert "mock-talkdesk-secret" not in lines[1]
    for line, hidden in zip(lines, (SECRET, basic, SECRET, SECRET), strict=True):
        assert hidden not in line
    assert "token=" not in text


@pytest.mark.parametrize(("method", "path"), [("GET", "/data/x"), ("", "")])
def test_what_was_rejected_is_written_too(mock: App, method: str, path: str) -> None:
    app, lines = logged(mock, "json")
    rejection = Rejection(431, "The head is too large.")
    answer = ask(app, method, path, extra={REJECTION_KEY: rejection})
    assert answer.json["message"] == rejection.message
    row = orjson.loads(lines[0])
    assert (row["event"], row["status"], row["reason"]) == ("refused", 431, rejection.message)
    assert (row["method"], row["path"]) == (method, path)


def test_a_fault_of_the_mock_is_one_line_with_its_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logging.getLogger("mockserver")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(log, "propagate", True)
    logs.start("json")
    try:
        raise ValueError("on purpose")
    except ValueError:
        log.exception("%s failed", "it")
    logs.log_error("look here")
    failed, complaint = map(orjson.loads, capsys.readouterr().err.splitlines())
    assert (failed["level"], failed["message"]) == ("error", "it failed")
    assert "ValueError: on purpose" in failed["exception"]
    assert (complaint["level"], complaint["event"]) == ("warning", "message")


def test_other_scopes_pass(mock: App) -> None:
    app, lines = logged(mock, "json")

    events = ["lifespan.startup", "lifespan.shutdown"]
    answers: list[Any] = []

    async def receive() -> Any:
        return {"type": events[len(answers)]}

    async def send(message: Any) -> None:
        answers.append(message["type"])

    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert answers == [f"{event}.complete" for event in events]
    assert lines == []
