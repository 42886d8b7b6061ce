"""The header Prefer chooses a reply: a status, an example, or one that is made up; nothing else."""

from functools import cache
from typing import Any

import pytest

import specs
from mockserver.app import App
from mockserver.http.prefer import Preference, read_prefer
from mockserver.openapi.examples import ExampleResponses
from tests.unit.mockserver.asgi import TALKDESK, ask
from tests.unit.mockserver.compiled import OPERATIONS, api_of, passes, response_of
from tests.unit.mockserver.sample_requests import REQUESTS
from tests.unit.mockserver.vendor_harness import contract_of

POLL = REQUESTS["getReportJob"]
STATUSES = [
    (operation, status)
    for operation, vendor in OPERATIONS.items()
    for status in contract_of(vendor).operations[operation].responses
]
EXAMPLES = [
    (operation, status, name)
    for operation, status in STATUSES
    for contract in [contract_of(OPERATIONS[operation])]
    for name in ExampleResponses(contract.openapi).examples(contract.operations[operation], status)
]


@cache
def plan_of(operation: str) -> Any:
    return api_of(OPERATIONS[operation], specs.DOCUMENTED).operations[operation]


@pytest.mark.parametrize(("operation", "status"), STATUSES)
@pytest.mark.parametrize("how", ["", ", dynamic=true"])
def test_every_status_of_every_operation_can_be_had(
    mock: App, operation: str, status: int, how: str
) -> None:
    answer = REQUESTS[operation].send(mock.app, {"prefer": f"code={status}{how}"})
    assert answer.status == status
    assert answer.headers["preference-applied"] == f"code={status}"
    assert passes(plan_of(operation), response_of(plan_of(operation), answer))


@pytest.mark.parametrize(("operation", "status", "name"), EXAMPLES)
def test_every_named_example_can_be_had(mock: App, operation: str, status: int, name: str) -> None:
    answer = REQUESTS[operation].send(mock.app, {"prefer": f"code={status}, example={name}"})
    assert answer.status == status
    assert passes(plan_of(operation), response_of(plan_of(operation), answer))
    content = plan_of(operation).operation.responses[status]["content"]
    named = [row.get("examples", {}) for row in content.values()]
    shown = [examples[name]["value"] for examples in named if name in examples]
    if answer.headers["content-type"] == "application/json":
        assert answer.json in shown
    else:
        assert answer.body.decode() in shown


@pytest.mark.parametrize("operation", OPERATIONS)
def test_successes_with_a_body_have_an_example(operation: str) -> None:
    contract = contract_of(OPERATIONS[operation])
    called = contract.operations[operation]
    samples = ExampleResponses(contract.openapi)
    for status, response in called.responses.items():
        if status < 400 and response.get("content"):
            assert samples.examples(called, status)


def test_first_example_stands_for_a_status_without_a_name(mock: App) -> None:
    assert POLL.send(mock.app, {"prefer": "code=300"}).json["job"]["status"] == "DONE"
    assert POLL.send(mock.app, {"prefer": "code=200"}).json["job"]["status"] == "PROCESSING"
    answer = POLL.send(mock.app, {"prefer": "code=200; example=failed"})
    assert answer.json["job"]["status"] == "FAILED"


def test_example_alone_is_one_of_the_success(mock: App) -> None:
    answer = REQUESTS["getReportFile"].send(mock.app, {"prefer": "example=csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.body.startswith(b"call_id,")


def test_made_up_bodies_follow_from_the_seed(mock: App) -> None:
    one, two = (POLL.send(mock.app, {"prefer": "dynamic=true"}).body for _ in range(2))
    name = ask(mock.app, "POST", "/_mock/sandboxes", body=b"").json["id"]
    other = POLL.send(mock.app, {"prefer": "dynamic=true", "x-mock-sandbox": name}).body
    assert one == two != other


def test_errors_are_in_the_vendors_words(mock: App) -> None:
    answer = POLL.send(mock.app, {"prefer": "code=404"})
    assert answer.json == {
        "code": "not_found",
        "message": "This response was selected with Prefer.",
    }
    answer = REQUESTS["createToken"].send(mock.app, {"prefer": "code=401"})
    assert answer.json["error"] == "invalid_client"
    answer = REQUESTS["downloadReport"].send(mock.app, {"prefer": "code=404"})
    assert answer.json["errorData"]["errorCode"] == "REPT_404"


@pytest.mark.parametrize(
    ("prefer", "reason"),
    [
        ("code=418", "has no status 418; it has: 200, 300, 400, 401, 403, 404, 405"),
        ("code=503", "has no status 503"),
        ("code=soon", "has no status soon"),
        ("code=", "has no status"),
        ("example=nope", "no example nope; it has: created, deleted, failed, processing"),
        ("code=404, example=x", "no example x; it has: none"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(mock: App, prefer: str, reason: str) -> None:
    answer = POLL.send(mock.app, {"prefer": prefer})
    assert answer.status == 400
    assert reason in answer.json["message"]
    assert answer.json["fields"][0]["name"] == "Prefer"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_unknown_status_is_a_4xx_of_the_vendor(mock: App, operation: str) -> None:
    answer = REQUESTS[operation].send(mock.app, {"prefer": "code=299"})
    assert answer.status == 400
    assert b"has no status 299" in answer.body
    assert passes(plan_of(operation), response_of(plan_of(operation), answer))


@pytest.mark.parametrize(
    "prefer", ["", "return=minimal", "respond-async, wait=10", ";;;", "code", 'x="', "dynamic=no"]
)
def test_other_preferences_pass(mock: App, prefer: str) -> None:
    if prefer == "code":
        assert POLL.send(mock.app, {"prefer": prefer}).status == 400
        return
    answer = POLL.send(mock.app, {"prefer": prefer})
    assert answer.json["job"]["name"] == "Still in work"
    assert "preference-applied" not in answer.headers


def test_nothing_changes(mock: App) -> None:
    jobs = "/data/reports/calls/jobs"
    before = ask(mock.app, "GET", jobs, TALKDESK).json["total"]
    assert REQUESTS["createReportJob"].send(mock.app, {"prefer": "code=202"}).status == 202
    assert REQUESTS["cancelReportJob"].send(mock.app, {"prefer": "code=204"}).status == 204
    assert ask(mock.app, "GET", jobs, TALKDESK).json["total"] == before
    assert (
        ask(mock.app, "GET", f"{jobs}/3f2c9d1e-0000-4000-8000-000000000002", TALKDESK).json["job"][
            "status"
        ]
        == "CREATED"
    )


def test_callers_and_requests_are_judged_all_the_same(mock: App) -> None:
    wish = {"prefer": "code=200"}
    assert ask(mock.app, "GET", POLL.target, wish).status == 401
    assert ask(mock.app, "GET", "/data/reports/No.Type/jobs/1", TALKDESK | wish).status == 400
    assert ask(mock.app, "GET", "/data/reports/calls", TALKDESK | wish).status == 404


def test_control_plane_has_no_preferences(mock: App) -> None:
    assert ask(mock.app, "GET", "/_mock/health", {"prefer": "code=404"}).status == 200


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("code=404", Preference(code="404")),
        ("code=200, example=csv", Preference(code="200", example="csv")),
        ('code=200; example="two words"', Preference(code="200", example="two words")),
        ("Code=404, DYNAMIC=True", Preference(code="404", dynamic=True)),
        ("wait=10, dynamic=true", Preference(dynamic=True)),
        ("code==", Preference(code="=")),
        ('"', Preference()),
    ],
)
def test_header_is_read(text: str, read: Preference) -> None:
    assert read_prefer(text) == read
