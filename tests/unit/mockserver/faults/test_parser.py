"""Rules that cannot work are refused: the field, the reason, and the way out."""

from typing import Any

import pytest

from mockserver.app import App
from tests.unit.mockserver.asgi import JSON, ask

LATENCY = {"kind": "latency"}


@pytest.mark.parametrize(
    ("rule", "field", "reason"),
    [
        ({}, "fault", "is required"),
        ({"fault": {}}, "fault.kind", "is required"),
        ({"fault": {"kind": "late"}}, "fault.kind", "must be one of"),
        ({"fault": LATENCY, "surprise": 1}, "surprise", "not known"),
        ({"fault": LATENCY, "times": 0}, "times", "minimum"),
        ({"fault": LATENCY, "probability": 1.5}, "probability", "maximum"),
        ({"fault": LATENCY, "id": "a b"}, "id", "match"),
        ({"fault": {**LATENCY, "ms": -1}}, "fault.ms", "minimum"),
        ({"fault": {**LATENCY, "ms": 30_001}}, "fault.ms", "must be at most 30000"),
        ({"fault": {**LATENCY, "to_ms": 5}}, "fault.to_ms", "is not allowed with"),
        (
            {"fault": {**LATENCY, "distribution": "uniform", "ms": 9, "to_ms": 5}},
            "fault.to_ms",
            "less than ms",
        ),
        (
            {"fault": {**LATENCY, "distribution": "normal", "sigma": 1}},
            "fault.sigma",
            "is not allowed with",
        ),
        ({"fault": {**LATENCY, "status": 503}}, "fault.status", "known options: ms"),
        ({"fault": {"kind": "reset", "part": 0.5}}, "fault.part", "not an option of reset"),
        ({"fault": {"kind": "wrong-length", "delta": 0}}, "fault.delta", "must not be 0"),
        ({"fault": {"kind": "truncate", "part": 1}}, "fault.part", "maximum"),
        (
            {"fault": {"kind": "server-error", "status": 500, "retry_after": 1}},
            "fault.retry_after",
            "only with status 503",
        ),
        ({"fault": {"kind": "server-error", "status": 418}}, "fault.status", "must be one of"),
        ({"fault": {"kind": "drop-field", "pointer": "id"}}, "fault.pointer", "match"),
        ({"match": {"vendor": "talkdesc"}, "fault": LATENCY}, "match.vendor", "mean talkdesk?"),
        ({"match": {"vendor": "x"}, "fault": LATENCY}, "match.vendor", "known: clinicalone"),
        (
            {"match": {"operation": "getReportJobs"}, "fault": LATENCY},
            "match.operation",
            "mean getReportJob",
        ),
        (
            {"match": {"operation": "getReportJob", "vendor": "energycap"}, "fault": LATENCY},
            "match.operation",
            "belongs to talkdesk",
        ),
        (
            {"match": {"operation": "getReportJob", "method": "POST"}, "fault": LATENCY},
            "match.method",
            "has the method GET",
        ),
        (
            {"match": {"vendor": "talkdesk", "state": "RUNNING"}, "fault": LATENCY},
            "match.state",
            "unknown value",
        ),
        (
            {"match": {"vendor": "talkdesk", "role": "manager"}, "fault": LATENCY},
            "match.role",
            "unknown value",
        ),
        ({"match": {"method": "get"}, "fault": LATENCY}, "match.method", "must be one of"),
        ({"match": {"nth": 0}, "fault": LATENCY}, "match.nth", "minimum"),
        ({"match": {"nth": 2, "after": 5}, "fault": LATENCY}, "match.nth", "greater than after"),
        ({"match": {"nth": 5, "after": 5}, "fault": LATENCY}, "match.nth", "greater than after"),
        ({"match": {"nth": 5, "every": 3}, "fault": LATENCY}, "match.nth", "multiple of every"),
        ({"match": {"path": "/nowhere"}, "fault": LATENCY}, "match.path", "under no path"),
        ({"match": {"path": "/_mock/clock"}, "fault": LATENCY}, "match.path", "under no path"),
        (
            {"match": {"vendor": "energycap", "path": "/data/reports"}, "fault": LATENCY},
            "match.path",
            "under no path of a vendor: /api",
        ),
        ({"match": {"path": "/data/reports?page=2"}, "fault": LATENCY}, "match.path", "match"),
        ({"match": {"path": "/data/reports/{type}"}, "fault": LATENCY}, "match.path", "match"),
        (
            {
                "match": {"operation": "getReportJob", "path": "/data/reports/calls/files"},
                "fault": LATENCY,
            },
            "match.path",
            "fits no operation",
        ),
        (
            {"match": {"vendor": "talkdesk", "method": "PATCH"}, "fault": LATENCY},
            "match.method",
            "fits no operation",
        ),
        (
            {"match": {"operation": "listReportJobs", "state": "DONE"}, "fault": LATENCY},
            "match.state",
            "fits no operation",
        ),
        (
            {"match": {"role": "writer", "state": "In Progress"}, "fault": LATENCY},
            "match.state",
            "fits no operation",
        ),
        (
            {"match": {"path": "/api/v3", "role": "writer"}, "fault": LATENCY},
            "match.role",
            "fits no operation",
        ),
        (
            {"fault": {**LATENCY, "distribution": "uniform", "to_ms": 0}},
            "fault.to_ms",
            "less than ms",
        ),
        (
            {
                "match": {"operation": "getReportJob"},
                "fault": {"kind": "drop-field", "pointer": "/job/nope"},
            },
            "fault.pointer",
            "known pointers: /_links",
        ),
        (
            {"match": {"operation": "createToken"}, "fault": {"kind": "unknown-enum"}},
            "fault.kind",
            "choose another operation",
        ),
    ],
)
def test_rule_that_cannot_work_is_named(
    mock: App, rule: dict[str, Any], field: str, reason: str
) -> None:
    answer = ask(mock.app, "POST", "/_mock/faults", JSON, rule)
    assert answer.status == 400
    assert answer.json["field"] == field
    assert reason in answer.json["detail"]
    assert ask(mock.app, "GET", "/_mock/faults").json == {"faults": []}


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (b"[]", "body", "less than 1 item"),
        (b"7", "body", "must be of type"),
        (b"[7]", "[0]", "must be of type"),
        (
            b'[{"fault":{"kind":"reset"}},{"fault":{"kind":"x"}}]',
            "[1].fault.kind",
            "must be one of",
        ),
        (
            b'[{"id":"a","fault":{"kind":"reset"}},{"id":"a","fault":{"kind":"reset"}}]',
            "id",
            "Duplicate fault id",
        ),
    ],
)
def test_lists_are_taken_as_a_whole_or_not_at_all(
    mock: App, body: bytes, field: str, reason: str
) -> None:
    answer = ask(mock.app, "POST", "/_mock/faults", JSON, body)
    assert (answer.status, answer.json["field"]) == (400, field)
    assert reason in answer.json["detail"]
    assert ask(mock.app, "GET", "/_mock/faults").json == {"faults": []}


