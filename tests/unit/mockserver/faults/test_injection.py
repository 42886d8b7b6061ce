"""The header X-Mock-Fault, and Prefer with `fault`: a fault on one request."""

import pytest

from mockserver.app import App
from tests.unit.mockserver.asgi import JSON, ask
from tests.unit.mockserver.sample_requests import REQUESTS

POLL = REQUESTS["getReportJob"]


def test_header_plays_a_fault_on_one_request(mock: App) -> None:
    answer = POLL.send(mock.app, {"x-mock-fault": "rate-limit; retry_after=7"})
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")
    assert answer.headers["x-mock-fault"] == "rate-limit; valid"
    assert POLL.send(mock.app).status == 200
    answer = POLL.send(mock.app, {"prefer": 'fault="drop-field; pointer=/job/id"'})
    assert "id" not in answer.json["job"]


def test_header_goes_before_the_rules(mock: App) -> None:
    rule = {"fault": {"kind": "rate-limit"}}
    assert ask(mock.app, "POST", "/_mock/faults", JSON, rule).status == 201
    assert POLL.send(mock.app, {"x-mock-fault": "server-error"}).status == 503


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rate-limited", "must be one of"),
        ("latency; ms=soon", "fault.ms"),
        ("latency; ms=99999999", "fault.ms"),
        ("reset; delta=1", "not an option of reset"),
        ("reset;", "ends after"),
        ("=", "is malformed at"),
        ("x" * 3000, "longer than"),
    ],
)
def test_header_that_cannot_be_read_is_refused(mock: App, text: str, reason: str) -> None:
    answer = POLL.send(mock.app, {"x-mock-fault": text})
    assert answer.status == 400
    assert reason in answer.json["message"]
    assert answer.json["fields"][0]["name"] == "X-Mock-Fault"
