"""Tests of whole runs against a tiny vendor."""

import pytest

from conformance import report
from conformance.checks import CheckKind, RegisteredCheck, Verdict, failed, passed, skipped
from conformance.drivers import fuzz, lifecycle
from conformance.errors import TargetUnavailable, Untestable, UsageError
from conformance.evaluation import RequirementResult, Result
from conformance.plan import NOT_SOURCED
from conformance.report import text
from conformance.runner import Runner
from conformance.settings import Effort, Settings, Threshold
from specs import SpecError
from tests.unit.conformance._raw import reply, serving
from tests.unit.conformance._tiny_vendor import (
    CHECKS,
    TOKEN,
    TinyServer,
    contract,
    row,
    send_valid_requests_only,
    target,
)

pytestmark = pytest.mark.usefixtures("examples_only")
QUICK = Settings(effort=Effort.QUICK, timeout=5.0)


@pytest.fixture
def examples_only(monkeypatch):
    """Leave out the drivers that take a second: test_runner_drivers.py runs them."""
    for driver in (fuzz, lifecycle):
        monkeypatch.setattr(driver, "drive", lambda _: None)
    send_valid_requests_only(monkeypatch)


def checks(**functions):
    """Return registered checks; a name says the kind: active_…, history_…, else exchange."""
    kinds = {"active": CheckKind.ACTIVE, "history": CheckKind.HISTORY}
    registered = {
        name: RegisteredCheck(name, kinds.get(name.partition("_")[0], CheckKind.EXCHANGE), function)
        for name, function in functions.items()
    }
    return {**CHECKS, **registered}


def run(server_url: str, *rows, functions=None, settings: Settings = QUICK, **more) -> Result:
    return Runner(
        contract(*rows), checks(**(functions or {})), target(server_url, **more), settings
    ).run()


def only(result: Result, id_: str) -> RequirementResult:
    return next(found for found in result.requirements if found.requirement.id == id_)


def test_a_target_that_keeps_the_rules_conforms():
    with TinyServer() as server:
        result = run(server.url, row("TY-ONE-001", "no_server_error"))
    assert (result.verdict, result.exit_code) == (Verdict.PASS, 0)
    assert only(result, "TY-ONE-001").checked > 5
    assert result.coverage.states_seen == ("new",)
    assert result.coverage.edges_not_seen == (("new", "old"),)


def test_a_broken_rule_fails_with_the_smallest_exchange_as_proof():
    def twist(method, path, *_):
        return (500, {"message": "oops"}) if method == "POST" else None

    with TinyServer(twist) as server:
        result = run(server.url, row("TY-ONE-001", "no_server_error"))
    found = only(result, "TY-ONE-001")
    assert (result.verdict, result.exit_code) == (Verdict.FAIL, 1)
    assert found.reason == "answered 500"
    assert found.failures == 3
    sizes = [len(found.exchanges[0].request.body or b"")]
    assert sizes[0] <= 12


@pytest.mark.parametrize("broken", [True, False])
def test_a_run_ends_once_no_step_can_change_a_verdict(broken: bool):
    def twist(method, path, *_):
        return (500, {"message": "oops"}) if broken else None

    steps: list[str] = []
    with TinyServer(twist) as server:
        rows = (row("TY-ONE-001", "no_server_error"),)
        runner = Runner(contract(*rows), CHECKS, target(server.url), QUICK, steps.append)
        planned = [step.name for step in runner.plan().steps]
        assert runner.run().verdict == (Verdict.FAIL if broken else Verdict.PASS)
    assert len(planned) > 1
    assert steps[:-1] == (planned[:1] if broken else planned)


@pytest.mark.parametrize(
    ("more", "settings", "verdict"),
    [
        ({}, QUICK, Verdict.FAIL),
        ({"level": "should"}, QUICK, Verdict.WARN),
        ({"source": "vendor"}, QUICK, Verdict.WARN),
        ({"source": "observed"}, QUICK, Verdict.WARN),
        ({"source": "vendor"}, Settings(effort=Effort.QUICK, strict=True), Verdict.FAIL),
        ({"level": "should"}, Settings(effort=Effort.QUICK, strict=True), Verdict.FAIL),
        ({"source": "vendor"}, Settings(effort=Effort.QUICK, profile="observed"), Verdict.FAIL),
        ({"source": "assumed"}, QUICK, Verdict.SKIP),
    ],
)
def test_what_a_breach_is_depends_on_source_level_and_profile(more, settings, verdict):
    def active_no(_):
        yield failed("no")

    with TinyServer() as server:
        rows = (row("TY-ONE-001", "active_no", **more), row("TY-TWO-001", "no_server_error"))
        result = run(server.url, *rows, functions={"active_no": active_no}, settings=settings)
    assert only(result, "TY-ONE-001").verdict is verdict


