"""The journal as the control plane shows it, and what clients of the mock leave in it."""

from typing import Any

import pytest

from mockserver.app import App
from tests.unit.mockserver.asgi import CREATE, ENERGYCAP, JSON, TALKDESK, ask

REQUESTS = "/_mock/requests"
JOBS = "/data/reports/calls/jobs"


def create(mock: App, headers: dict[str, str] | None = None) -> str:
    answer = ask(mock.app, "POST", JOBS, {**TALKDESK, **JSON, **(headers or {})}, CREATE)
    assert answer.status == 202
    return str(answer.json["job"]["id"])


def journal(mock: App, query: str = "", headers: dict[str, str] | None = None) -> list[Any]:
    answer = ask(mock.app, "GET", f"{REQUESTS}?{query}", headers)
    assert answer.status == 200
    return list(answer.json["requests"])


def walk(mock: App) -> str:
    """Make seven requests of various kinds; return the id of the job in them."""
    job = create(mock)
    ask(mock.app, "GET", f"{JOBS}/{job}", TALKDESK)
    ask(mock.app, "POST", "/_mock/clock", JSON, {"advance": "PT1M"})
    ask(mock.app, "GET", f"{JOBS}/{job}", TALKDESK)
    ask(mock.app, "DELETE", f"/data/reports/calls/files/{job}", TALKDESK)
    ask(mock.app, "GET", f"{JOBS}/{job}?nonsense=1", TALKDESK)
    ask(mock.app, "GET", "/api/v3/report/reportgroup", ENERGYCAP)
    ask(mock.app, "GET", "/nowhere")
    return job


def test_exchange_tells_operation_caller_verdict_and_jobs(mock: App) -> None:
    job = walk(mock)
    rows = journal(mock)
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["operation"] for row in rows] == [
        "createReportJob",
        "getReportJob",
        "getReportJob",
        "deleteReportFile",
        "getReportJob",
        "listReportGroups",
        None,
    ]
    assert [row["vendor"] for row in rows] == ["talkdesk"] * 5 + ["energycap", None]
    assert [row["caller"] for row in rows] == ["writer"] * 5 + ["manager", None]
    assert [row["status"] for row in rows] == [202, 200, 300, 204, 400, 200, 404]
    assert [row["verdict"] for row in rows] == ["ok"] * 4 + ["refused", "ok", "refused"]
    assert rows[4]["reason"] == "nonsense is not a parameter."
    assert [row["jobs"] for row in rows] == [
        [{"id": job, "before": None, "after": "CREATED"}],
        [{"id": job, "before": "CREATED", "after": "CREATED"}],
        [{"id": job, "before": "DONE", "after": "DONE"}],
        [{"id": job, "before": "DONE", "after": "DELETED"}],
        [],
        [],
        [],
    ]
    assert rows[0]["at"] == "2026-03-30T09:00:00.000Z"
    assert rows[2]["at"] == "2026-03-30T09:01:00.000Z"
    assert {row["sandbox"] for row in rows} == {"default"}


def test_exchange_keeps_headers_and_bodies(mock: App) -> None:
    walk(mock)
    made, *_, polled, _, refused, _, _ = journal(mock)
    assert made["request"]["media"] == "application/json"
    assert '"format":"csv"' in made["request"]["body"]
    assert made["request"]["length"] == len(made["request"]["body"])
    assert made["reply"]["media"] == "application/json"
    assert "Location" in polled["reply"]["headers"]
    assert refused["request"]["body"] is None
    assert refused["query"] == "nonsense=1"


def test_download_is_kept_without_its_content(mock: App) -> None:
    job = create(mock)
    ask(mock.app, "POST", "/_mock/clock", JSON, {"advance": "PT1M"})
    file = ask(mock.app, "GET", f"/data/reports/calls/files/{job}", TALKDESK)
    reply = journal(mock)[-1]["reply"]
    assert reply["media"] == file.headers["content-type"]
    assert reply["body"] is None
    assert reply["length"] in (None, len(file.body))


