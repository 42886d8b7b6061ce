"""What a page of another origin may do, and what it may not."""

import pytest

from mockserver.app import App, create_app
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.http.cors import Cors
from tests.unit.mockserver.asgi import JSON, TALKDESK, ask

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
    assert header.lower() in answer.headers["access-control-allow-headers"]


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


def test_preflight_allows_every_header_that_a_page_asks_for(mock: App) -> None:
    names = "traceparent,baggage, sentry-trace,x-request-id , range,if-none-match,idempotency-key"
    answer = ask(mock.app, "OPTIONS", TD_JOBS, preflight("POST", names))
    assert answer.headers["access-control-allow-headers"] == names


@pytest.mark.parametrize("method", ["PUT", "PATCH", "PURGE"])
@pytest.mark.parametrize("path", [TD_JOBS, "/nowhere"])
def test_preflight_allows_any_method_so_that_a_page_sees_the_refusal(
    mock: App, method: str, path: str
) -> None:
    answer = ask(mock.app, "OPTIONS", path, preflight(method, "content-type"))
    assert {method, "POST"} <= {*answer.headers["access-control-allow-methods"].split(", ")}
    answer = ask(mock.app, "OPTIONS", path, preflight(f"{method};", "content-type"))
    assert method + ";" not in answer.headers["access-control-allow-methods"]


def test_preflight_echoes_no_value_that_is_not_a_list_of_names(mock: App) -> None:
    answer = ask(mock.app, "OPTIONS", TD_JOBS, preflight("POST", "x: y"))
    assert answer.status == 204
    assert "access-control-allow-headers" not in answer.headers


def test_named_origins_may_send_credentials() -> None:
    cors = Cors(["https://app.example"], ())
    headers = cors.headers("https://app.example")
    assert headers["Access-Control-Allow-Origin"] == PAGE["origin"]
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", [None, "https://other.example", "null"])
def test_other_origins_get_nothing_but_vary(origin: str | None) -> None:
    assert Cors(["https://app.example"], ()).headers(origin) == {"Vary": "Origin"}


def test_any_origin_is_without_credentials() -> None:
    headers = Cors(["*"], ()).headers("https://app.example")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


def test_origin_that_is_named_beside_any_may_send_credentials() -> None:
    cors = Cors(["*", PAGE["origin"]], ())
    assert cors.headers(PAGE["origin"])["Access-Control-Allow-Credentials"] == "true"
    assert "Access-Control-Allow-Credentials" not in cors.headers("https://other.example")


def test_where_the_origin_never_arrived_the_only_one_that_may_call_is_named() -> None:
    allowed = "Access-Control-Allow-Origin"
    assert Cors([PAGE["origin"]], ()).headers("")[allowed] == PAGE["origin"]
    assert Cors(["*"], ()).headers("")[allowed] == "*"
    assert Cors(["*", PAGE["origin"]], ()).headers("")[allowed] == "*"
    assert allowed not in Cors([PAGE["origin"], "https://two.example"], ()).headers("")


@pytest.fixture(scope="module")
def open_mock() -> App:
    return create_app(Settings(control_origin=(PAGE["origin"],)))


def test_control_plane_can_be_opened_to_named_origins(open_mock: App) -> None:
    asked = ask(open_mock.app, "OPTIONS", "/_mock/clock", preflight("POST", "content-type"))
    assert (asked.status, asked.headers["access-control-allow-origin"]) == (204, PAGE["origin"])
    answer = ask(open_mock.app, "POST", "/_mock/clock", PAGE | JSON, {"advance": "PT1S"})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, PAGE["origin"])


def test_control_plane_opened_to_one_origin_is_closed_to_others(open_mock: App) -> None:
    other = {"origin": "https://other.example"}
    answer = ask(open_mock.app, "POST", "/_mock/clock", other | JSON, {"advance": "PT1S"})
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


def test_control_plane_is_not_opened_to_every_origin() -> None:
    with pytest.raises(ConfigurationError, match="must be an origin"):
        Settings(control_origin=("*",))
