"""Secrets show in no artefact, and go to no other host."""

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance import report
from conformance.cli import main
from conformance.settings import Effort, Settings
from tests.acceptance.suite._runs import judge, target_file
from tests.acceptance.suite._spy import Reply, Seen, Spy, spying
from tests.unit.conformance._raw import reply, serving

# What a real account would hold, and what the reference app knows in its place.
PLANTED = {
    "planted+static/token=1": "mock-talkdesk-writer",
    'planted"quoted\\reader': "mock-talkdesk-reader",
    "planted-client-id": "mock-talkdesk-client",
    "planted-client-secret": "mock-talkdesk-secret",
}
ISSUED = "planted-issued-token-"
ENVIRONMENT = {f"SECRET_{number}": secret for number, secret in enumerate(PLANTED)}
WRITER, READER, ID, SECRET = ({"env": name} for name in ENVIRONMENT)
BASIC = base64.b64encode(b"planted-client-id:planted-client-secret").decode()
SECRETS = [*PLANTED, ISSUED, BASIC]
del SECRETS[2]  # the name of a client is no secret


class Disguise:
    """Lets the reference app take the planted secrets, and blurt out all that it was sent."""

    def __init__(self) -> None:
        self.issued: dict[str, str] = {}

    def meddle(self, seen: Seen) -> Reply | None:
        """Put the known credential in the place of the planted one."""
        headers = seen.headers
        assert isinstance(headers, dict)
        sent = headers.get("authorization", "")
        for planted, known in (PLANTED | self.issued).items():
            sent = sent.replace(planted, known)
        if BASIC in sent:
            known = base64.b64encode(b"mock-talkdesk-client:mock-talkdesk-secret").decode()
            sent = sent.replace(BASIC, known)
        if sent:
            headers["x-as-sent"] = headers["authorization"]
            headers["authorization"] = sent
        return None

    def alter(self, seen: Seen, answer: Reply) -> Reply:
        """Echo the credential in a header and, of errors, in the body; rename issued tokens."""
        body = answer.body
        sent = seen.headers.get("x-as-sent", "")
        if seen.path == "/oauth/token" and answer.status == 200:
            planted = f"{ISSUED}{len(self.issued)}"
            self.issued[planted] = answer.json["access_token"]
            body = json.dumps(answer.json | {"access_token": planted}).encode()
        elif answer.status >= 400 and sent:
            body = json.dumps({"code": "0", "message": f"you sent {sent}"}).encode()
        kept = tuple(pair for pair in answer.headers if pair[0].lower() != "content-length")
        size = ("Content-Length", str(len(body)))
        return Reply(answer.status, (*kept, size, ("X-Echo", sent), ("Set-Cookie", ISSUED)), body)


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory) -> dict[str, str]:
    """All that a run against a target that echoes secrets leaves behind, by name."""
    folder: Path = tmp_path_factory.mktemp("artefacts")
    primary = {"token": WRITER, "client_id": ID, "client_secret": SECRET}
    credentials = {"primary": primary, "reader": {"token": READER}}
    file = target_file(folder, "talkdesk", credentials=credentials)
    disguise = Disguise()
    with spying(meddle=disguise.meddle, alter=disguise.alter) as spy:
        arguments = ["run", "talkdesk", "--base-url", spy.url, "--target", str(file)]
        arguments += ["--control-url", f"{spy.url}/_mock", "--effort", "quick"]
        for kind in report.RENDERERS:
            arguments += ["--report", f"{kind}={folder / kind}"]
        printed = CliRunner().invoke(main, arguments, env=ENVIRONMENT)
        assert printed.exit_code in {0, 1}, printed.output
        found = {kind: (folder / kind).read_text() for kind in report.RENDERERS}
        found |= {"terminal": printed.output}
        replay = ["replay", str(folder / "json"), "--target", str(file), "--base-url", spy.url]
        found["replay"] = CliRunner().invoke(main, replay, env=ENVIRONMENT).output
    assert disguise.issued
    return found


@pytest.mark.parametrize("artefact", [*report.RENDERERS, "terminal", "replay"])
def test_planted_secrets_are_in_no_artefact(artefacts: dict[str, str], artefact: str):
    assert artefacts[artefact]
    assert [secret for secret in SECRETS if secret in artefacts[artefact]] == []
    assert [s for s in SECRETS if json.dumps(s)[1:-1] in artefacts[artefact]] == []


def test_the_echoes_are_there_with_their_secrets_replaced(artefacts: dict[str, str]):
    assert "$TALKDESK_TOKEN" in artefacts["json"]


@dataclass(frozen=True)
class Elsewhere:
    """A host that redirects lead to, and what came there."""

    url: str
    requests: list[bytes]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with serving(reply(200, b"a,b\n1,2\n", Content_Type="text/csv")) as server:
        yield Elsewhere(server.url, server.requests)


def leading_to(elsewhere: Elsewhere):
    """Change every Location to another host."""

    def alter(seen: Seen, answer: Reply) -> Reply:
        headers = [pair for pair in answer.headers if pair[0].lower() != "location"]
        if 300 <= answer.status < 400:
            there = f"{elsewhere.url}/file?X-Amz-Signature=planted-signature"
            headers.append(("Location", there))
        return Reply(answer.status, tuple(headers), answer.body)

    return alter


def test_a_location_at_another_host_is_not_followed(elsewhere: Elsewhere):
    with spying(alter=leading_to(elsewhere)) as spy:
        judge("talkdesk", spy, settings=Settings(effort=Effort.QUICK))
    assert any(seen.reply.status == 300 for seen in spy.seen)
    assert elsewhere.requests == []


def test_a_download_host_is_asked_without_credentials(elsewhere: Elsewhere, tmp_path):
    file = target_file(tmp_path, "talkdesk", download_hosts=["127.0.0.1"])
    with spying(alter=leading_to(elsewhere)) as spy:
        result = judge("talkdesk", spy, file=file, settings=Settings(effort=Effort.QUICK))
    assert elsewhere.requests
    for request in elsewhere.requests:
        assert request.startswith(b"GET /file?X-Amz-Signature=planted-signature ")
        assert b"authorization" not in request.lower()
        assert b"mock-talkdesk" not in request
    assert result.exit_code in {0, 1}


def test_only_the_host_of_the_base_url_is_contacted(monkeypatch, elsewhere: Elsewhere):
    contacted = set()
    connect = socket.socket.connect

    def recording(self: socket.socket, address):
        contacted.add(address)
        return connect(self, address)

    def busy(spy: Spy) -> set[tuple[str, int]]:
        return {("127.0.0.1", int(spy.url.rpartition(":")[2]))}

    monkeypatch.setattr(socket.socket, "connect", recording)
    with spying(alter=leading_to(elsewhere)) as spy:
        judge("talkdesk", spy, settings=Settings(effort=Effort.QUICK))
        assert contacted == busy(spy)
