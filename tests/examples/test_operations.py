"""The example `operations`: 202, Location and Retry-After; `done` with `error` or `response`."""

import json
from typing import Any

import pytest

from tests.examples.conftest import Caller

RENDER = {"scene": "harbour", "frames": 3}
START = "/v1/projects/film/renders"


def started(call: Caller, **more: Any) -> str:
    answer = call("POST", START, json={**RENDER, **more})
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def shown(call: Caller, location: str) -> Any:
    answer = call("GET", location)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_whole_life(operations: Caller) -> None:
    answer = operations("POST", START, json=RENDER)
    location = answer.headers["Location"]
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "5")
    body = answer.json()
    assert location.endswith(f"/v1/operations/{body['name']}")
    assert body["metadata"].items() >= {**RENDER, "quality": "draft", "progress": 0}.items()
    lives = [body, shown(operations, location)]
    assert lives[0] == lives[1]
    operations.sandbox.clock.advance(seconds=15)
    running = operations("GET", location)
    assert running.headers["Retry-After"] == "15"
    assert running.json()["metadata"]["progress"] == 50
    assert "startTime" in running.json()["metadata"]
    operations.sandbox.clock.advance(seconds=15)
    done = operations("GET", location)
    assert "Retry-After" not in done.headers
    assert done.json()["done"] is True
    assert done.json()["metadata"]["progress"] == 100
    assert done.json().keys() == {"name", "done", "metadata", "response"}
    frames = operations("GET", done.json()["response"]["framesUri"])
    assert frames.headers["Content-Type"] == "application/x-ndjson"
    assert len([json.loads(line) for line in frames.text.splitlines()]) == 100


def test_the_file_is_there_when_the_operation_is_done(operations: Caller) -> None:
    location = started(operations)
    assert operations("GET", f"{location}/frames").status_code == 404
    operations.sandbox.clock.advance(minutes=1)
    assert operations("GET", f"{location}/frames").status_code == 200


@pytest.mark.parametrize(
    ("outcome", "status"), [("FAILED", "INTERNAL"), ("CANCELLED", "CANCELLED")]
)
def test_without_success_there_is_an_error_and_no_response(
    operations: Caller, outcome: str, status: str
) -> None:
    location = started(operations)
    name = location.rsplit("/", 1)[1]
    operations.sandbox.outcome("operations", name, outcome)
    body = shown(operations, location)
    assert body["done"] is True
    assert "response" not in body
    assert body["error"].items() >= {"code": 13, "status": status}.items()
    assert body["error"]["message"]


def test_cancel(operations: Caller) -> None:
    location = started(operations)
    for _ in range(2):
        answer = operations("POST", f"{location}:cancel")
        assert (answer.status_code, answer.json()["error"]["status"]) == (200, "CANCELLED")
    done = started(operations)
    operations.sandbox.clock.advance(minutes=1)
    assert operations("POST", f"{done}:cancel").status_code == 409
    assert operations("GET", f"{done}:cancel").status_code == 405


def test_what_is_deleted_is_gone(operations: Caller) -> None:
    gone, left = started(operations), started(operations)
    assert operations("DELETE", gone).status_code == 204
    for method, path in (("GET", gone), ("DELETE", gone), ("POST", f"{gone}:cancel")):
        assert operations(method, path).status_code == 404
    listed = operations("GET", "/v1/operations").json()["operations"]
    assert [row["name"] for row in listed] == [left.rsplit("/", 1)[1]]
    assert [row["id"] for row in operations.sandbox.jobs("operations")] == [listed[0]["name"]]


@pytest.mark.parametrize("size", [1, 2, 5, 50])
def test_pages_are_complete_while_others_are_created(operations: Caller, size: int) -> None:
    names = [started(operations).rsplit("/", 1)[1] for _ in range(5)]
    listed: list[str] = []
    query = f"pageSize={size}"
    while query:
        body = operations("GET", f"/v1/operations?{query}").json()
        listed += [row["name"] for row in body["operations"]]
        started(operations)
        token = body.get("nextPageToken")
        query = f"pageSize={size}&pageToken={token}" if token else ""
    assert listed == names[::-1]


@pytest.mark.parametrize("token", ["x", "YWZ0ZXIgeA", "%20", "-1"])
def test_a_token_that_was_not_given_out_is_refused(operations: Caller, token: str) -> None:
    answer = operations("GET", f"/v1/operations?pageToken={token}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/v1/operations/none", {}, 404),
        ("GET", "/v1/elsewhere", {}, 404),
        ("PATCH", "/v1/operations", {}, 405),
        ("GET", "/v1/operations", {"role": None}, 401),
        ("POST", START, {"json": {"scene": ""}}, 400),
        ("POST", START, {"json": {**RENDER, "more": 1}}, 400),
        ("POST", "/v1/projects/Film/renders", {"json": RENDER}, 400),
        ("POST", START, {"data": "scene=harbour"}, 415),
    ],
)
def test_refusals_that_the_contract_does_not_list_have_its_error_body(
    operations: Caller, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    answer = operations(method, path, **more)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"] == status
    assert error["message"]


def test_another_account_sees_nothing(operations: Caller) -> None:
    location = started(operations)
    assert operations("GET", location, role="other").status_code == 404
    assert operations("GET", "/v1/operations", role="other").json() == {"operations": []}


def test_a_seen_state_is_what_the_lifecycle_reads_from_it(operations: Caller) -> None:
    import specs
    from tests.examples.conftest import EXAMPLES

    contract = specs.load("operations", folder=EXAMPLES / "operations")
    location = started(operations)
    seen = []
    for _ in range(3):
        body = shown(operations, location)
        seen.append(contract.lifecycle.states_shown("getOperation", 200, body))
        operations.sandbox.clock.advance(seconds=15)
    assert seen == [{"PENDING"}, {"RUNNING"}, {"SUCCEEDED"}]
