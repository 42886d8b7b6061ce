"""Credentials: who is let in, with what status others are not, and which sandbox they choose."""

from base64 import b64encode

import pytest

from mockserver.app import App
from tests.unit.mockserver.asgi import CLINICALONE, CREATE, ENERGYCAP, JSON, TALKDESK, ask

TD_JOBS = "/data/reports/calls/jobs"
FORM = {"content-type": "application/x-www-form-urlencoded"}
GRANT = b"grant_type=client_credentials"
KICK_OFF = "/ec-reporting-svc/rest/v1.0/report/job/6A7C29DD011241DFBE1B64399283C860"
RUN = "/api/v202106/reportdistribution/1/exec"


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def basic(text: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (bearer("mock-talkdesk-reader"), 403),
        (bearer("mock-talkdesk-noscope"), 403),
        (bearer("mock-talkdesk-other"), 202),
        ({"authorization": "bearer mock-talkdesk-writer"}, 202),
        ({"authorization": "Basic mock-talkdesk-writer"}, 401),
        ({"authorization": "mock-talkdesk-writer"}, 401),
        ({"authorization": "Bearer mock-clinicalone-manager"}, 401),
        (ENERGYCAP, 401),
        ({}, 401),
    ],
)
def test_scope_of_a_talkdesk_token(mock: App, headers: dict[str, str], status: int) -> None:
    assert ask(mock.app, "POST", TD_JOBS, headers | JSON, CREATE).status == status


def test_missing_right_is_401_at_clinical_one(mock: App) -> None:
    assert (
        ask(mock.app, "POST", KICK_OFF, bearer("mock-clinicalone-viewer") | JSON, {}).status == 401
    )
    assert ask(mock.app, "POST", KICK_OFF, CLINICALONE | JSON, b"{}").status == 202


def test_missing_permission_is_401_at_energycap(mock: App) -> None:
    assert ask(mock.app, "POST", RUN, {"eci-apikey": "mock-energycap-viewer"}).status == 401
    assert ask(mock.app, "POST", RUN, ENERGYCAP).status == 200


def test_credentials_that_stand_twice_are_401(mock: App) -> None:
    twice = {"authorization": "Bearer mock-talkdesk-writer, Bearer mock-talkdesk-writer"}
    assert ask(mock.app, "GET", TD_JOBS, twice).status == 401


def test_unauthorised_tells_how_to_do_better(mock: App) -> None:
    assert ask(mock.app, "GET", TD_JOBS).headers["www-authenticate"].startswith("Bearer")


def test_credentials_come_before_the_rest_of_the_request(mock: App) -> None:
    assert ask(mock.app, "GET", "/data/reports/nonsense/jobs/x?y=1").status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("mock-talkdesk-client:mock-talkdesk-secret"), 200),
        (basic("mock-talkdesk-client:wrong"), 401),
        (basic("mock-talkdesk-client"), 401),
        ({"authorization": "Basic !!!"}, 401),
        ({"authorization": "Basic é"}, 401),
        ({"authorization": "Basic " + b64encode(b"\xff\xfe").decode()}, 401),
        (TALKDESK, 401),
        ({}, 401),
    ],
)
def test_client_credentials(mock: App, headers: dict[str, str], status: int) -> None:
    answer = ask(mock.app, "POST", "/oauth/token", headers | FORM, GRANT)
    assert answer.status == status
    assert ("access_token" if status == 200 else "error") in answer.json


def test_the_grant_may_stand_in_the_query(mock: App) -> None:
    headers = basic("mock-talkdesk-client:mock-talkdesk-secret")
    path = "/oauth/token?grant_type="
    assert "access_token" in ask(mock.app, "POST", f"{path}client_credentials", headers).json
    assert ask(mock.app, "POST", f"{path}password", headers).status == 400
    refused = ask(mock.app, "POST", "/oauth/token", headers)
    assert (refused.status, refused.json["error"]) == (400, "invalid_request")


def token(mock: App, headers: dict[str, str]) -> str:
    answer = ask(mock.app, "POST", "/oauth/token", headers | FORM, GRANT)
    return str(answer.json["access_token"])


def test_issued_token_holds_ten_virtual_minutes(mock: App) -> None:
    issued = bearer(token(mock, basic("mock-talkdesk-client:mock-talkdesk-secret")))
    assert ask(mock.app, "GET", TD_JOBS, issued).status == 200
    mock.sandboxes.default.clock.move(advance=10 * 60_000 - 1)
    assert ask(mock.app, "GET", TD_JOBS, issued).status == 200
    mock.sandboxes.default.clock.move(advance=1)
    assert ask(mock.app, "GET", TD_JOBS, issued).status == 401


def test_credentials_of_a_sandbox_choose_it(mock: App) -> None:
    made = ask(mock.app, "POST", "/_mock/sandboxes").json
    secrets = made["credentials"]["talkdesk"]
    there = bearer(secrets["writer"])
    job = ask(mock.app, "POST", TD_JOBS, there | JSON, CREATE).json["job"]["id"]
    assert ask(mock.app, "GET", f"{TD_JOBS}/{job}", there).status == 200
    assert ask(mock.app, "GET", f"{TD_JOBS}/{job}", TALKDESK).status == 404
    by_header = TALKDESK | {"x-mock-sandbox": made["id"]}
    assert ask(mock.app, "GET", f"{TD_JOBS}/{job}", by_header).status == 200
    client = basic(f"{secrets['client-id']}:{secrets['client-secret']}")
    issued = bearer(token(mock, client))
    assert ask(mock.app, "GET", f"{TD_JOBS}/{job}", issued).status == 200


def test_credentials_of_one_sandbox_are_401_in_another(mock: App) -> None:
    one, two = (ask(mock.app, "POST", "/_mock/sandboxes").json for _ in range(2))
    key = {"eci-apikey": one["credentials"]["energycap"]["manager"], "x-mock-sandbox": two["id"]}
    assert ask(mock.app, "POST", RUN, key).status == 401


@pytest.mark.parametrize("name", ["sb-none", "", "a/b"])
def test_unknown_sandbox_is_a_4xx_of_the_vendor(mock: App, name: str) -> None:
    answer = ask(mock.app, "GET", TD_JOBS, TALKDESK | {"x-mock-sandbox": name})
    assert answer.status == 404
    assert "X-Mock-Sandbox" in answer.json["message"]


def test_wrong_method_comes_before_an_unknown_sandbox(mock: App) -> None:
    assert ask(mock.app, "TRACE", "/_mock/health", {"x-mock-sandbox": "sb-none"}).status == 405
    assert ask(mock.app, "GET", "/_mock/nothing", {"x-mock-sandbox": "sb-none"}).status == 404
