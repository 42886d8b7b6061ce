"""What one side does becomes changes of the contract, what no file says a rest with a reason."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance import cli
from conformance.drift import suggest_changes
from conformance.errors import UsageError
from tests.unit.conformance.drift._runs import (
    EXAMPLES,
    case,
    response,
    result,
    strings,
    suggested,
)


def observed(**behaviour: Any) -> dict[str, Any]:
    return {**result(**behaviour), "profile": "observed"}


def lasting(least: float, most: float) -> dict[str, Any]:
    row = {"least": least, "most": most, "jobs": 3, "varies": False}
    order = {"created > processing > uploading > done": 1}
    return {"watched": True, "orders": order, "seconds": {"processing": row}}


def test_plan_of_a_vendor_of_this_package_is_changed_where_it_stands(tmp_path: Path) -> None:
    results = [observed(jobs=lasting(*bounds)) for bounds in ((55, 62), (19, 22))]
    folder = suggested(tmp_path, *results)
    patch = (folder / "suggestion.patch").read_text(encoding="utf-8")
    assert "+++ b/specs/talkdesk/lifecycle.yaml" in patch
    assert "{state: PROCESSING, lasts: PT1M}" in patch
    assert "# observed 20" in patch
    assert not [line for line in patch.splitlines() if line.startswith("-") and line[1:2] != "-"]


def test_the_other_side_can_be_the_right_one(tmp_path: Path) -> None:
    results = [observed(jobs=lasting(*bounds)) for bounds in ((55, 62), (19, 22))]
    folder = suggested(tmp_path, *results, options=("--adopt", "b"))
    text = (folder / "suggestion.md").read_text(encoding="utf-8")
    assert "the files say it already" in text
    assert not (folder / "suggestion.patch").exists()


def test_what_no_file_says_is_the_rest_with_a_reason(tmp_path: Path) -> None:
    unknown = "TD-STAT-003; as primary; id unknown"
    theirs = observed(cases=[case(unknown, _410=4)], responses=[response({})])
    ours = observed(cases=[case(unknown, _404=4)], responses=[response({"/job/name": strings(4)})])
    folder = suggested(tmp_path, theirs, ours)
    assert not (folder / "suggestion.patch").exists()
    text = (folder / "suggestion.md").read_text(encoding="utf-8")
    assert "no key of the files says it" in text
    assert "the code of the mock makes it" in text
    compared = [str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--fail-on", "drift"]
    for options, code in (((), 1), (("--baseline", str(folder / "rest.json")), 0)):
        done = CliRunner().invoke(cli.main, ["compare", *compared, *options])
        assert done.exit_code == code, done.output


def test_verdict_stays_where_a_difference_of_its_requirement_does() -> None:
    row = {"operation": "getReportJob", "text": "", "reason": "", "checked": 4}
    named = case("TD-ERR-002; as primary; id unknown", **{"_404 /code=other": 4})
    unnamed = case("TD-ERR-002; as primary; id unknown", **{"_404 /code=not_found": 4})
    sides = []
    for bounds, shown, verdict in (((55, 62), named, "FAIL"), ((19, 22), unnamed, "PASS")):
        side = observed(jobs=lasting(*bounds), cases=[shown])
        failures = 4 if verdict == "FAIL" else 0
        rows = [
            {**row, "id": id_, "verdict": verdict, "failures": failures}
            for id_ in ("TD-ERR-002", "TD-JOB-013")
        ]
        sides.append({**side, "requirements": rows})
    rest = suggest_changes(*sides).rest
    assert [d.requirements for d, _ in rest if d.kind == "verdict"] == [("TD-ERR-002",)]


def test_a_member_that_is_null_is_the_rest() -> None:
    null = {"types": {"null": 4}, "forms": {}}
    sides = []
    for member in (null, strings(4)):
        row = {**response({"/note": member}), "operation": "getExport", "state": "ready"}
        sides.append({**observed(responses=[row]), "vendor": "exports"})
    suggestion = suggest_changes(*sides, vendors=[EXAMPLES])
    assert not suggestion.changes
    assert [(d.kind, d.subject) for d, _ in suggestion.rest] == [("type", "/note")]


def test_documented_results_of_a_vendor_with_two_profiles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--profile"):
        suggest_changes(result(), result())
