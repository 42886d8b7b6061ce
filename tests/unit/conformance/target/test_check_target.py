"""Tests of `check-target`, of the questions of `init`, and of the keys that SKIPs name."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

import specs
from conformance.checks import Verdict
from conformance.cli import main
from conformance.reference.app import create_app
from conformance.reference.serving import serve
from conformance.runner import create_runner
from conformance.settings import Effort, Settings
from specs import fixtures

LOOPBACK = "http://127.0.0.1:9"


def conformance(*arguments: str, answers: str | None = None, **variables: str) -> Result:
    return CliRunner(env=variables).invoke(main, arguments, input=answers)


def judged(told: Result) -> int:
    match = re.search(r"at most (\d+) of \d+ requirements", told.output)
    assert match, told.output
    return int(match[1])


@pytest.mark.parametrize("vendor", specs.vendors())
def test_each_key_that_is_filled_in_lets_more_be_judged(vendor: str, tmp_path: Path):
    counts = []
    for flags in ((), ("--writes",), ("--writes", "--role", "limited")):
        file = tmp_path / "target.yaml"
        assert conformance("init", vendor, str(file), "--force", *flags).exit_code == 0
        name = vendor.upper()
        told = conformance(
            "check-target", str(file), **{f"{name}_TOKEN": "invented", f"{name}_LIMITED_TOKEN": "x"}
        )
        assert told.exit_code == 0, told.output
        counts.append(judged(told))
    assert counts == sorted(set(counts))
    full = str(fixtures() / vendor / "target.yaml")
    assert judged(conformance("check-target", full, "--base-url", LOOPBACK)) > counts[-1]


def test_rows_are_listed_by_the_key_that_would_unlock_them(tmp_path: Path):
    file = tmp_path / "target.yaml"
    file.write_text("vendor: energycap\nwrites: true\ncredentials: {primary: {token: {env: EC}}}\n")
    told = " ".join(conformance("check-target", str(file), EC="invented").output.split())
    assert "no `sharing_groups` under `facts` EC-EXEC-011" in told
    assert re.search(r"no `consent` for executeReportDistribution [^:]*EC-EXEC-001", told)
    assert re.search(r"no `credentials` for the role 'limited' [^:]*EC-AUTH-005", told)
    assert "Without `job_seconds`" in told
    assert "`known` or `control_url`" in told


@pytest.mark.parametrize("vendor", specs.vendors())
def test_a_dry_run_skips_what_check_target_says_cannot_be_judged(vendor: str, tmp_path: Path):
    file = tmp_path / "target.yaml"
    file.write_text(f"vendor: {vendor}\ncredentials: {{primary: {{token: {{env: X}}}}}}\n")
    told = conformance("check-target", str(file), X="invented")
    options = ("--base-url", LOOPBACK, "--target", str(file), "--dry-run")
    plan = conformance("run", vendor, *options, X="invented").output
    skipped = set(re.findall(r"^  skip  (\S+):", plan, re.MULTILINE))
    assert judged(told) == len(specs.load(vendor).requirements) - len(skipped)
    assert skipped == set(re.findall(r"\b[A-Z0-9]{2}-[A-Z]+-\d{3}\b", told.output))


def test_an_unset_variable_is_named_with_exit_code_2_and_the_rest_is_said(tmp_path: Path):
    file = tmp_path / "target.yaml"
    file.write_text("vendor: talkdesk\ncredentials: {primary: {token: {env: NOT_THERE_TD}}}\n")
    told = conformance("check-target", str(file))
    assert told.exit_code == 2
    assert told.output.endswith("Not set: the environment variable NOT_THERE_TD.\n")
    assert judged(told) > 10


@pytest.mark.parametrize(
    "text", ["[]", "vendor: talkdesk", "vendor: x\ncredentials: {}", "a: &a [*a]"]
)
def test_a_wrong_file_is_one_line_and_exit_code_2(text: str, tmp_path: Path):
    file = tmp_path / "target.yaml"
    file.write_text(text)
    told = conformance("check-target", str(file))
    assert told.exit_code == 2
    assert len(told.output.splitlines()) == 1
    assert "target.yaml" in told.output


def test_questions_are_asked_for_what_no_option_says(tmp_path: Path):
    file = tmp_path / "target.yaml"
    answers = "y\ny\ny\nn\nn\nn\n45\n"
    options = ("--ask", "--max-created", "3")
    asked = conformance("init", "talkdesk", str(file), *options, answers=answers)
    assert asked.exit_code == 0, asked.output
    raw = yaml.safe_load(file.read_text())
    assert raw["writes"] is True
    assert (raw["max_created"], raw["job_seconds"]) == (3, 45)
    assert set(raw["credentials"]) == {"primary", "reader"}
    assert set(raw["credentials"]["primary"]) == {"client_id", "client_secret"}
    assert "How many may each operation" not in asked.output


def test_nothing_is_asked_without_a_terminal(tmp_path: Path):
    file = tmp_path / "target.yaml"
    assert conformance("init", "clinicalone", str(file), answers="").exit_code == 0
    assert yaml.safe_load(file.read_text())["writes"] is False


@pytest.mark.slow
@pytest.mark.parametrize("vendor", specs.vendors())
def test_each_skip_of_a_read_only_run_names_a_key(vendor: str):
    with serve(create_app()) as url:
        runner = create_runner(vendor, url, settings=Settings(effort=Effort.QUICK))
        least = replace(
            runner.target,
            writes=False,
            credentials={"primary": runner.target.credentials["primary"]},
            known={},
            values={},
            facts={},
            consent={},
        )
        runner.target = least
        result = runner.run()
    skips = [r for r in result.requirements if r.verdict is Verdict.SKIP and r.requirement.check]
    assert skips
    without = [r.reason for r in skips if "`" not in r.reason]
    assert set(without) <= {"the target speaks http: there is no handshake to refuse"}