@pytest.mark.parametrize(
    "match",
    [
        {"nth": 6, "after": 5, "every": 3},
        {"path": "/data"},
        {"path": "/data/reports/calls/jobs/3f2c", "operation": "getReportJob"},
        {"path": "/data/reports/", "role": "writer", "state": "DONE"},
        {"path": "/data/reports/nowhere", "vendor": "talkdesk"},
        {"operation": "getReportFile", "state": "DELETED"},
        {"state": "In Progress"},
    ],
)
def test_conditions_that_go_together_are_taken(mock: App, match: dict[str, Any]) -> None:
    rule = {"match": match, "fault": LATENCY}
    assert ask(mock.app, "POST", "/_mock/faults", JSON, rule).status == 201


def test_there_are_only_so_many(mock: App) -> None:
    import orjson

    hundred = orjson.dumps([{"fault": {"kind": "reset"}}] * 100)
    assert ask(mock.app, "POST", "/_mock/faults", JSON, hundred).status == 201
    answer = ask(mock.app, "POST", "/_mock/faults", JSON, {"fault": {"kind": "reset"}})
    assert (answer.status, answer.json["field"]) == (400, "faults")


@pytest.mark.parametrize(
    ("match", "fault", "label"),
    [
        ({"operation": "listReportJobs"}, {"kind": "drop-field", "pointer": "/total"}, "violating"),
        ({"operation": "getReportJob"}, {"kind": "drop-field", "pointer": "/job/id"}, "valid"),
        ({"operation": "getReportJob"}, {"kind": "drop-field", "pointer": "/code"}, "violating"),
        ({"vendor": "energycap"}, {"kind": "drop-field"}, "valid"),
        ({"vendor": "talkdesk"}, {"kind": "drop-field"}, "violating"),
        ({}, {"kind": "rate-limit"}, "valid"),
        ({}, {"kind": "server-error"}, "valid"),
        ({}, {"kind": "server-error", "status": 500}, "violating"),
        ({}, {"kind": "expired-token"}, "valid"),
        ({}, {"kind": "truncate"}, "violating"),
        (
            {"operation": "getReportJob"},
            {"kind": "unknown-enum", "pointer": "/job/status", "value": "DONE"},
            "valid",
        ),
    ],
)
def test_rule_shows_the_worst_label_that_the_contract_gives(
    mock: App, match: dict[str, Any], fault: dict[str, Any], label: str
) -> None:
    answer = ask(mock.app, "POST", "/_mock/faults", JSON, {"match": match, "fault": fault})
    assert answer.status == 201, answer.json
    assert answer.json["faults"][0]["label"] == label
