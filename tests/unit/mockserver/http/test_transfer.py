"""HTTP as the RFCs have it, as far as the application and not the connection is in charge."""

import asyncio
import gzip
import zlib
from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.app import App, create_app
from mockserver.config import Settings
from mockserver.errors import ApiError
from mockserver.openapi.responses import HTTP_ERRORS, ResponseValidator
from mockserver.openapi.schemas import Schemas
from tests.unit.mockserver.asgi import CREATE, JSON, TALKDESK, Answer, ask, request_scope

TD_JOBS = "/data/reports/calls/jobs"
DONE = f"{TD_JOBS}/3f2c9d1e-0000-4000-8000-000000000001"
FILE = "/data/reports/calls/files/3f2c9d1e-0000-4000-8000-000000000001"
DOCS = "/_mock/docs/talkdesk/"
CREATION = orjson.dumps(CREATE)
TWO_MEMBERS = gzip.compress(CREATION[:20]) + gzip.compress(CREATION[20:])
MANY_MEMBERS = gzip.compress(b"") * 999 + TWO_MEMBERS


@pytest.mark.parametrize("path", [TD_JOBS, "/nowhere"])
def test_body_that_a_get_has_is_read_to_its_end(mock: App, path: str) -> None:
    events = [
        {"type": "http.request", "body": b"G", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
    ]

    async def receive() -> dict[str, object]:
        return events.pop(0)

    async def send(_: object) -> None:
        pass

    scope = request_scope("GET", path, {**TALKDESK, "transfer-encoding": "chunked"})
    asyncio.run(mock.app(scope, receive, send))
    assert events == []


def create(mock: App, coding: str, body: bytes) -> Answer:
    return ask(mock.app, "POST", TD_JOBS, {**TALKDESK, **JSON, "content-encoding": coding}, body)


@pytest.mark.parametrize("path", [DONE, FILE, "/_mock/health", "/_mock/", DOCS])
def test_head_is_a_get_without_its_body(mock: App, path: str) -> None:
    got = ask(mock.app, "GET", path, TALKDESK)
    head = ask(mock.app, "HEAD", path, TALKDESK)
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers == got.headers


def test_head_is_journaled_as_head_and_counts_as_no_operation(mock: App) -> None:
    ask(mock.app, "HEAD", DONE, TALKDESK)
    (entry, *_) = ask(mock.app, "GET", "/_mock/requests?limit=1").json["requests"]
    assert entry["method"] == "HEAD"
    assert entry.get("operation") is None
    expected = {"calls": [{"operation": "getReportJob", "count": {"exactly": 0}}]}
    assert ask(mock.app, "POST", "/_mock/verify", JSON, expected).json["verified"] is True


@pytest.mark.parametrize("path", [DONE, FILE, TD_JOBS, f"{TD_JOBS}/unknown", "/_mock/clock", "/x"])
def test_no_response_may_be_cached(mock: App, path: str) -> None:
    assert ask(mock.app, "GET", path, TALKDESK).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "asked", [{"range": "bytes=100-"}, {"if-none-match": "*"}], ids=["range", "condition"]
)
def test_ranges_and_conditions_are_ignored(mock: App, asked: dict[str, str]) -> None:
    plain = ask(mock.app, "GET", FILE, TALKDESK)
    assert plain.status == 200
    assert ask(mock.app, "GET", FILE, TALKDESK | asked).body == plain.body


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(CREATION)),
        ("GZIP", gzip.compress(CREATION)),
        ("x-gzip", gzip.compress(CREATION)),
        ("gzip", TWO_MEMBERS),
        ("gzip", MANY_MEMBERS),
        ("deflate", zlib.compress(CREATION)),
        ("identity", CREATION),
        ("", CREATION),
        ("deflate, gzip", gzip.compress(zlib.compress(CREATION))),
    ],
    ids=["gzip", "upper", "x-gzip", "members", "many", "deflate", "identity", "none", "two"],
)
def test_content_codings_are_decoded(mock: App, coding: str, body: bytes) -> None:
    assert create(mock, coding, body).status == 202


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "none", "é"])
def test_other_content_codings_are_415_with_those_that_work(mock: App, coding: str) -> None:
    answer = create(mock, coding, CREATION)
    assert answer.status == 415
    assert "gzip" in answer.headers["accept-encoding"]
    assert "Content-Encoding" in answer.json["message"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), coding=st.sampled_from(["gzip", "deflate"]))
def test_body_that_does_not_decode_is_400(mock: App, body: bytes, coding: str) -> None:
    assert create(mock, coding, body).status == 400


def test_decoded_body_is_bounded_too() -> None:
    mock = create_app(Settings(max_body=1000))
    answer = create(mock, "gzip", gzip.compress(CREATION + b" " * 10_000_000))
    assert answer.status == 413


@pytest.mark.parametrize("path", [DOCS, f"{DOCS}openapi.json", "/_mock/", "/_mock/dashboard/x"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH"])
def test_pages_refuse_other_methods_with_allow(mock: App, path: str, method: str) -> None:
    answer = ask(mock.app, method, path)
    assert answer.status == 405
    assert "GET, HEAD" in answer.headers["allow"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scheme=st.sampled_from(["", "Basic ", "Bearer "]),
    value=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30),
)
@pytest.mark.parametrize("name", ["authorization", "eci-apikey", "x-mock-token", "x-mock-sandbox"])
def test_no_credential_is_a_500(mock: App, name: str, scheme: str, value: str) -> None:
    for path in (DONE, "/oauth/token", "/api/v3/report/reportgroup", "/_mock/clock"):
        answer = ask(mock.app, "GET", path, {name: f"{scheme}{value}"})
        assert answer.status < 500


@pytest.mark.parametrize("status", sorted(HTTP_ERRORS))
def test_refusals_of_http_need_no_row_of_the_contract(mock: App, status: int) -> None:
    ResponseValidator(Schemas({"components": {}}), {}).check(
        mock.apis[0].error(_error(status), None), handled=False
    )


def test_contract_without_405_and_415_still_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    mock = create_app(Settings())
    for api in mock.apis:
        for name, operation in api.operations.items():
            empty = ResponseValidator(Schemas(api.openapi), {})
            api.operations[name] = replace(operation, responses=empty)  # type: ignore[index]
        object.__setattr__(api, "responses", ResponseValidator(Schemas(api.openapi), {}))
    assert ask(mock.app, "PATCH", TD_JOBS, TALKDESK).status == 405
    assert ask(mock.app, "GET", "/data/reports/a/b/c/d/e", TALKDESK).status == 404


def _error(status: int) -> ApiError:
    return ApiError(status, "refused")
