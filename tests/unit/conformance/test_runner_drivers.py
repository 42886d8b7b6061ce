"""Tests of whole runs with all drivers against a tiny vendor."""

import pytest

from conformance.checks import CheckKind, RegisteredCheck, passed
from conformance.http import Exchange
from conformance.runner import Runner
from conformance.settings import Effort, Settings
from tests.unit.conformance._clock import FakeClock
from tests.unit.conformance._tiny_vendor import TinyServer, contract, row, target

# Schemathesis takes seconds to import and to generate.
pytestmark = pytest.mark.slow


def exchanges(server: TinyServer, *operations: str, **settings) -> list[Exchange]:
    """Run everything, and return the exchanges of `operations` as a judge sees them."""
    seen: list[Exchange] = []

    def see(case):
        seen.append(case.exchange)
        return passed()

    rows = [row(f"TY-ONE-{n:03}", "see", operation=name) for n, name in enumerate(operations)]
    check = RegisteredCheck("see", CheckKind.EXCHANGE, see)
    chosen = Settings(**settings)
    Runner(contract(*rows), {"see": check}, target(server.url), chosen, clock=FakeClock()).run()
    return seen


def test_schemathesis_marks_requests_as_right_or_wrong():
    with TinyServer() as server:
        seen = exchanges(server, "createJob")
    generated = [exchange for exchange in seen if exchange.driver == "fuzz"]
    statuses = {valid: {e.status for e in generated if e.valid is valid} for valid in (True, False)}
    assert statuses == {True: {202}, False: {400, 415}}


def test_schemathesis_reads_and_removes_what_the_run_made():
    with TinyServer() as server:
        server.jobs["theirs"] = {"id": "theirs", "state": "old"}
        seen = exchanges(server, "createJob", "getJob", "deleteJob")
        assert server.jobs.keys() == {"theirs"}
    generated = {(e.operation, e.status) for e in seen if e.driver == "fuzz"}
    assert {("getJob", 200), ("getJob", 404), ("deleteJob", 204), ("deleteJob", 404)} <= generated


def test_the_same_seed_sends_the_same_requests_and_another_seed_others(monkeypatch, tmp_path):
    logs = []
    # The first of the seed generates, the second reads what was kept, the third keeps nothing.
    for seed, cache in ((1, tmp_path), (1, tmp_path), (1, "/dev/null"), (2, tmp_path)):
        monkeypatch.setenv("REPORT_CONTRACTS_CACHE", str(cache))
        with TinyServer() as server:
            seen = exchanges(server, "createJob", "getJob", seed=seed)
            logs.append(
                [(e.request.method, e.request.path, e.request.query, e.request.body) for e in seen]
            )
    assert logs[0] == logs[1] == logs[2]
    assert logs[0] != logs[3]


def test_nothing_is_left_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with TinyServer() as server:
        exchanges(server, "createJob")
    assert list(tmp_path.iterdir()) == []


def test_quick_sends_no_generated_data():
    with TinyServer() as server:
        seen = exchanges(server, "getJob", effort=Effort.QUICK)
    assert "fuzz" not in {exchange.driver for exchange in seen}
