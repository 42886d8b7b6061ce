"""Tests of credentials that stop working in the middle of a run, and of other token hosts."""

import itertools
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.checks import CheckKind, RegisteredCheck, failed, passed
from conformance.drivers import fuzz, lifecycle
from conformance.errors import NotPermitted, TargetUnavailable
from conformance.runner import Runner
from conformance.session import open_session
from conformance.settings import Effort, Settings
from conformance.target import PRIMARY, WRONG, Credential, Target
from specs import load
from tests.unit.conformance._raw import reply, serving
from tests.unit.conformance._tiny_vendor import (
    TinyServer,
    contract,
    row,
    send_valid_requests_only,
    target,
)

REFUSAL = (401, {"message": "who?"})


def no_refusal(case):
    status = case.exchange.status
    return failed(f"answered {status}") if status == 401 and case.exchange.valid else passed()


CHECKS = {"no_refusal": RegisteredCheck("no_refusal", CheckKind.EXCHANGE, no_refusal)}


@pytest.fixture(autouse=True)
def quick_drivers(monkeypatch: pytest.MonkeyPatch):
    for driver in (fuzz, lifecycle):
        monkeypatch.setattr(driver, "drive", lambda _: None)
    send_valid_requests_only(monkeypatch)


def dies_after(requests: int, status: int = 401):
    """Return a twist that refuses every request after some."""
    count = itertools.count(1)
    return lambda *_: (status, {"message": "who?"}) if next(count) > requests else None


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("requests", [1, 2, 3, 6])
def test_a_token_that_dies_in_a_run_is_no_breach(requests: int, status: int):
    told = []
    with TinyServer(dies_after(requests, status)) as server:
        runner = Runner(
            contract(row("TY-ONE-001", "no_refusal")),
            CHECKS,
            target(server.url),
            Settings(effort=Effort.QUICK, timeout=5.0),
            on_failure=lambda *failure: told.append(failure),
        )
        result = runner.run()
        sent = len(server.log)
    note = next(note for note in result.notes if "stopped working" in note)
    number = re.search(r" stopped working at request (\d+): ", note)
    assert number is not None
    # Requests without a credential are refused anyway.
    assert requests < int(number[1]) <= requests + 3
    assert "\n" not in note
    assert not told
    assert result.exit_code == 3
    assert result.counts["FAIL"] == result.counts["WARN"] == 0
    assert sent <= requests + 5  # nothing is sent with a dead credential


def test_one_operation_that_refuses_is_no_death():
    def twist(method, path, *_):
        return REFUSAL if method == "DELETE" else None

    with TinyServer(twist) as server:
        rows = (row("TY-ONE-001", "no_refusal"),)
        settings = Settings(effort=Effort.QUICK, timeout=5.0)
        result = Runner(contract(*rows), CHECKS, target(server.url), settings).run()
    assert result.exit_code == 1


def test_what_is_refused_once_it_is_deleted_is_no_death():
    gone = set()

    def twist(method, path, *_):
        if method == "DELETE":
            gone.add(path)
            return 204, None
        return REFUSAL if path in gone else None

    with TinyServer(twist) as server:
        client = open_session(contract(), target(server.url), Settings(timeout=5.0))
        client.call("getJob", path={"id": "x"}, driver="t")
        id_ = client.call("createJob", json={"size": 1}, driver="t").json["id"]
        client.call("getJob", path={"id": id_}, driver="t")
        client.call("deleteJob", path={"id": id_}, driver="t")
        assert client.call("getJob", path={"id": id_}, driver="t").status == 401


@pytest.mark.parametrize("role", [None, WRONG])
def test_a_refusal_of_a_wrong_credential_is_no_death(role: str | None):
    with TinyServer() as server:
        client = open_session(contract(), target(server.url), Settings(timeout=5.0))
        client.call("getJob", path={"id": "x"}, driver="t")
        client.call("getJob", path={"id": "x"}, driver="t", role=role, valid=False)
        assert len(server.log) == 2


def test_a_403_that_the_contract_has_may_be_about_the_resource():
    statuses = itertools.chain([200], itertools.cycle([403, 200]))

    def answer(_, connection, __):
        connection.sendall(reply(next(statuses), b"{}"))

    with serving(answer) as server:
        client = open_session(load("talkdesk"), _talkdesk(server.url), Settings(timeout=5.0))
        answered = [client.call("listReportJobs", **LIST).status for _ in range(4)]
        # Whether the credential still works is asked three times at most for one operation.
        assert answered == [200, 403, 403, 403]
        assert client.call("listReportJobs", **LIST).status == 403
        assert client.call("listReportJobs", **LIST).status == 200
        assert len(server.requests) == 9


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_dies_is_told_from_the_refusals_that_a_contract_has(status: int):
    answers = itertools.chain([200, 200], itertools.repeat(status))

    def answer(_, connection, __):
        connection.sendall(reply(next(answers), b"{}"))

    with serving(answer) as server:
        client = open_session(load("talkdesk"), _talkdesk(server.url), Settings(timeout=5.0))
        for _ in range(2):
            client.call("listReportJobs", **LIST)
        job = {"path": {"type": "calls", "id": "x"}, "driver": "t"}
        with pytest.raises(TargetUnavailable, match="stopped working at request 3"):
            client.call("getReportFile", **job)
        assert [exchange.status for exchange in client.exchanges] == [200, 200]


