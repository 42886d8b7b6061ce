"""The journal as the control plane shows it, and what clients of the mock leave in it."""

import gc
import tracemalloc
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.mock import Mock
from tests.unit.mockserver._asgi import CREATE, ENERGYCAP, JSON, TALKDESK, Answer, ask

REQUESTS = "/_mock/requests"
JOBS = "/data/reports/calls/jobs"


def create(mock: Mock, headers: dict[str, str] | None = None) -> str:
    answer = ask(mock.app, "POST", JOBS, {**TALKDESK, **JSON, **(headers or {})}, CREATE)
    assert answer.status == 202
    return str(answer.json["job"]["id"])


def journal(mock: Mock, query: str = "", headers: dict[str, str] | None = None) -> list[Any]:
    answer = ask(mock.app, "GET", f"{REQUESTS}?{query}", headers)
    assert answer.status == 200
    return list(answer.json["requests"])


def walk(mock: Mock) -> str:
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


def test_exchange_tells_operation_caller_verdict_and_jobs(mock: Mock) -> None:
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


def test_exchange_keeps_headers_and_bodies(mock: Mock) -> None:
    walk(mock)
    made, *_, polled, _, refused, _, _ = journal(mock)
    assert made["request"]["media"] == "application/json"
    assert '"format":"csv"' in made["request"]["body"]
    assert made["request"]["length"] == len(made["request"]["body"])
    assert made["reply"]["media"] == "application/json"
    assert "Location" in polled["reply"]["headers"]
    assert refused["request"]["body"] is None
    assert refused["query"] == "nonsense=1"


def test_download_is_kept_without_its_content(mock: Mock) -> None:
    job = create(mock)
    ask(mock.app, "POST", "/_mock/clock", JSON, {"advance": "PT1M"})
    file = ask(mock.app, "GET", f"/data/reports/calls/files/{job}", TALKDESK)
    reply = journal(mock)[-1]["reply"]
    assert reply["media"] == file.headers["content-type"]
    assert reply["body"] is None
    assert reply["length"] in (None, len(file.body))


def test_long_body_is_cut(mock: Mock) -> None:
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
def test_journal_filters_and_pages(mock: Mock, query: str, numbers: list[int]) -> None:
    job = walk(mock)
    assert [row["number"] for row in journal(mock, query.format(job=job))] == numbers


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_join_to_the_whole(mock: Mock, order: str, limit: int) -> None:
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
def test_bad_filter_is_named(mock: Mock, query: str, field: str) -> None:
    answer = ask(mock.app, "GET", f"{REQUESTS}?{query}")
    assert (answer.status, answer.json["field"]) == (400, field)


def test_one_exchange_is_read_by_its_number(mock: Mock) -> None:
    walk(mock)
    assert ask(mock.app, "GET", f"{REQUESTS}/3").json == journal(mock)[2]
    answer = ask(mock.app, "GET", f"{REQUESTS}/8")
    assert (answer.status, answer.json["field"]) == (404, "number")


def test_brief_rows_have_no_messages(mock: Mock) -> None:
    walk(mock)
    assert all({"request", "reply"}.isdisjoint(row) for row in journal(mock, "detail=brief"))


def test_cleared_journal_is_empty_and_counts_on(mock: Mock) -> None:
    walk(mock)
    assert ask(mock.app, "DELETE", REQUESTS).status == 204
    page = ask(mock.app, "GET", REQUESTS).json
    assert (page["requests"], page["first"], page["last"], page["bytes"]) == ([], None, 7, 0)
    create(mock)
    assert [row["number"] for row in journal(mock)] == [8]


def test_each_sandbox_has_its_own_journal(mock: Mock) -> None:
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


def test_call_to_a_sandbox_that_is_not_there_is_nobodys(mock: Mock) -> None:
    assert ask(mock.app, "GET", JOBS, {**TALKDESK, "x-mock-sandbox": "gone"}).status == 404
    assert journal(mock) == []


def test_control_plane_is_not_in_the_journal(mock: Mock) -> None:
    ask(mock.app, "GET", "/_mock/health")
    ask(mock.app, "GET", "/_mock/nowhere")
    assert journal(mock) == []


