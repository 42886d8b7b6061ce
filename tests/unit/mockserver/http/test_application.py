"""The way of a request: routing, who answers, whose error body, and nothing unchecked."""

import asyncio
import logging
from typing import Any, cast

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.app import App
from mockserver.http.messages import Request, Response
from mockserver.http.routing import Handler
from tests.unit.mockserver.asgi import (
    CLINICALONE,
    CREATE,
    ENERGYCAP,
    JSON,
    TALKDESK,
    ask,
    request_scope,
)

TD_JOBS = "/data/reports/calls/jobs"
C1_DOWNLOAD = "/ec-reporting-svc/rest/v2.0/reports/download"
EC_RUN = "/api/v202106/reportdistribution/1/exec"
GROUPS = "/api/v3/report/reportgroup"

VENDORS = {
    "talkdesk": (TD_JOBS, TALKDESK, {"code", "message"}),
    "clinicalone": (C1_DOWNLOAD, CLINICALONE, {"status", "errorData"}),
    "energycap": (GROUPS, ENERGYCAP, {"message"}),
}
EACH = pytest.mark.parametrize(("path", "key", "members"), VENDORS.values(), ids=VENDORS)


@EACH
def test_unknown_path_is_404_in_the_vendors_words(
    mock: App, path: str, key: dict[str, str], members: set[str]
) -> None:
    answer = ask(mock.app, "GET", f"{path}/no/such/path", key)
    assert answer.status == 404
    assert members <= set(answer.json)


@EACH
def test_wrong_method_is_405_with_allow_in_the_vendors_words(
    mock: App, path: str, key: dict[str, str], members: set[str]
) -> None:
    answer = ask(mock.app, "PATCH", path, key)
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]
    assert members <= set(answer.json)


@pytest.mark.parametrize(
    ("path", "key", "body"), [(TD_JOBS, TALKDESK, CREATE), (GROUPS, ENERGYCAP, {})]
)
def test_request_whose_sandbox_is_deleted_before_its_body_comes_is_404(
    mock: App, path: str, key: dict[str, str], body: dict[str, Any]
) -> None:
    assert ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"id": "deleted-soon"}).status == 201
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    async def receive() -> dict[str, Any]:
        deletion = request_scope("DELETE", "/_mock/sandboxes/deleted-soon", {"content-length": "0"})
        await mock.app(deletion, receive_nothing, send)
        return {"type": "http.request", "body": orjson.dumps(body), "more_body": False}

    async def receive_nothing() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = request_scope("POST", path, {**key, **JSON, "x-mock-sandbox": "deleted-soon"})
    asyncio.run(mock.app(scope, receive, send))
    assert statuses == [204, 404]


@EACH
@pytest.mark.parametrize("secret", [None, "", "wrong", "mock-other-vendor"])
def test_bad_credentials_are_401_in_the_vendors_words(
    mock: App, path: str, key: dict[str, str], members: set[str], secret: str | None
) -> None:
    name = next(iter(key))
    headers = {} if secret is None else {name: f"Bearer {secret}" if "auth" in name else secret}
    answer = ask(mock.app, "GET", path, headers)
    assert answer.status == 401
    assert members <= set(answer.json)


def test_nobodys_path_is_a_plain_404_that_shows_the_way(mock: App) -> None:
    answer = ask(mock.app, "GET", "/")
    assert answer.status == 404
    assert "/data/reports" in answer.json["served"]


def test_allow_lists_all_methods_of_a_path(mock: App) -> None:
    answer = ask(mock.app, "PUT", f"{TD_JOBS}/x", TALKDESK)
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


