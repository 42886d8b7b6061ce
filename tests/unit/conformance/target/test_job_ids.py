"""Tests of where the id of a created job is found, and of what is said where it is not."""

import json
from typing import Any

import pytest

import specs
from conformance.errors import UsageError
from conformance.http import Exchange, RecordedRequest, RecordedResponse
from conformance.target.tracker import (
    ResourceTracker,
    created_ids,
    created_job_id,
    expected_id,
    with_configured_ids,
)

CREATE = {"talkdesk": "createReportJob", "clinicalone": "createReport"}
ID = "0123456789ABCDEF0123456789ABCDEF"
BASE = "http://127.0.0.1:8000"
USUAL: list[Any] = [
    {"job": {"id": ID}},
    {"id": ID},
    {"jobId": ID},
    {"result": {"jobId": ID}},
    {"result": {"id": ID}},
    {"result": {"job": {"id": ID}}},
    {"job": {"id": None}, "id": ID},
    {"job": "", "id": "", "jobId": ID},
]


def creation(operation: str, body: Any, headers: dict[str, str] | None = None) -> Exchange:
    sent = RecordedRequest("POST", f"{BASE}/a/b", "/a/b", (), {}, None, "primary")
    received = RecordedResponse(
        202, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode()
    )
    return Exchange(1, operation, sent, received, None, "examples", True, {"type": "calls"})


def id_of(vendor: str, body: Any, headers: dict[str, str] | None = None, told: Any = ()) -> Any:
    contract = with_configured_ids(specs.load(vendor, "documented"), told or {})
    return created_job_id(contract, creation(CREATE[vendor], body, headers))


@pytest.mark.parametrize("vendor", CREATE)
@pytest.mark.parametrize("body", USUAL, ids=json.dumps)
def test_an_id_is_found_in_the_usual_places(vendor: str, body: Any):
    assert id_of(vendor, body) == ID
    contract = specs.load(vendor, "documented")
    exchange = creation(CREATE[vendor], body)
    tracker = ResourceTracker(contract)
    tracker.observe(exchange)
    assert [job.id for job in tracker.jobs] == [ID]
    assert ID in dict(created_ids(contract, exchange)).values()
    assert tracker.jobs[0].creation is exchange


@pytest.mark.parametrize("base", ["", BASE, "https://other.example/prefix"])
def test_an_id_is_found_in_the_location_header(base: str):
    location = f"{base}/data/reports/calls/jobs/{ID}"
    assert id_of("talkdesk", {}, {"Location": location}) == ID
    assert id_of("talkdesk", {"id": 7}, {"location": location}) == ID


def test_the_place_that_a_target_file_tells_comes_first():
    body = {"job": {"id": "other"}, "deep": [{"key": ID}]}
    assert id_of("talkdesk", body) == "other"
    assert id_of("talkdesk", body, told="/deep/0/key") == ID
    assert id_of("talkdesk", body, told={"createReportJob": "/deep/0/key"}) == ID
    assert id_of("talkdesk", body, told={"listReportJobs": "/key"}) == "other"


def test_a_told_place_of_an_unknown_operation_is_a_usage_error():
    with pytest.raises(UsageError, match="/job_id: unknown operation 'nope'"):
        id_of("talkdesk", {}, told={"nope": "/id"})


@pytest.mark.parametrize("body", [{}, [], "x", {"job": {"id": 7}}, {"id": {"a": 1}}, None])
def test_what_has_no_id_says_where_it_was_expected(body: Any):
    assert id_of("talkdesk", body) is None
    said = expected_id(specs.load("talkdesk", "documented"), creation("createReportJob", body))
    assert said.startswith(f"expected the id at /job/id, got {json.dumps(body)}")


def test_a_long_response_without_an_id_is_shortened():
    exchange = creation("createReportJob", {"text": "x" * 10_000})
    assert len(expected_id(specs.load("talkdesk", "documented"), exchange)) < 250
