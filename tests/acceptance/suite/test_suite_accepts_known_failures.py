"""A baseline makes a known failure an expected one, until its day, and says what does not fit."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from conformance.checks import Verdict
from conformance.cli import main
from conformance.errors import UsageError
from conformance.evaluation import apply_baseline, read_baseline
from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS
from conformance.settings import Effort, Settings
from tests.acceptance.suite._runs import judge
from tests.acceptance.suite._spy import spying
from tests.unit.conformance._clock import FakeClock

DEFECT = "td-job-list"
BROKEN = DEFECTS[DEFECT].requirements[0]
KEPT = "TD-NET-002"
TODAY = FakeClock().today().date()


def row(requirement: str = BROKEN, **changes) -> dict[str, str]:
    known = {
        "requirement": requirement,
        "owner": "reports team",
        "reason": "ticket 17",
        "expires": "2026-12-31",
    }
    return {k: v for k, v in (known | changes).items() if v is not None}


def baseline(folder: Path, *rows) -> Path:
    file = folder / "baseline.yaml"
    file.write_text(yaml.safe_dump(list(rows)))
    return file


@pytest.fixture(scope="module")
def result():
    """A run that fails."""
    settings = Settings(effort=Effort.QUICK, only=frozenset({BROKEN, KEPT}))
    with spying(app=create_app(defects=[DEFECT])) as spy:
        yield judge("talkdesk", spy, settings=settings)


def test_a_known_failure_is_expected_and_costs_no_exit_code(result, tmp_path):
    assert result.exit_code == 1
    after = apply_baseline(result, read_baseline(baseline(tmp_path, row())), TODAY)
    found = next(r for r in after.requirements if r.requirement.id == BROKEN)
    assert after.exit_code == 0
    assert found.verdict is Verdict.WARN
    assert found.reason.startswith("expected until 2026-12-31 (reports team: ticket 17): ")
    assert found.exchanges
    assert after.notes == result.notes


def test_on_its_last_day_it_is_expected_and_then_no_more(result, tmp_path):
    last = apply_baseline(result, read_baseline(baseline(tmp_path, row(expires=str(TODAY)))), TODAY)
    assert last.exit_code == 0
    late = apply_baseline(
        result, read_baseline(baseline(tmp_path, row(expires="2026-03-29"))), TODAY
    )
    assert late.exit_code == 1
    assert late.notes[-1] == (
        f"Baseline: {BROKEN} was accepted until 2026-03-29 only; ask reports team (ticket 17)."
    )


def test_a_row_for_nothing_and_one_that_is_mended_are_told(result, tmp_path):
    rows = read_baseline(baseline(tmp_path, row("TD-NO-999"), row(KEPT), row("C1-NET-001")))
    told = apply_baseline(result, rows, TODAY)
    assert told.exit_code == 1
    assert told.notes[len(result.notes) :] == (
        "Baseline: unknown requirement TD-NO-999; remove its row.",
        f"Baseline: {KEPT} does not fail any more; remove its row.",
    )


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([row(), row("TD-NET-001", owner=None)], "row 2 (TD-NET-001): owner: is required"),
        ([row(expires="soon")], f"row 1 ({BROKEN}): expires: "),
        ([row(expires="2026-02-30")], f"row 1 ({BROKEN}): expires: "),
        ([row("nonsense")], "row 1 (nonsense): requirement: "),
        ([row(who="me")], "who: is not known; "),
        (["TD"], "row 1: "),
        ([row(), row()], f"{BROKEN}: requirement: duplicate, in 2 rows"),
    ],
)
def test_a_bad_file_names_row_and_field(rows: list, complaint: str, tmp_path):
    with pytest.raises(UsageError) as error:
        read_baseline(baseline(tmp_path, *rows))
    assert complaint in str(error.value)


@pytest.mark.parametrize("content", ["{", "requirement: x", "- [", ""])
def test_what_is_no_list_exits_2(content: str, tmp_path):
    file = tmp_path / "baseline.yaml"
    file.write_text(content)
    where = ["run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--baseline", str(file)]
    told = CliRunner().invoke(main, where)
    assert told.exit_code == 2
    assert "--baseline: " in told.output


def test_the_command_takes_a_baseline(tmp_path):
    file = baseline(tmp_path, row(expires="9999-12-31"))
    with spying(app=create_app(defects=[DEFECT])) as spy:
        where = ["run", "talkdesk", "--base-url", spy.url, "--control-url", f"{spy.url}/_mock"]
        told = CliRunner().invoke(main, [*where, "--only", BROKEN, "--baseline", str(file)])
    assert told.exit_code == 0
    assert "expected until 9999-12-31" in told.output
