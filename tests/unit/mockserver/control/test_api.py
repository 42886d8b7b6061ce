"""The control plane: health, time, outcomes, reset and sandboxes, for one sandbox at a time."""

from typing import Any

import pytest

from mockserver.app import App, create_app
from mockserver.config import Settings
from tests.unit.mockserver.asgi import CREATE, JSON, TALKDESK, Answer, ask

TD_JOBS = "/data/reports/calls/jobs"
START = "2026-03-30T09:00:00.000Z"


def move(mock: App, body: dict[str, Any] | bytes, headers: dict[str, str] | None = None) -> Answer:
    return ask(mock.app, "POST", "/_mock/clock", JSON | (headers or {}), body)


def create_job(mock: App, headers: dict[str, str] | None = None) -> str:
    answer = ask(mock.app, "POST", TD_JOBS, TALKDESK | JSON | (headers or {}), CREATE)
    return str(answer.json["job"]["id"])


def status_of(mock: App, job: str) -> str:
    return str(ask(mock.app, "GET", f"{TD_JOBS}/{job}", TALKDESK).json["job"]["status"])


def test_health_names_profile_and_vendors(mock: App) -> None:
    answer = ask(mock.app, "GET", "/_mock/health")
    assert answer.status == 200
    assert answer.json["status"] == "ok"
    assert answer.json["vendors"] == ["clinicalone", "energycap", "talkdesk"]


@pytest.mark.parametrize(
    ("body", "now"),
    [
        ({"advance": "PT5M"}, "2026-03-30T09:05:00.000Z"),
        ({"advance": "PT0.5S"}, "2026-03-30T09:00:00.500Z"),
        ({"advance": "P1W"}, "2026-04-06T09:00:00.000Z"),
        ({"set": "2026-03-01T12:00:00Z"}, "2026-03-01T12:00:00.000Z"),
        ({"set": "2026-03-01T12:00:00+02:00"}, "2026-03-01T10:00:00.000Z"),
        ({"set": "2026-03-01T12:00:00Z", "advance": "PT1S"}, "2026-03-01T12:00:01.000Z"),
        ({"set": "9999-12-31T23:59:59Z"}, "9999-01-01T00:00:00.000Z"),
        ({"set": "0001-01-01T00:00:00Z"}, "0002-01-01T00:00:00.000Z"),
    ],
)
def test_clock_is_moved(mock: App, body: dict[str, Any], now: str) -> None:
    answer = move(mock, body)
    assert (answer.status, answer.json["now"]) == (200, now)
    assert ask(mock.app, "GET", "/_mock/clock").json["now"] == now


def test_clock_changes_its_pace(mock: App) -> None:
    assert move(mock, {"mode": "real", "speed": 60}).json["speed"] == 60
    assert move(mock, {"mode": "manual"}).json == {
        **ask(mock.app, "GET", "/_mock/clock").json,
        "mode": "manual",
        "speed": 60,
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"advance": "5 minutes"}, "advance"),
        ({"advance": "PT-5M"}, "advance"),
        ({"set": "tomorrow"}, "set"),
        ({"speed": 0}, "speed"),
        ({"mode": "fast"}, "mode"),
        ({"sped": 1}, "sped"),
        ({}, "body"),
        (b"[]", "body"),
    ],
)
def test_bad_move_names_the_member(mock: App, body: dict[str, Any] | bytes, field: str) -> None:
    answer = move(mock, body)
    assert (answer.status, answer.json["field"]) == (400, field)
    assert ask(mock.app, "GET", "/_mock/clock").json["now"] == START


def test_time_drives_the_jobs(mock: App) -> None:
    job = create_job(mock)
    seen = [status_of(mock, job)]
    for seconds in (5, 25):
        move(mock, {"advance": f"PT{seconds}S"})
        seen.append(status_of(mock, job))
    assert seen == ["CREATED", "PROCESSING", "DONE"]


def test_outcome_is_forced_and_shown(mock: App) -> None:
    job = create_job(mock)
    path = f"/_mock/jobs/talkdesk/{job}/outcome"
    answer = ask(mock.app, "POST", path, JSON, {"outcome": "FAILED"})
    assert (answer.status, answer.json["outcome"]) == (200, "FAILED")
    move(mock, {"advance": "PT1M"})
    assert status_of(mock, job) == "FAILED"
    assert ask(mock.app, "POST", path, JSON, {"outcome": "DONE"}).status == 409
    assert ask(mock.app, "POST", path, JSON, {"outcome": "NONE"}).status == 400