def _talkdesk(url: str) -> Target:
    credential = Credential(PRIMARY, "$T", "a-token-of-a-test")
    return Target("talkdesk", url, writes=True, credentials={PRIMARY: credential})


CLIENT = Credential(PRIMARY, "$T", client_id="some-id", client_secret="some-secret")
FORM = {"grant_type": "client_credentials"}
LIST: dict[str, Any] = {"path": {"type": "calls"}, "driver": "t"}


class TokenServer:
    """Issues tokens, each good for some requests."""

    def __init__(self, uses: int) -> None:
        self.issued = 0
        self.uses = uses
        self.left = 0

    def __call__(self, request, connection, _):
        if b"POST /oauth/token" in request:
            self.issued += 1
            self.left = self.uses
            body = {"access_token": f"issued-{self.issued}-token", "expires_in": 600}
            connection.sendall(reply(200, json.dumps(body).encode()))
            return
        good = f"Bearer issued-{self.issued}-token".encode() in request and self.left > 0
        self.left -= 1
        connection.sendall(reply(200 if good else 401, b"{}"))


def test_client_credentials_are_renewed():
    server_side = TokenServer(uses=3)
    with serving(server_side) as server:
        found = Target("talkdesk", server.url, credentials={PRIMARY: CLIENT})
        client = open_session(load("talkdesk"), found, Settings(timeout=5.0))
        statuses = [client.call("listReportJobs", **LIST).status for _ in range(8)]
        numbers = [exchange.number for exchange in client.exchanges]
    assert statuses == [200] * 8
    assert 401 not in {exchange.status for exchange in client.exchanges}
    assert numbers == sorted(set(numbers))
    assert server_side.issued > 2


def test_requests_side_by_side_are_sent_again_with_the_new_token():
    with serving(TokenServer(uses=4)) as server:
        found = Target("talkdesk", server.url, credentials={PRIMARY: CLIENT})
        client = open_session(load("talkdesk"), found, Settings(timeout=5.0))
        client.call("listReportJobs", **LIST)
        client.call("listReportJobs", **LIST)
        calls = [client.prepare("listReportJobs", **LIST) for _ in range(3)]
        assert [exchange.status for exchange in client.send_together(calls)] == [200] * 3


def test_a_new_token_that_is_refused_too_is_no_breach():
    server_side = TokenServer(uses=2)
    with serving(server_side) as server:
        found = Target("talkdesk", server.url, credentials={PRIMARY: CLIENT})
        client = open_session(load("talkdesk"), found, Settings(timeout=5.0))
        client.call("listReportJobs", **LIST)
        server_side.uses = 0
        client.call("listReportJobs", **LIST)
        with pytest.raises(TargetUnavailable, match="stopped working at request"):
            client.call("listReportJobs", **LIST)


@pytest.mark.parametrize("path", ["/elsewhere/token", "/token/", "/token?tenant=x", ""])
def test_tokens_are_requested_where_the_target_file_says(path: str):
    tokens = reply(200, b'{"access_token": "issued-token", "expires_in": 600}')
    with serving(tokens) as other, serving(reply(200, b"{}")) as server:
        credential = Credential(
            PRIMARY,
            "$T",
            client_id="some-id",
            client_secret="some-secret",
            token_url=other.url + path,
        )
        found = Target("talkdesk", server.url, writes=True, credentials={PRIMARY: credential})
        client = open_session(load("talkdesk"), found, Settings(timeout=5.0))
        exchange = client.call("createToken", form=FORM, driver="t")
        client.call("createToken", form=FORM, driver="t", role=WRONG, valid=False)
        together = [client.prepare("createToken", form=FORM, driver="t") for _ in range(2)]
        assert [e.status for e in client.send_together(together)] == [200, 200]
        client.call("listReportJobs", **LIST)
    assert not any(b"token" in request.split(b"\r\n")[0] for request in server.requests)
    assert not any(b"Authorization: Basic" in request for request in server.requests)
    lines = {request.split(b"\r\n")[0] for request in other.requests}
    assert lines == {f"POST {path or '/'} HTTP/1.1".encode()}
    assert len(other.requests) == 5
    assert exchange.json["access_token"] == "$T_1"
    assert urlsplit(exchange.request.url).netloc == urlsplit(other.url).netloc
    assert [e.number for e in client.exchanges] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("writes", "credential"),
    [
        (False, CLIENT),
        (False, Credential(PRIMARY, "$T", "a-token")),
        (True, Credential(PRIMARY, "$T", "a-token")),
    ],
)
def test_invented_clients_are_tried_only_where_the_file_allows_it(
    writes: bool, credential: Credential
):
    with serving(reply(404, b"{}")) as server:
        found = Target("talkdesk", server.url, writes=writes, credentials={PRIMARY: credential})
        client = open_session(load("talkdesk"), found, Settings(timeout=5.0))
        for role in (WRONG, None, PRIMARY):
            with pytest.raises(NotPermitted):
                client.call("createToken", form=FORM, driver="t", role=role, valid=False)
        with pytest.raises(NotPermitted):
            client.send_together([client.prepare("createToken", form=FORM, driver="t")])
    assert not server.requests