def test_options_tells_the_methods(mock: App) -> None:
    answer = ask(mock.app, "OPTIONS", f"{TD_JOBS}/x")
    assert (answer.status, answer.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS")


def test_options_of_the_server_are_the_methods_of_all_paths(mock: App) -> None:
    answer = ask(mock.app, "OPTIONS", "*")
    allowed = "DELETE, GET, HEAD, OPTIONS, POST, PUT"
    assert (answer.status, answer.headers["allow"]) == (204, allowed)
    assert ask(mock.app, "GET", "*").status == 404


@pytest.mark.parametrize("path", ["", "openapi.json", "swagger-ui.css", "documentation.js"])
def test_options_of_a_page_are_its_methods(mock: App, path: str) -> None:
    answer = ask(mock.app, "OPTIONS", f"/_mock/docs/talkdesk/{path}")
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/d%61ta/%72eports/calls/%6Aobs", "/%5Fmock/health"])
def test_needless_percent_encoding_changes_no_path(mock: App, path: str) -> None:
    assert ask(mock.app, "GET", path, TALKDESK).status == 200


@pytest.mark.parametrize(
    "path", [f"{TD_JOBS}/", f"{TD_JOBS}/a/", "/data/reports", "//data/reports"]
)
def test_trailing_or_double_slash_is_another_path(mock: App, path: str) -> None:
    assert ask(mock.app, "GET", path, TALKDESK).status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{TD_JOBS}/a%2Fb", 404),
        (f"{TD_JOBS}/%00", 400),
        (f"{TD_JOBS}/%ff", 400),
        ("/data/reports/nonsense/jobs/x", 400),
        (f"{TD_JOBS}?page=abc", 400),
        (f"{TD_JOBS}?page=1&page=2", 400),
        (f"{TD_JOBS}?pages=1", 400),
    ],
)
def test_bad_paths_and_queries_are_4xx_of_the_vendor(mock: App, path: str, status: int) -> None:
    answer = ask(mock.app, "GET", path, TALKDESK)
    assert answer.status == status
    assert {"code", "message"} <= set(answer.json)


@pytest.mark.parametrize("number", ["abc", "2147483648", "1.5", "%00", "1e3"])
def test_integer_in_a_path_that_is_none_is_400(mock: App, number: str) -> None:
    answer = ask(mock.app, "POST", f"/api/v202106/reportdistribution/{number}/exec", ENERGYCAP)
    assert answer.status == 400
    assert "reportDistributionId" in answer.json["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (JSON, 200),
        ({"content-type": "application/json; charset=utf-8"}, 200),
        ({"content-type": "text/plain"}, 415),
    ],
)
def test_exec_takes_json_or_no_content_type(
    mock: App, headers: dict[str, str], status: int
) -> None:
    assert ask(mock.app, "POST", EC_RUN, ENERGYCAP | headers).status == status


def test_body_beyond_the_limit_is_413_told_or_untold(mock: App) -> None:
    large = b"[" + b"1," * 600_000 + b"1]"
    told = ask(mock.app, "POST", TD_JOBS, TALKDESK | JSON | {"content-length": str(len(large))})
    untold = ask(mock.app, "POST", TD_JOBS, TALKDESK | JSON, large)
    assert (told.status, untold.status) == (413, 413)
    assert {"code", "message"} <= set(untold.json)


@pytest.mark.parametrize(
    "answer",
    [
        Response(201, {"job": {}}),
        Response(200, {"job": {"id": 7}}),
        Response(200, {"job": {"status": "LATE"}}),
        Response(200),
        Response(300, {"job": {}}, {"Location": "/a\r\nx: y"}),
        Response(200, {"job": object()}),
        RuntimeError("hunter2"),
    ],
    ids=["status", "type", "value", "nothing", "header", "object", "exception"],
)
def test_broken_reply_is_a_500_with_a_reason_in_the_vendors_words(
    mock: App,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answer: Response | Exception,
) -> None:
    def handler(_call: Request) -> Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    talkdesk = next(party for party in mock.apis if party.name == "talkdesk")
    monkeypatch.setitem(cast("dict[str, Handler]", talkdesk.handlers), "getReportJob", handler)
    caplog.set_level(logging.CRITICAL + 1, "mockserver")
    found = ask(mock.app, "GET", f"{TD_JOBS}/x", TALKDESK)
    assert found.status == 500
    assert "at fault" in found.json["message"]
    assert b"hunter2" not in found.body
    assert [row.verdict for row in mock.sandboxes.default.journal.entries()][-1] != "ok"


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "BREW"]),
    path=st.sampled_from([TD_JOBS, f"{TD_JOBS}/x", C1_DOWNLOAD, EC_RUN, GROUPS, "/oauth/token"]),
    tail=st.text(st.characters(max_codepoint=255), max_size=20),
    query=st.binary(max_size=60),
    body=st.binary(max_size=60),
    kind=st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded"]),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=2 * settings().max_examples,
)
def test_no_request_gives_a_5xx(
    mock: App, method: str, path: str, tail: str, query: bytes, body: bytes, kind: str
) -> None:
    headers = TALKDESK | ENERGYCAP | {"content-type": kind}
    target = f"{path}{tail.replace('?', '')}?{query.decode('latin-1')}"
    assert ask(mock.app, method, target, headers, body).status < 500
