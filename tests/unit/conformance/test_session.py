"""Tests of the preflight: a server that only redirects is never judged."""

import pytest

from conformance.errors import TargetUnavailable
from conformance.session import open_session, preflight
from conformance.settings import Settings
from tests.unit.conformance._raw import reply, serving
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
