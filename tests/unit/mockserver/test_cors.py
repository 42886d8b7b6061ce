"""What a page of another origin may do, and what it may not."""

import pytest

from mockserver.app import App
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
    assert header in answer.headers["access-control-allow-headers"]


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


def test_origins_can_be_named(mock: App) -> None:
    cors = Cors(["https://app.example"], mock.apis)
    assert cors.headers("https://app.example")["Access-Control-Allow-Origin"] == PAGE["origin"]
    assert cors.headers("https://app.example")["Vary"] == "Origin"
    assert cors.headers("https://other.example") == {}