def test_an_assumed_row_and_an_untested_one_are_skipped_with_their_reason():
    with TinyServer() as server:
        result = run(
            server.url,
            row("TY-ONE-001", "no_server_error", source="assumed"),
            row("TY-TWO-001", not_tested="Nobody can see it."),
            row("TY-THR-001", "no_server_error"),
        )
    assert only(result, "TY-ONE-001").reason == NOT_SOURCED
    assert only(result, "TY-TWO-001").reason == "Nobody can see it."
    assert result.counts["SKIP"] == 2


def test_a_judge_sees_the_exchanges_of_its_operation_whoever_sent_them():
    seen = []

    def judge_all(case):
        seen.append(case.exchange)
        return passed()

    with TinyServer() as server:
        rows = (row("TY-ONE-001", "judge_all", operation="getJob"),)
        run(server.url, *rows, functions={"judge_all": judge_all})
    assert {exchange.operation for exchange in seen} == {"getJob"}
    assert {"preflight", "negative"} <= {exchange.driver for exchange in seen}


def test_a_history_judge_sees_the_jobs():
    def history_jobs(case):
        for job in case.jobs:
            yield passed(job.observations[0].exchange)

    with TinyServer() as server:
        rows = (row("TY-ONE-001", "history_jobs"), row("TY-TWO-001", "no_server_error"))
        result = run(server.url, *rows, functions={"history_jobs": history_jobs})
    assert only(result, "TY-ONE-001").verdict is Verdict.PASS
    assert result.jobs


def test_a_probe_that_yields_nothing_is_skipped():
    def active_none(_):
        yield from ()

    with TinyServer() as server:
        rows = (row("TY-ONE-001", "active_none"), row("TY-TWO-001", "no_server_error"))
        result = run(server.url, *rows, functions={"active_none": active_none})
    assert only(result, "TY-ONE-001").verdict is Verdict.SKIP


def test_a_check_that_fails_in_itself_is_an_error_of_the_suite():
    def active_bad(_):
        yield passed(_.no_such_part)

    def judge_bad(_):
        raise ZeroDivisionError

    with TinyServer() as server:
        result = run(
            server.url,
            row("TY-ONE-001", "active_bad"),
            row("TY-TWO-001", "judge_bad"),
            row("TY-THR-001", "no_server_error"),
            functions={"active_bad": active_bad, "judge_bad": judge_bad},
        )
    assert only(result, "TY-ONE-001").verdict is Verdict.ERROR
    assert "the check 'judge_bad' crashed" in only(result, "TY-TWO-001").reason
    assert result.exit_code == 3


def test_a_breach_without_any_answer_is_an_error_of_the_network():
    def active_gone(case):
        exchange = case.client.call("getJob", path={"id": "gone"}, driver="active check")
        yield failed("no answer is no 404", exchange)

    def twist(_, path, *__):
        if path == "/jobs/gone":
            raise ConnectionAbortedError

    with TinyServer(twist) as server:
        rows = (row("TY-ONE-001", "active_gone"), row("TY-TWO-001", "no_server_error"))
        result = run(server.url, *rows, functions={"active_gone": active_gone})
    found = only(result, "TY-ONE-001")
    assert found.verdict is Verdict.ERROR
    assert found.reason == "the connection was closed before a response came"


def test_nobody_there_means_not_judged():
    with pytest.raises(TargetUnavailable, match="cannot be reached: the connection was refused"):
        run("http://127.0.0.1:9", row("TY-ONE-001", "no_server_error"))


def test_refused_credentials_mean_not_judged():
    with (
        TinyServer(lambda *_: (401, {})) as server,
        pytest.raises(TargetUnavailable, match="rejects the credentials of the role 'primary'"),
    ):
        run(server.url, row("TY-ONE-001", "no_server_error"))


def test_a_server_of_something_else_fails_or_errs_but_never_raises():
    page = reply(200, b"<html>hello</html>", Content_Type="text/html")
    with serving(page) as server:
        result = run(server.url, row("TY-ONE-001", "no_server_error"))
    assert result.exit_code == 0  # the one rule of this vendor is kept, even by a page


def test_a_skip_never_changes_the_exit_code_but_is_counted():
    def active_skip(_):
        yield skipped("no job was DONE")

    with TinyServer() as server:
        result = run(
            server.url,
            row("TY-ONE-001", "active_skip"),
            row("TY-TWO-001", "no_server_error", source="vendor"),
            functions={"active_skip": active_skip},
        )
    assert (result.verdict, result.exit_code) == (Verdict.PASS, 0)
    assert (result.judged_musts, result.musts) == (1, 2)
    ((reason, count),) = result.unjudged.items()
    assert reason.startswith("no job was DONE")
    assert count == 1
    assert "conforms in the 1 of 2 musts that were judged" in text.render(result)