def test_long_body_is_cut(mock: App) -> None:
    body = {**CREATE, "name": "x" * 5000}
    ask(mock.app, "POST", JOBS, {**TALKDESK, **JSON}, body)
    request = journal(mock)[0]["request"]
    assert request["cut"]
    assert len(request["body"]) == 4096
    assert request["length"] > 5000


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("vendor=energycap", [6]),
        ("operation=getReportJob", [2, 3, 5]),
        ("operation=getReportJob&status=200", [2]),
        ("status=4XX", [5, 7]),
        ("method=delete", [4]),
        ("path=/nowhere", [7]),
        ("path=/data/*/calls/*", [1, 2, 3, 4, 5]),
        ("job={job}", [1, 2, 3, 4]),
        ("caller=manager", [6]),
        ("verdict=refused", [5, 7]),
        ("fault=any", []),
        ("fault=none&since=6", [6, 7]),
        ("since=6", [6, 7]),
        ("since=99", []),
        ("after=5", [6, 7]),
        ("limit=2", [1, 2]),
        ("limit=2&after=2", [3, 4]),
        ("order=newest&limit=2", [7, 6]),
        ("order=newest&limit=2&after=6", [5, 4]),
        ("order=newest&since=3&after=5", [4, 3]),
        ("vendor=unknown", []),
    ],
)
def test_journal_filters_and_pages(mock: App, query: str, numbers: list[int]) -> None:
    job = walk(mock)
    assert [row["number"] for row in journal(mock, query.format(job=job))] == numbers


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_join_to_the_whole(mock: App, order: str, limit: int) -> None:
    walk(mock)
    seen: list[int] = []
    after = ""
    while True:
        page = ask(mock.app, "GET", f"{REQUESTS}?order={order}&limit={limit}{after}").json
        seen += [row["number"] for row in page["requests"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(seen) == [1, 2, 3, 4, 5, 6, 7]
    assert seen == sorted(seen, reverse=order == "newest")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("status=2xx", "status"),
        ("since=-1", "since"),
        ("order=random", "order"),
        ("vendors=talkdesk", "vendors"),
        ("verdict=good", "verdict"),
    ],
)
def test_bad_filter_is_named(mock: App, query: str, field: str) -> None:
    answer = ask(mock.app, "GET", f"{REQUESTS}?{query}")
    assert (answer.status, answer.json["field"]) == (400, field)


def test_one_exchange_is_read_by_its_number(mock: App) -> None:
    walk(mock)
    assert ask(mock.app, "GET", f"{REQUESTS}/3").json == journal(mock)[2]
    answer = ask(mock.app, "GET", f"{REQUESTS}/8")
    assert (answer.status, answer.json["field"]) == (404, "number")


def test_brief_rows_have_no_messages(mock: App) -> None:
    walk(mock)
    assert all({"request", "reply"}.isdisjoint(row) for row in journal(mock, "detail=brief"))


def test_cleared_journal_is_empty_and_counts_on(mock: App) -> None:
    walk(mock)
    assert ask(mock.app, "DELETE", REQUESTS).status == 204
    page = ask(mock.app, "GET", REQUESTS).json
    assert (page["requests"], page["first"], page["last"], page["bytes"]) == ([], None, 7, 0)
    create(mock)
    assert [row["number"] for row in journal(mock)] == [8]


def test_each_sandbox_has_its_own_journal(mock: App) -> None:
    box = ask(mock.app, "POST", "/_mock/sandboxes").json
    named = {"x-mock-sandbox": box["id"]}
    create(mock)
    create(mock, {"authorization": f"Bearer {box['credentials']['talkdesk']['writer']}"})
    create(mock, named)
    assert [row["sandbox"] for row in journal(mock)] == ["default"]
    assert [row["sandbox"] for row in journal(mock, headers=named)] == [box["id"]] * 2
    assert ask(mock.app, "DELETE", REQUESTS, named).status == 204
    assert len(journal(mock)) == 1
    assert journal(mock, headers=named) == []


def test_call_to_a_sandbox_that_is_not_there_is_nobodys(mock: App) -> None:
    assert ask(mock.app, "GET", JOBS, {**TALKDESK, "x-mock-sandbox": "gone"}).status == 404
    assert journal(mock) == []


def test_control_plane_is_not_in_the_journal(mock: App) -> None:
    ask(mock.app, "GET", "/_mock/health")
    ask(mock.app, "GET", "/_mock/nowhere")
    assert journal(mock) == []


def test_archive_has_the_exchanges_that_the_filters_select(mock: App) -> None:
    job = walk(mock)
    answer = ask(mock.app, "GET", f"{REQUESTS}?format=har&status=2XX&limit=2")
    assert answer.status == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="default.har"'
    log = answer.json["log"]
    assert [row["_mock"]["number"] for row in log["entries"]] == [1, 2]
    assert log["_mock"] == {"sandbox": "default", "next": 2, "forgotten": 0}
    created, polled = log["entries"]
    assert created["request"]["postData"]["text"].startswith('{"format":"csv"')
    assert {"name": "authorization", "value": "[redacted]"} in created["request"]["headers"]
    assert polled["request"]["url"] == f"http://127.0.0.1:4010{JOBS}/{job}"
    assert polled["time"] == polled["_mock"]["elapsed"] == polled["timings"]["wait"]
