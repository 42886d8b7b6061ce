"""What a page of another origin may do, and what it may not."""

import pytest

from mockserver.app import App, create_app
from mockserver.config import Settings
from mockserver.http.cors import Cors
from tests.unit.mockserver._asgi import TALKDESK, ask

TD_JOBS = "/data/reports/calls/jobs"
DONE = f"{TD_JOBS}/3f2c9d1e-0000-4000-8000-000000000001"
PAGE = {"origin": "https://app.example"}
RUN = "/api/v202106/reportdistribution/1/exec"


def preflight(method: str, headers: str) -> dict[str, str]:
    asks = {"access-control-request-method": method, "access-control-request-headers": headers}
    return PAGE | asks


@pytest.mark.parametrize(
    ("path", "method", "header"),
    [
        (TD_JOBS, "POST", "Authorization"),
        (TD_JOBS, "POST", "Content-Type"),
        (RUN, "POST", "ECI-ApiKey"),
        (RUN, "POST", "X-Mock-Sandbox"),
        ("/data/reports/unknown", "GET", "Authorization"),
    ],
)
def test_preflight_allows_what_clients_send(mock: App, path: str, method: str, header: str) -> None:
    answer = ask(mock.app, "OPTIONS", path, preflight(method, header.lower()))
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == header.lower()


@pytest.mark.parametrize("key", [TALKDESK, {}], ids=["known", "unknown"])
def test_replies_and_refusals_can_be_read_with_their_headers(
    mock: App, key: dict[str, str]
) -> None:
    answer = ask(mock.app, "GET", DONE, key | PAGE)
    exposed = answer.headers["access-control-expose-headers"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"Location", "Content-Disposition", "TotalPages", "PageNumber", "Retry-After"} <= set(
        exposed.split(", ")
    )


def test_same_origin_needs_no_headers(mock: App) -> None:
    assert "access-control-allow-origin" not in ask(mock.app, "GET", DONE, TALKDESK).headers


@pytest.mark.parametrize("headers", [PAGE, preflight("POST", "content-type")])
def test_control_plane_is_closed_to_pages_of_other_origins(
    mock: App, headers: dict[str, str]
) -> None:
    answer = ask(mock.app, "POST", "/_mock/reset", headers)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "asked", ["traceparent", "baggage,sentry-trace", "x-request-id, x-requested-with", "a!#$%&'*+"]
)
def test_whatever_headers_are_asked_for_are_allowed(mock: App, asked: str) -> None:
    answer = ask(mock.app, "OPTIONS", TD_JOBS, preflight("GET", asked))
    assert answer.headers["access-control-allow-headers"] == asked


@pytest.mark.parametrize("asked", ["", "a b", "a,,b", "a\tb", "x: y", "é"])
def test_what_are_no_header_names_is_not_repeated(mock: App, asked: str) -> None:
    answer = ask(mock.app, "OPTIONS", TD_JOBS, preflight("GET", asked))
    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type"


def test_no_cache_keeps_a_reply(mock: App) -> None:
    for path, key in [(DONE, TALKDESK), (DONE, {}), ("/nowhere", {}), ("/_mock/clock", {})]:
        assert ask(mock.app, "GET", path, key).headers["cache-control"] == "no-store"


def test_an_origin_that_is_named_may_send_credentials(mock: App) -> None:
    cors = Cors([PAGE["origin"]], mock.apis)
    headers = cors.headers(PAGE["origin"])
    assert headers["Access-Control-Allow-Origin"] == PAGE["origin"]
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert headers["Vary"] == "Origin"
    assert cors.headers("https://other.example") == {"Vary": "Origin"}


def test_an_origin_that_is_named_beside_any_is_told_its_name(mock: App) -> None:
    cors = Cors(["*", PAGE["origin"]], mock.apis)
    allowed = "Access-Control-Allow-Origin"
    assert cors.headers(PAGE["origin"])[allowed] == PAGE["origin"]
    assert cors.headers("https://other.example")[allowed] == "*"
    assert "Access-Control-Allow-Credentials" not in cors.headers("https://other.example")


def test_where_the_origin_never_arrived_the_only_one_that_may_call_is_named(mock: App) -> None:
    allowed = "Access-Control-Allow-Origin"
    assert Cors([PAGE["origin"]], mock.apis).headers("")[allowed] == PAGE["origin"]
    assert Cors(["*"], mock.apis).headers("")[allowed] == "*"
    assert allowed not in Cors([PAGE["origin"], "https://two.example"], mock.apis).headers("")


def test_the_control_plane_opens_to_an_origin_that_is_named() -> None:
    settings = Settings(control_origins=(PAGE["origin"],), control_token="invented-control-token")
    app = create_app(settings).app
    answer = ask(app, "OPTIONS", "/_mock/reset", preflight("POST", "x-mock-token"))
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == PAGE["origin"]
    assert answer.headers["access-control-allow-headers"] == "x-mock-token"
    refused = ask(app, "POST", "/_mock/reset", PAGE)
    assert refused.status == 401
    assert refused.headers["access-control-allow-origin"] == PAGE["origin"]
    key = {"x-mock-token": "invented-control-token", "sec-fetch-site": "cross-site"}
    assert ask(app, "POST", "/_mock/reset", PAGE | key).status == 204
    other = {"origin": "https://other.example"} | key
    assert ask(app, "POST", "/_mock/reset", other).status == 403
    asks = preflight("POST", "x-mock-token") | {"origin": "https://other.example"}
    assert ask(app, "OPTIONS", "/_mock/reset", asks).status == 403