def test_where_nothing_was_judged_nothing_is_said_to_conform():
    def active_skip(_):
        yield skipped("no job was DONE")

    with TinyServer() as server:
        row_ = row("TY-ONE-001", "active_skip")
        result = run(server.url, row_, functions={"active_skip": active_skip})
    assert (result.verdict, result.exit_code) == (Verdict.SKIP, 0)
    assert "conforms" not in text.render(result)


def test_only_runs_what_the_row_needs():
    def active_one(case):
        yield passed(case.client.call("getJob", path={"id": "x"}, driver="active check"))

    rows = (row("TY-ONE-001", "active_one"), row("TY-TWO-001", "no_server_error"))
    settings = Settings(effort=Effort.QUICK, only=frozenset({"TY-ONE-001"}))
    with TinyServer() as server:
        result = run(server.url, *rows, functions={"active_one": active_one}, settings=settings)
        assert len(server.log) == 2  # is anybody there, and the probe's own
    assert [found.requirement.id for found in result.requirements] == ["TY-ONE-001"]
    assert result.exit_code == 0


def test_only_an_unknown_row_is_a_usage_error():
    settings = Settings(only=frozenset({"TY-NO-001"}))
    with pytest.raises(UsageError, match="--only: unknown requirement 'TY-NO-001'"):
        run("http://127.0.0.1:9", row("TY-ONE-001", "no_server_error"), settings=settings)


@pytest.mark.parametrize(
    ("check", "arguments", "complaint"),
    [
        ("no_such", {}, "unknown check 'no_such'"),
        ("no_server_error", {"pointer": "/a"}, "takes no argument 'pointer'"),
        ("active_needs", {}, "needs the argument 'state'"),
    ],
)
def test_unknown_checks_and_arguments_stop_the_start(check, arguments, complaint):
    def active_needs(case, *, state):
        yield passed()

    with pytest.raises(SpecError, match=complaint):
        Runner(
            contract(row("TY-ONE-001", check, arguments=arguments)),
            checks(active_needs=active_needs),
            target("http://127.0.0.1:9"),
            QUICK,
        )


def test_a_read_only_target_sees_no_write_and_its_rows_are_skipped():
    with TinyServer() as server:
        server.jobs["theirs"] = {"id": "theirs", "state": "old"}
        result = run(
            server.url,
            row("TY-ONE-001", "no_server_error"),
            row("TY-TWO-001", "no_server_error", operation="createJob"),
            writes=False,
            known={"OLD": ({"id": "theirs"},)},
        )
        assert {method for method, _ in server.log} == {"GET"}
    assert only(result, "TY-TWO-001").reason.startswith("the target is read-only (")
    assert result.coverage.states_seen == ("old",)


def test_what_the_run_made_is_gone_afterwards_and_nothing_else():
    with TinyServer() as server:
        server.jobs["theirs"] = {"id": "theirs", "state": "old"}
        result = run(server.url, row("TY-ONE-001", "no_server_error"))
        assert set(server.jobs) == {"theirs"}
        assert ("DELETE", "/jobs/theirs") not in server.log
    assert result.notes == ()


def test_a_secret_shows_in_no_report(tmp_path):
    def echo(method, path, headers, body):
        heard = {"heard": dict(headers), "body": body.decode("latin-1")}
        return (500, heard) if method == "POST" else None

    with TinyServer(echo) as server:
        result = run(server.url, row("TY-ONE-001", "no_server_error"))
    assert only(result, "TY-ONE-001").exchanges
    for kind in report.RENDERERS:
        report.write(result, kind, tmp_path / kind)
        written = (tmp_path / kind).read_text(encoding="utf-8")
        assert TOKEN not in written
        assert "$TINY_TOKEN" in written


def test_what_could_not_be_removed_is_listed():
    def twist(method, *_):
        return (200, {"id": "job-1", "state": "new"}) if method == "DELETE" else None

    with TinyServer(twist) as server:
        result = run(server.url, row("TY-ONE-001", "no_server_error"))
    assert result.notes[-1].startswith("Left behind at the target: job-1")


def test_a_spent_budget_ends_the_run_with_verdicts():
    settings = Settings(effort=Effort.QUICK, max_requests=10)
    with TinyServer() as server:
        result = run(server.url, row("TY-ONE-001", "no_server_error"), settings=settings)
        assert 0 < len(server.log) <= 10  # a part is kept for the clean-up
    assert "the 10 requests of --max-requests were used up" in result.notes[0]
    assert only(result, "TY-ONE-001").verdict is Verdict.PASS
    assert (result.untried, result.exit_code) == ((), 0)