def test_jobs_are_listed_for_all_vendors_or_one(mock: App) -> None:
    vendors = {row["vendor"] for row in ask(mock.app, "GET", "/_mock/jobs").json["jobs"]}
    assert vendors >= {"clinicalone", "talkdesk"}
    only = ask(mock.app, "GET", "/_mock/jobs?vendor=talkdesk").json["jobs"]
    assert {row["vendor"] for row in only} == {"talkdesk"}
    assert ask(mock.app, "GET", "/_mock/jobs?vendor=acme").status == 404


def test_file_of_a_job_is_opened(mock: App) -> None:
    job = create_job(mock)
    path = f"/_mock/jobs/talkdesk/{job}/file"
    assert ask(mock.app, "GET", path).status == 404
    move(mock, {"advance": "PT1M"})
    answer = ask(mock.app, "GET", path)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.body == ask(mock.app, "GET", f"/data/reports/calls/files/{job}", TALKDESK).body


def test_reset_puts_data_and_clock_back(mock: App) -> None:
    job = create_job(mock)
    move(mock, {"advance": "PT5M", "mode": "real", "speed": 9})
    assert ask(mock.app, "POST", "/_mock/reset").status == 204
    assert ask(mock.app, "GET", f"{TD_JOBS}/{job}", TALKDESK).status == 404
    assert ask(mock.app, "GET", "/_mock/clock").json == {"now": START, "mode": "manual", "speed": 1}
    assert create_job(mock) == job


def test_sandbox_lives_by_itself(mock: App) -> None:
    made = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"seed": 7, "clock": {"mode": "manual"}})
    here = {"x-mock-sandbox": made.json["id"]}
    assert (made.status, made.json["seed"]) == (201, 7)
    move(mock, {"advance": "PT5M"}, here)
    assert ask(mock.app, "GET", "/_mock/clock").json["now"] == START
    path = f"/_mock/sandboxes/{made.json['id']}"
    assert ask(mock.app, "GET", path).json["clock"]["now"] == "2026-03-30T09:05:00.000Z"
    ask(mock.app, "POST", "/_mock/reset", here)
    assert ask(mock.app, "GET", "/_mock/clock", here).json["now"] == START
    assert ask(mock.app, "DELETE", path).status == 204
    assert ask(mock.app, "GET", path).status == 404
    assert ask(mock.app, "GET", "/_mock/clock", here).status == 404


def test_sandbox_has_an_id_of_ones_own(mock: App) -> None:
    made = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"id": "checkout-7"})
    assert (made.status, made.json["id"]) == (201, "checkout-7")
    secret = made.json["credentials"]["talkdesk"]["writer"]
    body = {"authorization": f"Bearer {secret}"}
    assert ask(mock.app, "GET", TD_JOBS, body).status == 200
    here = {"x-mock-sandbox": "checkout-7"}
    assert len(ask(mock.app, "GET", "/_mock/requests", here).json["requests"]) == 1
    for taken in ("checkout-7", "default"):
        again = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"id": taken})
        assert (again.status, again.json["field"]) == (409, "id")
    assert ask(mock.app, "DELETE", "/_mock/sandboxes/checkout-7").status == 204
    assert ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"id": "checkout-7"}).status == 201


@pytest.mark.parametrize("name", ["", "a" * 65, "a.b", "a_b", "a b", "é", 7, None])
def test_bad_id_of_a_sandbox_is_named(mock: App, name: object) -> None:
    answer = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"id": name})
    assert answer.status == 400
    assert "id" in answer.json["field"]


@pytest.mark.parametrize(
    ("body", "clock"),
    [
        (
            {"clock": {"now": "2020-02-29T23:00:00+01:00"}},
            {"now": "2020-02-29T22:00:00.000Z", "mode": "manual", "speed": 1},
        ),
        (
            {"clock": {"now": "0001-01-01T00:00:00Z", "mode": "manual", "speed": 60}},
            {"now": "0002-01-01T00:00:00.000Z", "mode": "manual", "speed": 60},
        ),
        (
            {"clock": {"now": "2027-01-01T00:00:00Z"}, "scenario": "talkdesk/fails"},
            {"now": "2027-01-01T00:00:00.000Z", "mode": "manual", "speed": 1},
        ),
    ],
)
def test_sandbox_starts_at_a_time_and_returns_to_it(
    mock: App, body: dict[str, Any], clock: dict[str, Any]
) -> None:
    made = ask(mock.app, "POST", "/_mock/sandboxes", JSON, body)
    assert (made.status, made.json["clock"]) == (201, clock)
    here = {"x-mock-sandbox": made.json["id"]}
    move(mock, {"advance": "P1D"}, here)
    assert ask(mock.app, "POST", "/_mock/reset", here).status == 204
    assert ask(mock.app, "GET", "/_mock/clock", here).json == clock


