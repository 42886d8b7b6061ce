"""Tests of the command line, in a process of its own where that matters."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.checks import load_checks
from conformance.cli import main
from tests.unit.conformance._raw import reply, serving


def conformance(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def nowhere() -> str:
    """A URL of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_an_unknown_vendor_is_a_usage_error_that_names_the_known_ones(nowhere: str):
    result = conformance("run", "acme", "--base-url", nowhere)
    assert result.exit_code == 2
    known, hint = "clinicalone, energycap, talkdesk", "; --vendors DIR adds those of a folder"
    assert result.output == f"conformance: unknown vendor 'acme'; known vendors: {known}{hint}\n"


def test_nobody_there_exits_3_with_a_plain_sentence(nowhere: str):
    result = conformance("run", "talkdesk", "--base-url", nowhere)
    assert result.exit_code == 3
    reason = "cannot be reached: the connection was refused"
    assert result.output == f"conformance: {nowhere} {reason}\n"


def test_a_control_plane_that_is_not_there_exits_3(nowhere: str):
    with serving(reply(200)) as server:
        url = f"{nowhere}/_mock"
        result = conformance("run", "talkdesk", "--base-url", server.url, "--control-url", url)
    assert result.exit_code == 3
    assert result.output == f"conformance: --control-url: no response from {url}/health\n"


def test_a_host_elsewhere_without_a_target_file_names_the_flag():
    result = conformance("run", "talkdesk", "--base-url", "https://vendor.example")
    assert result.exit_code == 2
    assert "--target" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "talkdesk"),
        ("run", "talkdesk", "--base-url", "nonsense"),
        ("run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--profile", "other"),
        ("run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--rate", "0"),
        ("run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--seed", "x"),
        ("run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--report", "pdf=x"),
        ("run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--only", "TD-NO-001"),
        ("run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--target", "/no/such/file"),
        ("run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--control-url", "x"),
        ("run", "talkdesk", "--base-url", "http://127.0.0.1:1", "--effort", "heroic"),
        ("list", "acme"),
        ("explain", "TD-NO-001"),
        ("no-such-command",),
    ],
)
def test_bad_usage_exits_2_with_a_sentence(arguments: tuple[str, ...]):
    result = conformance(*arguments)
    assert result.exit_code == 2
    assert result.output.strip()
    assert "Traceback" not in result.output


def test_list_prints_every_requirement_with_source_and_check():
    result = conformance("list", "talkdesk")
    assert result.exit_code == 0
    assert "TD-JOB-001  documented must   field" in result.output
    assert "not tested" in result.output
    assert max(len(line) for line in result.output.splitlines()) <= 80


def test_explain_tells_statement_check_and_breach():
    result = conformance("explain", "TD-JOB-001")
    assert result.exit_code == 0
    for part in ("TD-S08", "document 004", "getReportJob", "field", "Failure", "FAIL"):
        assert part in result.output


def test_explain_shows_file_and_line_of_the_check():
    result = conformance("explain", "TD-JOB-001")
    (location,) = re.findall(r"^Code +(.+):(\d+)$", result.output, re.MULTILINE)
    lines = Path(location[0]).read_text(encoding="utf-8").splitlines()
    assert lines[int(location[1]) - 1].startswith('@exchange_check("field_matches_schema"')


def test_checks_lists_every_check_with_sentence_and_arguments():
    result = conformance("checks")
    assert result.exit_code == 0
    blocks = result.output.rstrip("\n").split("\n\n")
    assert [block.split(" ", 1)[0] for block in blocks] == sorted(load_checks())
    for block in blocks:
        name, sentence = block.splitlines()[:2]
        assert re.fullmatch(r"\w+ \((exchange|history|active)\), \S+\.py:\d+", name)
        assert re.match("  [A-Z]", sentence)
    (block,) = (block for block in blocks if block.startswith("field_matches_schema "))
    assert "\n  pointers: list of strings\n" in block
    assert "\n  statuses: list of integers, default []" in block


def test_a_dry_run_prints_the_plan_and_sends_nothing():
    with serving(reply(200)) as server:
        result = conformance("run", "talkdesk", "--base-url", server.url, "--dry-run")
        assert server.requests == []
    assert result.exit_code == 0
    assert "fuzz" in result.output
    assert "requests, about" in result.output.splitlines()[-1]


def test_a_run_writes_its_reports_and_prints_the_verdict(tmp_path: Path):
    options = ["--only", "TD-ERR-003", "--effort", "quick", "--max-time", "20"]
    reports = [f"--report={kind}={tmp_path / kind}" for kind in ("json", "html", "junit")]
    error = reply(404, b'{"code": "x", "message": "y"}', Content_Type="application/json")
    with serving(error) as server:
        result = conformance("run", "talkdesk", "--base-url", server.url, *options, *reports)
    assert result.exit_code == 0, result.output
    assert "PASS: talkdesk (documented) was judged in only 1 of " in result.output
    assert re.match(r"1 of \d+ musts judged, \d+ not, because: ", result.output.splitlines()[-1])
    assert json.loads((tmp_path / "json").read_text())["requirements"][0]["verdict"] == "PASS"
    assert (tmp_path / "html").read_text().startswith("<!doctype html>")


def test_what_breaks_is_told_in_a_line_before_the_report():
    error = reply(404, b'{"code": 7, "message": "y"}', Content_Type="application/json")
    with serving(error) as server:
        result = conformance(
            "run", "talkdesk", "--base-url", server.url, "--only=TD-ERR-003", "--effort=quick"
        )
    assert result.exit_code == 1, result.output
    early = result.stderr.splitlines()
    assert [line.split()[:2] for line in early] == [["broken", "TD-ERR-003"]]
    assert len(early[0]) <= 80
    assert "FAIL  TD-ERR-003" in result.stdout


def test_help_does_not_load_what_it_does_not_need():
    code = (
        "import sys; from click.testing import CliRunner; from conformance.cli import main;"
        "assert CliRunner().invoke(main, ['run', '--help']).exit_code == 0;"
        "assert CliRunner().invoke(main, ['list', 'talkdesk']).exit_code == 0;"
        "print([m for m in ('schemathesis', 'hypothesis') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"


@pytest.mark.parametrize("status", [401, 403])
def test_own_server_without_a_target_file_is_told_whose_identities_were_used(status: int):
    with serving(reply(status, b"{}", Content_Type="application/json")) as server:
        result = conformance("run", "energycap", "--base-url", server.url)
    assert result.exit_code == 3
    assert "the public identities of the mock were used" in result.output
    assert "conformance init energycap FILE" in result.output
    assert "--target FILE" in result.output


def test_rejected_credentials_of_a_target_file_are_not_taken_for_the_mocks(tmp_path: Path):
    file = tmp_path / "target.yaml"
    file.write_text("vendor: energycap\ncredentials: {primary: {token: invented}}\n")
    with serving(reply(401, b"{}", Content_Type="application/json")) as server:
        options = ["--base-url", server.url, "--target", str(file)]
        result = conformance("run", "energycap", *options)
    assert result.exit_code == 3
    assert "public identities" not in result.output


def test_a_requirement_of_how_much_is_judged_is_a_number_or_a_percentage():
    for text in ("x", "-1", "101%", "1.5", "5 %", ""):
        options = ["--base-url", "http://127.0.0.1:9", "--require", text]
        assert conformance("run", "energycap", *options).exit_code == 2, text