@pytest.mark.parametrize(
    ("level", "exit_code"), [("must", 3), ("should", 0)], ids=["a must", "a should"]
)
def test_planned_musts_that_a_budget_leaves_untried_mean_not_judged(level, exit_code):
    def active_late(case):
        yield passed(case.client.call("getJob", path={"id": "x"}, driver="active check"))

    rows = (
        row("TY-ONE-001", "no_server_error"),
        row("TY-TWO-001", "active_late", operation="getJob", level=level),
        row("TY-THR-001", "no_server_error", operation="deleteJob", level=level),
    )
    settings = Settings(effort=Effort.QUICK, max_requests=6)
    with TinyServer() as server:
        result = run(server.url, *rows, functions={"active_late": active_late}, settings=settings)
    reason = "the 6 requests of --max-requests were used up"
    assert only(result, "TY-TWO-001").reason == reason
    assert result.exit_code == exit_code
    assert ("TY-TWO-001" in result.untried) == (level == "must")


@pytest.mark.parametrize(
    ("require", "exit_code"),
    [("1", 0), ("2", 3), ("50%", 0), ("51%", 3), ("0", 0), ("100%", 3)],
)
def test_fewer_musts_than_required_mean_not_judged(require, exit_code):
    rows = (row("TY-ONE-001", "no_server_error"), row("TY-TWO-001", not_tested="Hidden."))
    settings = Settings(effort=Effort.QUICK, require=Threshold.parse(require))
    with TinyServer() as server:
        result = run(server.url, *rows, settings=settings)
    assert (result.judged_musts, result.musts, result.exit_code) == (1, 2, exit_code)


def test_what_only_leaves_out_is_counted_as_not_judged():
    rows = (row("TY-ONE-001", "no_server_error"), row("TY-TWO-001", "no_server_error"))
    settings = Settings(effort=Effort.QUICK, only=frozenset({"TY-ONE-001"}))
    with TinyServer() as server:
        result = run(server.url, *rows, settings=settings)
    assert (result.exit_code, result.unjudged) == (0, {"left out by --only": 1})


def test_a_plan_names_steps_and_cost_and_sends_nothing():
    with TinyServer() as server:
        rows = (row("TY-ONE-001", "no_server_error", operation="getJob"),)
        plan = Runner(contract(*rows), checks(), target(server.url), QUICK).plan()
        assert server.log == []
    steps = {step.name: step for step in plan.steps}
    assert steps.keys() == {"negative", "lifecycle", "concurrent"}
    assert steps["negative"].operations == ("getJob",)
    assert plan.requests > 0


def test_creations_without_an_id_are_named_in_reasons_and_as_left_behind():
    def twist(method, path, *_):
        return (202, {}) if method == "POST" else None

    def active_job(_):
        raise Untestable("there is nothing at the target that such a request could name")

    rows = (
        row("TY-ONE-001", "no_server_error"),
        row("TY-TWO-001", "active_job", operation="getJob"),
    )
    with TinyServer(twist) as server:
        result = run(server.url, *rows, functions={"active_job": active_job})
    said = "createJob was answered 202: expected the id at /id, got {}"
    assert said in only(result, "TY-TWO-001").reason
    assert "Created by createJob and left behind" in result.notes[-1]
    assert "expected the id at /id, got {}" in result.notes[-1]


def test_the_place_of_an_id_can_be_told():
    def twist(method, path, *_):
        return (202, {"deep": {"key": "job-1"}}) if method == "POST" else None

    with TinyServer(twist) as server:
        contract_ = contract(row("TY-ONE-001", "no_server_error"))
        told = target(server.url, job_id="/deep/key")
        result = Runner(contract_, CHECKS, told, QUICK).run()
        assert "DELETE" in {method for method, *_ in server.log}
    assert [job.id for job in result.jobs if job.created_by_us] == ["job-1"]


def test_fail_fast_sends_nothing_more_once_every_requirement_has_failed():
    rows = (row("TY-ONE-001", "judge", operation="createJob"), row("TY-ONE-002", "judge"))

    def requests(*, fail_fast):
        functions = checks(judge=lambda case: failed("wrong", case.exchange))
        with TinyServer() as server:
            runner = Runner(contract(*rows), functions, target(server.url), QUICK)
            runner.fail_fast = fail_fast
            assert {found.verdict for found in runner.run().requirements} == {Verdict.FAIL}
            return [method for method, _ in server.log]

    assert requests(fail_fast=False).count("POST") > 1
    assert requests(fail_fast=True).count("POST") == 1