def test_bad_start_of_a_sandbox_is_named(mock: App) -> None:
    body = {"clock": {"now": "2026-03-30T09:00:00"}}
    answer = ask(mock.app, "POST", "/_mock/sandboxes", JSON, body)
    assert answer.status == 400
    assert answer.json["field"].startswith("clock")


def test_a_preflight_is_in_the_sandbox_that_its_query_tells(mock: App) -> None:
    ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"id": "mine"})
    asks = {"origin": "http://x.example", "access-control-request-method": "POST"}
    for query in ("?client_id=mock-talkdesk-client%2Emine&a=b", "?a=1.5&access_token=x.mine", ""):
        assert ask(mock.app, "OPTIONS", f"/oauth/token{query}", asks).status == 204
    requests = "/_mock/requests?method=OPTIONS"
    mine = ask(mock.app, "GET", requests, {"x-mock-sandbox": "mine"}).json["requests"]
    others = ask(mock.app, "GET", requests).json["requests"]
    assert (len(mine), len(others)) == (2, 1)
    assert ask(mock.app, "GET", "/_mock/requests?method=GET").json["requests"] == []


def test_date_is_virtual_for_the_vendors_where_that_is_set() -> None:
    app = create_app(Settings(clock="manual", date_header="virtual")).app
    date = ask(app, "GET", TD_JOBS, TALKDESK).headers["date"]
    assert date == "Mon, 30 Mar 2026 09:00:00 GMT"
    assert "date" not in ask(app, "GET", "/_mock/clock").headers  # the server adds the real one


def test_default_sandbox_cannot_be_deleted(mock: App) -> None:
    assert ask(mock.app, "DELETE", "/_mock/sandboxes/default").status == 400


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example"])
def test_foreign_host_is_403(mock: App, host: str) -> None:
    assert ask(mock.app, "GET", "/_mock/health", {"host": host}).status == 403


def test_unknown_path_and_method(mock: App) -> None:
    assert ask(mock.app, "GET", "/_mock/nothing").json["title"] == "Not Found"
    answer = ask(mock.app, "PUT", "/_mock/clock")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("name", ["talkdesk", "clinicalone", "energycap", "control"])
def test_documentation_is_served_from_here_alone(mock: App, name: str) -> None:
    page = ask(mock.app, "GET", f"/_mock/docs/{name}/")
    assert page.status == 200
    assert b"http://" not in page.body
    assert b"https://" not in page.body
    document = ask(mock.app, "GET", f"/_mock/docs/{name}/openapi.json").json
    assert f"<title>{document['info']['title']} ·".encode() in page.body
    assert b'href="../../"' in page.body
    assert document["servers"] == [{"url": "/"}]
    script = ask(mock.app, "GET", f"/_mock/docs/{name}/swagger-ui-bundle.js")
    assert script.status == 200


@pytest.mark.parametrize("path", ["", "/", "/acme/", "/talkdesk/none.js", "/talkdesk/../../x"])
def test_documentation_that_is_not_there_is_404(mock: App, path: str) -> None:
    assert ask(mock.app, "GET", f"/_mock/docs{path}").status == 404


def test_journal_tells_what_happened_without_secrets(mock: App) -> None:
    create_job(mock)
    ask(mock.app, "GET", f"{TD_JOBS}/none?page=1&token=hunter2", TALKDESK)
    first, second = mock.sandboxes.default.journal.entries()[-2:]
    assert (first.operation, first.caller, first.status) == ("createReportJob", "writer", 202)
    assert (second.operation, second.status) == ("getReportJob", 400)
    assert "mock-talkdesk-writer" not in repr((first, second))
    assert "hunter2" not in repr(second)


def test_what_does_not_fit_a_pattern_is_told_by_example(mock: App) -> None:
    refused = ask(mock.app, "POST", "/_mock/clock", JSON, {"advance": "five minutes"})
    assert refused.status == 400
    assert refused.json["detail"] == "advance must have the form of 'PT5M'."


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/_mock/reset"), ("DELETE", "/_mock/faults"), ("DELETE", "/_mock/requests")],
)
def test_body_that_would_be_ignored_is_refused(mock: App, method: str, path: str) -> None:
    for ignored in (b'{"seed": 5}', b"[]", b"id=x"):
        answer = ask(mock.app, method, path, JSON, ignored)
        assert (answer.status, answer.json["field"]) == (400, "body")
    for empty in (b"", b"{}", b" null\n"):
        assert ask(mock.app, method, path, JSON, empty).status == 204


def test_optional_body_that_is_not_sent_may_have_any_type(mock: App) -> None:
    form = {"content-type": "application/x-www-form-urlencoded", "content-length": "0"}
    assert ask(mock.app, "POST", "/_mock/sandboxes", form).status == 201
    assert ask(mock.app, "POST", "/_mock/faults", form).status == 415
