"""Tests of crashes of the suite: clean-up, report, exit code 3, and whose fault it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis.engine
from click.testing import CliRunner
from schemathesis.engine.events import FatalError

from conformance import report
from conformance.checks import CheckKind, RegisteredCheck, Verdict, failed
from conformance.cli import main
from conformance.drivers import directed, fuzz, lifecycle
from conformance.drivers.engine import EngineRun
from conformance.errors import InternalError
from conformance.evaluation import EXIT_FAILED, EXIT_NOT_JUDGED
from conformance.runner import Runner
from conformance.settings import Effort, Settings
from tests.unit.conformance._tiny_vendor import CHECKS, TinyServer, contract, row, target

QUICK = Settings(effort=Effort.QUICK, timeout=5.0)
FAULT = "this is a fault of the suite, not of the target: ValueError: some bug"


def crash(*_: object, **__: object) -> None:
    raise ValueError("some bug\nof ours")


def drivers(monkeypatch: pytest.MonkeyPatch, crashing: str) -> None:
    """Let one driver create a job and then crash; leave out the slow ones."""

    def create_and_crash(case):
        case.client.call("createJob", json={"size": 1}, driver=crashing)
        crash()

    for name, module, drive in (
        ("lifecycle", lifecycle, "drive"),
        ("fuzz", fuzz, "drive"),
        ("negative", directed, "drive_negative"),
        ("concurrent", directed, "drive_concurrent"),
    ):
        if name == crashing:
            monkeypatch.setattr(module, drive, create_and_crash)
        elif name != "negative":
            monkeypatch.setattr(module, drive, lambda _: None)


def runner(url: str, *rows, **checks) -> Runner:
    return Runner(contract(*rows), {**CHECKS, **checks}, target(url), QUICK)


@pytest.mark.parametrize("crashing", ["lifecycle", "concurrent", "negative"])
def test_a_crash_of_a_driver_is_exit_code_3_with_a_report_after_the_clean_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, crashing: str
):
    drivers(monkeypatch, crashing)
    with TinyServer() as server:
        result = runner(server.url, row("TY-ONE-001", "no_server_error")).run()
        assert not server.jobs
        assert ("DELETE", "/jobs/job-1") in server.log
    assert result.exit_code == EXIT_NOT_JUDGED
    note = next(note for note in result.notes if FAULT in note)
    assert f"The driver {crashing!r} crashed" in note
    assert "\n" not in note
    report.write(result, "json", tmp_path / "result.json")
    assert note in json.loads((tmp_path / "result.json").read_text())["notes"]


def test_what_broke_a_requirement_still_counts_after_a_crash(monkeypatch: pytest.MonkeyPatch):
    drivers(monkeypatch, "concurrent")

    def active(_):
        yield failed("no")

    checks = {"active": RegisteredCheck("active", CheckKind.ACTIVE, active)}
    rows = (row("TY-ONE-001", "active"), row("TY-TWO-001", "no_server_error"))
    with TinyServer() as server:
        result = runner(server.url, *rows, **checks).run()
    assert result.exit_code == EXIT_FAILED


def test_a_crash_while_shrinking_keeps_the_finding(monkeypatch: pytest.MonkeyPatch):
    def twist(method, *_):
        return (500, {}) if method == "POST" else None

    drivers(monkeypatch, "")
    monkeypatch.setattr("conformance.reproduction.replayer.Shrinker.shrink", crash)
    default = Settings(timeout=5.0)
    with TinyServer(twist) as server:
        rows = (row("TY-ONE-001", "no_server_error"),)
        result = Runner(contract(*rows), CHECKS, target(server.url), default).run()
    assert result.requirements[0].verdict is Verdict.FAIL
    assert any(FAULT in note for note in result.notes)


def test_a_finding_that_does_not_show_again_is_noted(monkeypatch: pytest.MonkeyPatch):
    answers: Iterator[Any] = iter([(500, {})])

    def once(method, *_):
        return next(answers, None) if method == "POST" else None

    drivers(monkeypatch, "")
    with TinyServer(once) as server:
        rows = (row("TY-ONE-001", "no_server_error"),)
        result = Runner(contract(*rows), CHECKS, target(server.url), Settings(timeout=5.0)).run()
    assert result.requirements[0].verdict is Verdict.FAIL
    assert result.exit_code == EXIT_FAILED
    assert [note for note in result.notes if "did not fail again: TY-ONE-001." in note]


def test_a_crash_outside_of_drivers_and_checks_cleans_up(monkeypatch: pytest.MonkeyPatch):
    drivers(monkeypatch, "")
    monkeypatch.setattr("conformance.runner.measure_coverage", crash)
    with TinyServer() as server:
        with pytest.raises(InternalError, match=FAULT):
            runner(server.url, row("TY-ONE-001", "no_server_error")).run()
        assert not server.jobs


def test_generation_that_fails_is_a_crash_of_the_suite(monkeypatch: pytest.MonkeyPatch):
    class Broken:
        def execute(self):
            return self

        def __iter__(self):
            yield FatalError(exception=ValueError("some bug"))

        def stop(self):
            pass

    monkeypatch.setattr(schemathesis.engine, "from_schema", lambda _: Broken())
    run = EngineRun(contract(), ["createJob"], ["fuzzing"], 77, 3, shrink=False)
    with pytest.raises(InternalError, match="no requests could be generated"):
        list(run.execute([], lambda _: None))


def test_a_crash_of_the_command_is_one_line_and_exit_code_3(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("conformance.evaluation.explain.list_checks", crash)
    result = CliRunner().invoke(main, ["checks"])
    assert result.exit_code == EXIT_NOT_JUDGED
    assert FAULT in result.output
    assert result.output.count("\n") == 1
