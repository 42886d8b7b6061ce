"""Tests of the preflight and of waits: what cannot be judged, or takes long, is told."""

from dataclasses import replace

import pytest

from conformance.errors import TargetUnavailable, UsageError
from conformance.report.text import Progress
from conformance.session import open_session, preflight
from conformance.settings import Settings
from tests.unit.conformance._raw import reply, serving
from tests.unit.conformance._reference import reference_client
from tests.unit.conformance._tiny_vendor import contract, target


def run_preflight(url: str) -> None:
    client = open_session(contract(), target(url), Settings(timeout=5.0))
    preflight(client)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "shown", "remedy"),
    [
        ("https://{host}{path}", "https://{host}{path}", "give --base-url https://{host}"),
        ("https://b.example{path}", "https://b.example", "give --base-url https://b.example"),
        ("/v2{path}", "/v2/jobs/", "give --base-url http://{host}/v2"),
        ("{path}/", "/jobs/", "the paths of the contract have another end"),
        ("http://{host}{path}/", "/jobs/", "the paths of the contract have another end"),
        ("{path}", "/jobs/", "it leads to where it came from"),
        ("/login?next=secret", "Location: /login?…;", "looks like a login page"),
        ("https://sso.example/x?SAMLRequest=" + "A" * 9000, "https://sso.example/x?…", "sign-on"),
        ("https://sso.example/" + "é\x85" * 400, "https://sso.example/", "sign-on"),
        ("http://[", "http://[", "not a URL"),
        ("", "no Location", "check --base-url"),
    ],
)
def test_a_server_that_redirects_everything_is_not_judged(
    status: int, location: str, shown: str, remedy: str
):
    def redirect(request, connection, _):
        path = request.split(b" ")[1].decode()
        host = server.url.removeprefix("http://")
        connection.sendall(
            reply(status, Location=location.format(host=host, path=path)).decode().encode("latin-1")
        )

    with serving(redirect) as server:
        host = server.url.removeprefix("http://")
        with pytest.raises(TargetUnavailable) as info:
            run_preflight(server.url)
    text = str(info.value)
    assert f"answered {status}" in text
    assert shown.format(host=host, path="/jobs/") in text
    assert remedy.format(host=host) in text
    assert text.isprintable()
    assert len(text) < 600


def test_an_answer_after_a_redirect_is_enough():
    with serving(reply(404, b"{}")) as server:
        run_preflight(server.url)


def run_with_control(url: str) -> None:
    controlled = replace(target(url), control_url=f"{url}/_mock")
    preflight(open_session(contract(), controlled, Settings(timeout=5.0)))


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ({"/_mock/clock": 401}, "asks for a token: MOCKSERVER_CONTROL_TOKEN"),
        ({"/_mock/health": 403}, "asks for a token: MOCKSERVER_CONTROL_TOKEN"),
        ({"/_mock/health": 404}, "/_mock/health is answered 404: give the control plane"),
        ({"/_mock/clock": 404}, "/_mock/clock is answered 404: give the control plane"),
    ],
)
def test_a_control_url_that_cannot_be_used_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, int], text: str
):
    monkeypatch.delenv("MOCKSERVER_CONTROL_TOKEN", raising=False)

    def answer(request, connection, _):
        path = request.split(b" ")[1].decode()
        connection.sendall(reply(answers.get(path, 200), b"{}"))

    with serving(answer) as server, pytest.raises(UsageError) as info:
        run_with_control(server.url)
    assert text in str(info.value)
    assert len(server.requests) <= len(["/health", "/clock"])


def test_a_control_url_gets_the_token_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MOCKSERVER_CONTROL_TOKEN", "control-token-invented")

    def answer(request, connection, _):
        right = b"Authorization: Bearer control-token-invented" in request
        is_control = request.split(b" ")[1].startswith(b"/_mock/")
        connection.sendall(reply(200 if right or not is_control else 401, b"{}"))

    with serving(answer) as server:
        run_with_control(server.url)
    assert not any(
        b"control-token-invented" in request
        for request in server.requests
        if b" /_mock/" not in request
    )


def test_waiting_for_a_job_is_told():
    with reference_client("talkdesk", control=False) as client:
        told: list[float] = []
        client.on_wait = told.append
        assert client.wait(2.5)
    assert told == [2.5]


def test_a_pipe_gets_no_line_for_a_step(capsys: pytest.CaptureFixture[str]):
    progress = Progress()
    with progress:
        progress.show_step("lifecycle: waiting for the target's jobs, 3 s so far")
    assert capsys.readouterr() == ("", "")
