"""Tests of runs in which connections break: nobody is accused for what the network lost."""

import itertools

import pytest

from conformance.checks import CheckKind, RegisteredCheck, Verdict, failed, passed
from conformance.evaluation import Result
from conformance.runner import CHECK_ATTEMPTS, Runner
from conformance.settings import Effort, Settings
from tests.unit.conformance._tiny_vendor import TinyServer, contract, row, target

ROW = row("TY-ONE-001", "creates")


def creates(case):
    exchange = case.client.call("createJob", json={"size": 1}, driver="t", valid=True)
    made = case.client.call("getJob", path={"id": "job-1"}, driver="t")
    yield passed(made) if exchange.status == 202 else failed("no job was made", made)


CHECKS = {"creates": RegisteredCheck("creates", CheckKind.ACTIVE, creates)}


def losing(method: str, *, first: int):
    """Return a twist that closes the connection at the first requests of a method."""
    count = itertools.count()

    def twist(sent: str, *_):
        if sent == method and next(count) < first:
            raise ConnectionAbortedError

    return twist


def run(server: TinyServer, **more) -> Result:
    settings = Settings(effort=Effort.QUICK, timeout=5.0, only=frozenset({"TY-ONE-001"}))
    return Runner(contract(ROW), CHECKS, target(server.url, **more), settings).run()


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_an_active_check_is_repeated_where_responses_were_lost(lost: int):
    with TinyServer(losing("POST", first=lost)) as server:
        result = run(server)
        made = [request for request in server.log if request[0] == "POST"]
    assert (result.exit_code, result.counts["PASS"]) == (0, 1)
    assert len(made) == lost + 1
    assert any(note.startswith(f"Responses to createJob that were lost: {lost};")
               for note in result.notes)  # fmt: skip


def test_a_target_that_never_answers_a_request_is_judged_by_what_it_answers():
    with TinyServer(losing("POST", first=99)) as server:
        result = run(server)
    assert result.counts["FAIL"] == 1
    assert len([r for r in server.log if r[0] == "POST"]) == 3 * CHECK_ATTEMPTS


def test_a_creation_that_uses_up_a_quota_is_not_repeated_and_nobody_is_accused():
    with TinyServer(losing("POST", first=1)) as server:
        result = run(server, max_created=5)
        assert len([r for r in server.log if r[0] == "POST"]) == 1
    found = result.requirements[0]
    assert found.verdict is Verdict.ERROR
    assert found.reason == "the connection was closed before a response came"
    assert result.exit_code == 3


def test_a_deletion_whose_response_was_lost_counts_as_one():
    def deletes(case):
        client = case.client
        id_ = client.call("createJob", json={"size": 1}, driver="t", valid=True).json["id"]
        answer = client.call("deleteJob", path={"id": id_}, driver="t", valid=True)
        yield passed(answer) if answer.status == 204 else failed("not deleted", answer)

    checks = {"creates": RegisteredCheck("creates", CheckKind.ACTIVE, deletes)}
    gone = itertools.count()

    def twist(method, path, *_):
        if method == "DELETE" and next(gone) == 0:
            del server.jobs[path.removeprefix("/jobs/")]
            raise ConnectionAbortedError

    with TinyServer(twist) as server:
        settings = Settings(effort=Effort.QUICK, timeout=5.0, only=frozenset({"TY-ONE-001"}))
        result = Runner(contract(ROW), checks, target(server.url), settings).run()
    assert (result.exit_code, result.counts["PASS"]) == (0, 1)
