"""What independent servers may do one way or another, one kind of freedom or bug at a time."""

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.settings import Effort
from tests.freedoms.matrix import VENDORS, Outcome, judge
from tests.freedoms.wire import serving

pytestmark = pytest.mark.slow
FILES = "TD-FILE-001 TD-AUTH-010"


def verdicts(vendor: str, options: str, only: str, **more: object) -> dict[str, str]:
    """Return the verdicts on some requirements."""
    return outcome(vendor, options, only, **more).verdicts


def outcome(vendor: str, options: str, only: str, **more: object) -> Outcome:
    """Return the outcome of a run for some requirements; `more` are keys of the target file."""
    return judge(
        vendor,
        frozenset(options.split()),
        effort=Effort.QUICK,
        only=frozenset(only.split()),
        more=more,
    )


@pytest.mark.parametrize(
    "options",
    ["ticket", "elsewhere", "relative", "links_only ticket", "file_redirect", "one_credential"],
)
def test_file_is_where_the_job_says(options: str) -> None:
    assert verdicts("talkdesk", options, FILES) == dict.fromkeys(FILES.split(), "PASS")


@pytest.mark.parametrize("options", ["no_file", "file_circle"])
def test_file_that_is_nowhere_is_missed(options: str) -> None:
    assert outcome("talkdesk", options, "TD-FILE-001").exit_code == 1


@pytest.mark.parametrize(
    ("vendor", "only"),
    [
        ("talkdesk", "TD-AUTH-006 TD-AUTH-007 TD-AUTH-013 TD-AUTH-014 TD-LIST-001"),
        ("clinicalone", "C1-AUTH-008 C1-AUTH-009 C1-AUTH-010 C1-NEW-004"),
        ("energycap", "EC-AUTH-010 EC-AUTH-011 EC-DIST-013"),
    ],
)
def test_operation_that_is_not_offered_is_not_judged(vendor: str, only: str) -> None:
    found = outcome(vendor, "documented_only", only)
    assert (found.exit_code, set(found.verdicts.values())) == (0, {"SKIP"})


@pytest.mark.parametrize(
    ("vendor", "only"),
    [
        ("talkdesk", "TD-LIST-001 TD-LIST-002 TD-LIST-003 TD-LIST-004"),
        ("energycap", "EC-GRP-023 EC-GRP-024 EC-GRP-026 EC-GRP-027 EC-GRP-028"),
    ],
)
def test_bound_of_a_page_that_no_source_states_is_not_judged(vendor: str, only: str) -> None:
    assert set(verdicts(vendor, "narrow_page", only).values()) <= {"PASS", "SKIP"}


def test_known_job_is_kicked_off_by_consent_where_none_can_be_created() -> None:
    only = "C1-KICK-001 C1-KICK-002 C1-KICK-003"
    assert verdicts("clinicalone", "documented_only", only) == dict.fromkeys(only.split(), "PASS")
    without = outcome("clinicalone", "documented_only", only, consent={})
    assert set(without.verdicts.values()) == {"SKIP"}


@pytest.mark.parametrize(("options", "verdict"), [("", "PASS"), ("ragged", "FAIL")])
def test_media_type_of_a_known_jobs_file_is_enough_to_judge_it(options: str, verdict: str) -> None:
    found = verdicts("clinicalone", f"documented_only {options}", "C1-DL-002")
    assert found == {"C1-DL-002": verdict}


@pytest.mark.parametrize("options", ["no_start", "documented_only no_start"])
def test_kick_off_that_does_nothing(options: str) -> None:
    """No page says that a job must succeed, and this server shows no state."""
    unknown = outcome("clinicalone", options, "C1-KICK-001")
    assert "they may have failed" in unknown.skipped["C1-KICK-001"]
    assert unknown.exit_code == 0
    late = outcome("clinicalone", options, "C1-KICK-001 C1-KICK-021", job_seconds=5)
    assert (late.failed, list(late.warned)) == ({}, ["C1-KICK-021"])


@pytest.mark.parametrize("options", ["", "slow", "queued", "documented_only slow"])
def test_kick_off_that_works_in_time(options: str) -> None:
    assert verdicts("clinicalone", options, "C1-KICK-001", job_seconds=5) == {"C1-KICK-001": "PASS"}


def test_what_cannot_come_is_not_waited_for() -> None:
    """A job that was not kicked off, or one that shows no state."""
    only = "C1-KICK-001 C1-KICK-012 C1-DL-001 C1-DL-017"
    assert outcome("clinicalone", "", only).waited < 15
    shown = outcome("talkdesk", "empty", "TD-FILE-001 TD-JOB-003 TD-LIFE-001 TD-DEL-001")
    assert shown.waited < 20
    assert shown.requests < 700
    assert shown.exit_code == 0


@pytest.mark.parametrize("status", [401, 403])
def test_token_that_dies_ends_the_run_with_a_report(status: int, tmp_path: Path) -> None:
    part = VENDORS["talkdesk"]
    service = part.service(frozenset({f"dies_{status}"}))
    file, report = tmp_path / "target.yaml", tmp_path / "report.json"
    with serving(service) as url:
        target = part.target(service)
        target["credentials"]["primary"] = {"token": "tok-full-Kq7"}
        file.write_text(json.dumps(target), encoding="utf-8")
        with pytest.raises(SystemExit) as exit_:
            main(["run", "talkdesk", "--base-url", url, "--target", str(file),
                  "--effort", "quick", "--report", f"json={report}"])  # fmt: skip
    written = json.loads(report.read_text(encoding="utf-8"))
    found = {row["verdict"] for row in written["requirements"]}
    assert exit_.value.code == 3
    assert not found & {"FAIL", "WARN", "ERROR"}
    assert any("stopped working at request" in note for note in written["notes"])
