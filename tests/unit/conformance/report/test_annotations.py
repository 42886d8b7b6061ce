"""Tests of what other programs read: SARIF, GitHub's annotations, JUnit for Jenkins and GitLab."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from conformance import report
from conformance.evaluation import AcceptedFailure, Result
from conformance.report import ci_formats
from conformance.report.ci_formats import render_github, render_sarif
from tests.unit.conformance._results import result

SCHEMAS = Path(__file__).parent / "schemas"


def sarif(base: Result | None = None) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render_sarif(base or result()))
    return log


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft4Validator:
    """The schema of SARIF; its draft is 4, and one of its patterns is none for stricter readers."""
    return jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text()))


def test_sarif_is_valid_by_its_schema(schema: jsonschema.Draft4Validator):
    schema.validate(sarif())
    assert not schema.is_valid({**sarif(), "version": "2"})


def test_sarif_results_are_at_the_rows_of_their_requirements():
    base = result()
    found = sarif(base)["runs"][0]
    levels = {r["ruleId"]: (r["kind"], r["level"]) for r in found["results"]}
    assert levels == {
        "TY-ONE-001": ("fail", "error"),
        "TY-THR-001": ("open", "none"),
        "TY-TWO-001": ("fail", "warning"),
    }
    place = found["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/tiny/requirements.yaml"
    assert place["region"]["startLine"] >= 1
    rules = found["tool"]["driver"]["rules"]
    for row in found["results"]:
        assert rules[row["ruleIndex"]]["id"] == row["ruleId"]
    assert "A tiny statement" in rules[0]["help"]["text"]


def test_fingerprints_stay_the_same_whatever_was_seen():
    base = result()
    other = replace(
        base, seed=99, requirements=tuple(replace(r, reason="x") for r in base.requirements)
    )
    first, second = sarif(base)["runs"][0]["results"], sarif(other)["runs"][0]["results"]
    prints = [row["partialFingerprints"] for row in first]
    assert prints == [row["partialFingerprints"] for row in second]
    assert len({json.dumps(print_) for print_ in prints}) == len(prints)


def test_an_accepted_failure_is_a_suppressed_result(schema: jsonschema.Draft4Validator):
    base = result()
    accepted = AcceptedFailure("TY-TWO-001", "me", "later", date(2030, 1, 1))
    rows = tuple(
        replace(r, accepted=accepted) if r.verdict == "WARN" else r for r in base.requirements
    )
    log = sarif(replace(base, requirements=rows))
    schema.validate(log)
    assert [len(r.get("suppressions", ())) for r in log["runs"][0]["results"]] == [0, 0, 1]


def test_annotations_name_file_line_and_title():
    lines = render_github(result()).splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "::error",
        "::warning",
        "::warning",
        "::notice",
    ]
    assert lines[0].startswith(
        "::error file=specs/tiny/requirements.yaml,line=1,"
        "title=FAIL TY-ONE-001 The `state` is text.::"
    )
    assert "%0APromised (documented, must): TY-S01: A tiny statement" in lines[0]


def test_percent_line_end_colon_and_comma_are_escaped():
    base = result()
    nasty = "100 %\n::add-mask::x\r\n, title=y"
    rows = (replace(base.requirements[0], reason=nasty),)
    requirement = replace(rows[0].requirement, text="a: b, c\n::stop-commands::z")
    lines = render_github(replace(base, requirements=(replace(rows[0], requirement=requirement),)))
    error, notice, rest = lines.split("\n")
    assert "100 %25%0A::add-mask::x" in error
    assert "title=FAIL TY-ONE-001 a%3A b%2C c%0A%3A%3Astop-commands%3A%3Az::" in error
    assert (notice[:9], rest) == ("::notice ", "")


def test_the_summary_is_appended(tmp_path: Path, monkeypatch, capsys):
    summary = tmp_path / "summary.md"
    summary.write_text("earlier\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    report.write(result(), *report.parse("github"))
    assert capsys.readouterr().out == render_github(result())
    assert summary.read_text().startswith("earlier\n## ❌ tiny (documented) does not conform")


def test_a_summary_is_no_longer_than_github_takes(tmp_path: Path, monkeypatch):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setattr(ci_formats, "MAX_SUMMARY", 900)
    report.write(result(), "github", Path("-"))
    assert 400 < len(summary.read_bytes()) < 1000
    assert "longer than a summary may be" in summary.read_text()


def test_junit_is_valid_by_the_schema_of_jenkins():
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "jenkins-junit.xsd"))
    schema.assertValid(etree.fromstring(ci_formats.render(result())))
    assert not schema.validate(etree.fromstring(ci_formats.render(result(), gitlab=True)))


def test_junit_for_gitlab_has_the_attributes_that_gitlab_documents():
    root = etree.fromstring(ci_formats.render(result(), gitlab=True))
    cases = root.findall(".//testcase")
    assert len(cases) == 5
    for case in cases:
        assert case.get("file") == "specs/tiny/requirements.yaml"
        assert case.get("classname").startswith("tiny.")
        assert re.fullmatch(r"\d+\.\d{3}", case.get("time"))
    failure = root.find(".//failure")
    assert failure.get("type") == "documented"
    assert failure.get("message").startswith("it says <script>")
    values = [(p.get("name"), p.get("value")) for p in cases[0].iter("property")]
    assert ("statement", "TY-S01") in values
    assert ("requirement", "TY-ONE-001") in values


def test_a_report_to_standard_output(capsysbinary):
    report.write(result(), "json", Path("-"))
    assert json.loads(capsysbinary.readouterr().out)["vendor"] == "tiny"
