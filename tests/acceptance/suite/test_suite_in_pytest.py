"""The suite as a library, and its requirements as pytest items."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import conformance
from conformance.checks import Verdict
from conformance.evaluation import Result
from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS
from conformance.runner import create_runner
from conformance.settings import Effort, Settings
from tests.acceptance.suite._spy import Spy, spying

pytest_plugins = ["pytester"]
BROKEN = DEFECTS["td-job-list"].requirements[0]
PLUGIN = ("-p", "no:randomly", "-p", "no:schemathesis")


def options(spy: Spy, *more: str) -> tuple[str, ...]:
    where = ("--conformance-url", spy.url, "--conformance-control-url", f"{spy.url}/_mock")
    return (*PLUGIN, "--conformance", "talkdesk", *where, "--conformance-effort", "quick", *more)


def test_a_run_returns_the_result_tree():
    with spying() as spy:
        result = conformance.run(
            "talkdesk",
            base_url=spy.url,
            control_url=f"{spy.url}/_mock",
            settings=Settings(effort=Effort.QUICK),
            only=["TD-NET-002", BROKEN],
        )
    assert isinstance(result, Result)
    assert (result.verdict, result.exit_code) == (Verdict.PASS, 0)
    assert {row.requirement.id for row in result.requirements} == {"TD-NET-002", BROKEN}


def test_requirements_become_items_that_pass_skip_warn_and_fail(pytester: pytest.Pytester):
    with spying(app=create_app(defects=["td-job-list", "td-timezone-unknown"])) as spy:
        done = pytester.runpytest_subprocess(*options(spy))
    counts = done.parseoutcomes()
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert counts["failed"] >= 1
    assert counts["passed"] > 20
    assert counts["skipped"] >= 3
    assert counts["warnings"] >= 1
    done.stdout.fnmatch_lines([f"*FAIL {BROKEN}: *", "*Seen:*", "*HTTP 20*", "*curl -i *"])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_what_is_chosen_by_k_is_judged_alone_and_other_tests_run_beside(
    pytester: pytest.Pytester,
):
    pytester.makepyfile("def test_own(): assert True")
    with spying() as spy:
        done = pytester.runpytest_inprocess(*options(spy, "-k", "TD-NET-002 or own", "-v"))
    assert done.parseoutcomes()["passed"] == 2
    done.stdout.fnmatch_lines(["*TD-NET-002 PASSED*"])


def test_one_process_judges_a_vendor(pytester: pytest.Pytester):
    side_by_side = ("-n", "2", "--dist", "loadfile", "-v")
    with spying() as spy:
        done = pytester.runpytest_subprocess(
            *options(spy, "-k", f"TD-NET-002 or {BROKEN}", *side_by_side)
        )
    assert done.parseoutcomes()["passed"] == 2
    assert len(set(re.findall(r"^\[(gw\d)\]", done.stdout.str(), re.MULTILINE))) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--conformance", "talkdesk"), "*--conformance: needs --conformance-url*"),
        (("--conformance", "acme", "--conformance-url", "http://127.0.0.1:1"), "*acme*"),
    ],
)
def test_bad_options_are_usage_errors(pytester: pytest.Pytester, arguments, complaint: str):
    done = pytester.runpytest_inprocess(*PLUGIN, *arguments)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([complaint])


def test_a_target_that_is_not_there_fails_with_one_sentence(pytester: pytest.Pytester):
    where = ("--conformance", "talkdesk", "--conformance-url", "http://127.0.0.1:1")
    done = pytester.runpytest_inprocess(*PLUGIN, *where, "-k", "TD-NET-002")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["http://127.0.0.1:1 cannot be reached: *"])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_the_plugin_costs_other_runs_nothing():
    heavy = ("requests", "specs", "jsonschema_rs", "schemathesis", "rich", "conformance.runner")
    code = f"import sys, conformance.pytest_plugin; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(conformance.__file__).parents[1],
    )
    assert done.stdout.strip() == "[]"


def test_each_effort_asks_for_more_than_the_one_before():
    plans = {
        effort: create_runner(
            "talkdesk", "http://127.0.0.1:1", settings=Settings(effort=effort)
        ).plan()
        for effort in Effort
    }
    asked = [plans[effort].requests for effort in (Effort.QUICK, Effort.DEFAULT, Effort.DEEP)]
    assert asked[0] * 1.5 < asked[1]
    assert asked[1] * 2 < asked[2]
    assert "fuzz" not in {step.name for step in plans[Effort.QUICK].steps}
    assert "fuzz" in {step.name for step in plans[Effort.DEFAULT].steps}


def test_another_profile_is_hinted_at_once():
    with spying(app=create_app(profile="observed")) as spy:
        result = conformance.run(
            "talkdesk",
            spy.url,
            control_url=f"{spy.url}/_mock",
            settings=Settings(effort=Effort.QUICK),
        )
    hints = [note for note in result.notes if "--profile observed" in note]
    assert len(hints) == 1
    assert "status 303" in hints[0]