SECRET = "hunter2-hunter2-hunter2"
TARGETS = st.sampled_from(
    [
        ("POST", JOBS),
        ("GET", f"{JOBS}/x"),
        ("POST", "/oauth/token"),
        ("POST", "/api/v3/report/reportgroup"),
        ("GET", "/ec-reporting-svc/rest/v2.0/reports/download"),
        ("GET", "/nowhere"),
    ]
)


FORM = {"content-type": "application/x-www-form-urlencoded"}
BASIC = b64encode(f"client:{SECRET}".encode()).decode()
PLANTED: dict[str, tuple[str, dict[str, str], str]] = {  # what follows the path, headers, body
    "bearer": ("", {"authorization": f"Bearer {SECRET}"}, ""),
    "basic": ("", {"authorization": f"Basic {BASIC}"}, ""),
    "apikey": ("", {"eci-apikey": SECRET}, ""),
    "cookie": ("", {"cookie": f"session={SECRET}"}, ""),
    "referer": ("", {"referer": f"http://x.test/?token={SECRET}"}, ""),
    "query": (f"?access_token={SECRET}", {}, ""),
    "escaped": (f"?{quote('%client_secret')}={SECRET}", {}, ""),
    "json": ("", {}, f'{{"format":"csv","nested":[{{"api_key":"{SECRET}"}}]}}'),
    "form": ("", FORM, f"grant_type=client_credentials&client_secret={SECRET}"),
    # A key that also stands where nobody looks for one.
    "twice": (
        f"/{SECRET}?{SECRET}=1",
        {"authorization": f"Bearer {SECRET}"},
        f'{{"format":"{SECRET}","note":"x{SECRET}"}}',
    ),
}
PLACES = st.sampled_from(sorted(PLANTED))


def plant(mock: Mock, place: str, method: str, path: str) -> Answer:
    """Send a request with SECRET in one place of it."""
    suffix, headers, body = PLANTED[place]
    sent = (body or '{"format":"csv"}').encode() if method == "POST" else b""
    return ask(mock.app, method, path + suffix, {**TALKDESK, **ENERGYCAP, **JSON, **headers}, sent)


@given(PLACES, TARGETS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_planted_secret_is_ever_kept(mock: Mock, place: str, target: tuple[str, str]) -> None:
    before = mock.sandboxes.default.journal.last
    plant(mock, place, *target)
    entries = mock.sandboxes.default.journal.entries()
    assert entries[-1].number == before + 1
    kept = repr(entries[-1])
    assert SECRET not in kept
    assert b64encode(SECRET.encode()).decode()[4:-4] not in kept


def test_issued_token_is_not_kept(mock: Mock) -> None:
    basic = b64encode(b"mock-talkdesk-client:mock-talkdesk-secret").decode()
    headers = {
        "authorization": f"Basic {basic}",
        "content-type": "application/x-www-form-urlencoded",
    }
    issued = ask(mock.app, "POST", "/oauth/token", headers, b"grant_type=client_credentials")
    kept = repr(mock.sandboxes.default.journal.entries())
    assert issued.json["access_token"] not in kept
    assert "mock-talkdesk-secret" not in kept
    assert '"token_type":"Bearer"' in kept


def test_journal_weighs_no_more_than_it_tells(mock: Mock) -> None:
    kept = mock.sandboxes.default.journal
    job = create(mock)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        told = kept.bytes
        for number in range(200):
            headers = {**TALKDESK, **JSON, "x-request-id": f"{number:0100}"}
            ask(mock.app, "GET", f"{JOBS}/{job}", headers)
        gc.collect()
        weight = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(kept) == 201
    assert weight < (kept.bytes - told) * 1.1  # a little of it is nobody's


@pytest.mark.parametrize(
    "headers",
    [
        {f"x-{number}": "v" for number in range(5000)},
        {"x-long": "v" * 60_000},
        {"x" * 60_000: "v"},
    ],
    ids=["many", "long", "long name"],
)
def test_entry_has_a_limit_whatever_is_sent(mock: Mock, headers: dict[str, str]) -> None:
    body = {**CREATE, "name": "x" * 100_000}
    ask(mock.app, "POST", f"{JOBS}?{'q' * 60_000}", {**TALKDESK, **JSON, **headers}, body)
    (kept,) = mock.sandboxes.default.journal.entries()
    assert len(repr(kept)) < 40_000
    assert kept.size < 40_000
