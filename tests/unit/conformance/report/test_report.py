"""Tests of the reports: each is read by somebody else's reader."""

import html.parser
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from rich.cells import cell_len

from conformance import report
from conformance.checks import Verdict, failed
from conformance.errors import UsageError
from conformance.report import ci_formats, html_report, json_report, text
from conformance.report.finding import reproduction_hint
from conformance.report.html_report import MAX_JOBS, build_timeline
from tests.unit.conformance._results import result

SCHEMA = json.loads(Path(json_report.__file__).with_name("result.schema.json").read_text())


def test_json_fits_its_published_schema():
    data = json.loads(json_report.render(result()))
    jsonschema_rs.validator_for(SCHEMA).validate(data)
    assert (data["vendor"], data["verdict"], data["seed"]) == ("tiny", "FAIL", 7)
    assert data["counts"] == {"PASS": 1, "SKIP": 1, "WARN": 1, "ERROR": 1, "FAIL": 1}
    first = data["requirements"][0]
    assert (first["id"], first["statements"], first["operation"]) == (
        "TY-ONE-001",
        ["TY-S01"],
        "getJob",
    )
    assert first["evidence"][0]["curl"].endswith('-H "Authorization: Bearer $TINY_TOKEN"')
    assert data["coverage"]["edges"]["seen"] == [{"from": "new", "to": "old"}]


def test_each_report_says_how_many_musts_were_judged_and_why_the_others_were_not():
    line = (
        "2 of 4 musts judged, 2 not, because: the connection was refused (1); no check exists (1)"
    )
    assert json.loads(json_report.render(result()))["judged"]["summary"] == line
    assert text.render(result()).splitlines()[-1] == f"{line[:79]}…"
    assert text.render_markdown(result()).splitlines()[-1] == line
    page = html_report.render(result())
    assert line in page[page.index("<h1>") : page.index("</header>")]
    assert line in page[page.index("<footer>") :]
    assert line in ci_formats.render(result()).decode()


@pytest.mark.parametrize(
    ("kept", "headline"),
    [
        ("TY-FIV-001", "was judged in only 1 of 4 musts, and fails none"),
        ("TY-THR-001", "could not be judged"),
        ("TY-FOU-001", "was not judged"),
        ("TY-ONE-001", "does not conform"),
    ],
)
def test_headlines_say_no_more_than_what_was_judged(kept, headline):
    rows = tuple(r for r in result().requirements if r.requirement.id == kept)
    part = replace(result(), requirements=rows)
    for render in (text.render, text.render_markdown, html_report.render):
        assert headline in render(part)


def test_the_schema_of_the_result_is_a_schema():
    jsonschema_rs.meta.validate(SCHEMA)


def test_junit_is_read_by_junitparser():
    document = JUnitXml.fromstring(ci_formats.render(result()))
    outcomes = {}
    for suite in document:
        for case in suite:
            outcomes[case.name.split()[0]] = [type(outcome) for outcome in case.result]
    assert outcomes == {
        "TY-ONE-001": [Failure],
        "TY-TWO-001": [],
        "TY-THR-001": [Error],
        "TY-FOU-001": [Skipped],
        "TY-FIV-001": [],
    }
    assert (document.tests, document.failures, document.errors, document.skipped) == (5, 1, 1, 1)


def test_junit_has_the_elements_that_readers_expect():
    root = ET.fromstring(ci_formats.render(result()))
    assert root.tag == "testsuites"
    assert {suite.get("name") for suite in root} == {
        "tiny.getJob",
        "tiny.deleteJob",
        "tiny.any operation",
    }
    assert "WARN: a bare date" in root.findtext(".//system-out", "")


class _Page(html.parser.HTMLParser):
    """Collects what a page would load, its ids, its links, and tags left open."""

    VOID = frozenset({"meta", "br", "input", "link", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.loads += [tag] if tag in {"script", "link", "img", "iframe"} else []
        self.loads += [found["src"]] if "src" in found else []
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> str:
    return html_report.render(result())


def test_html_is_well_nested_and_loads_nothing(page: str):
    reader = _Page()
    reader.feed(page)
    assert reader.open == []
    assert reader.loads == []
    assert "url(" not in page
    assert "@import" not in page


def test_html_links_lead_somewhere_and_ids_are_unique(page: str):
    reader = _Page()
    reader.feed(page)
    assert len(reader.ids) == len(set(reader.ids))
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)


def test_html_escapes_what_the_target_said(page: str):
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_html_shows_statement_requirement_check_and_verdict(page: str):
    matrix = page.partition('id="matrix"')[2]
    assert "A tiny statement with <code>code</code>." in matrix
    assert matrix.index("TY-S01") < matrix.index("TY-ONE-001") < matrix.index("a_check")


def test_html_filters_by_verdict_without_a_script(page: str):
    for verdict in Verdict:
        assert f'id="show-{verdict}"' in page
        assert f"#show-{verdict}:not(:checked)" in page


def test_html_draws_the_jobs(page: str):
    drawn = page.partition("<svg")[2].partition("</svg>")[0]
    assert "new, requests 1 to 1" in drawn
    assert "old, requests 2 to 2" in drawn


def test_the_timeline_shows_the_jobs_that_moved_most():
    found = result()
    still = [
        replace(found.jobs[0], id=f"job-{n}", observations=found.jobs[0].observations[:1])
        for n in range(30)
    ]
    drawn = build_timeline(found.contract.lifecycle, [*still, *found.jobs])
    assert len(drawn.lines) == MAX_JOBS
    assert drawn.more == 31 - MAX_JOBS
    assert max(len(line.bars) for line in drawn.lines) == 2
    assert all(bar.x + bar.width <= 900 for line in drawn.lines for bar in line.bars)


def test_markdown_has_a_table_that_target_words_cannot_break():
    lines = text.render_markdown(result()).splitlines()
    assert lines[0] == "## ❌ tiny (documented) does not conform"
    (line,) = [line for line in lines if "TY-ONE-001**" in line]
    assert line.replace("\\|", "").count("|") == 5
    assert "\\<script\\>" in line
    assert any("Try --profile observed." in line for line in lines)


def test_text_fits_eighty_columns_and_ends_with_the_verdict_and_what_was_judged():
    lines = text.render(result()).splitlines()
    assert max(cell_len(line) for line in lines) <= 80
    assert lines[-2].startswith("FAIL: tiny (documented) does not conform.")
    assert lines[0].startswith("FAIL  TY-ONE-001  The `state` is text.")
    assert "\x1b" not in "".join(lines)


def test_text_tells_what_to_fix_before_the_counts():
    shown = text.render(result())
    order = ["FAIL  TY-ONE-001", "ERROR TY-THR-001", "WARN  TY-TWO-001", "SKIP  TY-FOU-001", "all"]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)


def test_readers_are_told_how_to_see_findings_again(page: str):
    told = reproduction_hint(result())
    assert "$TINY_TOKEN" in told
    assert told in " ".join(text.render(result()).split())
    assert told in text.render_markdown(result())
    assert "conformance replay RESULT.json" in page
    kept = replace(
        result(), requirements=tuple(r for r in result().requirements if r.verdict == Verdict.PASS)
    )
    assert reproduction_hint(kept) == ""


@pytest.mark.parametrize("kind", report.RENDERERS)
def test_every_kind_of_report_can_be_written_into_a_new_folder(tmp_path: Path, kind: str):
    path = tmp_path / "new" / f"report.{kind}"
    report.write(result(), kind, path)
    assert path.stat().st_size > 100


@pytest.mark.parametrize("choice", ["json", "json=", "pdf=x.pdf", "=x"])
def test_a_bad_choice_of_report_names_the_kinds(choice: str):
    with pytest.raises(
        UsageError, match=r"--report: .* must be KIND=PATH with a KIND of json, html"
    ):
        report.parse(choice)


def test_a_report_that_cannot_be_written_names_its_path(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        report.write(result(), "json", tmp_path / "file" / "report.json")


def test_coverage_counts_answers_by_operation():
    operations = result().coverage.operations
    assert operations["getJob"] == {"200": 2}
    assert operations["deleteJob"] == {"no answer": 1}
    assert operations["createJob"] == {}


def test_each_report_has_the_statement_in_words_and_the_title_of_its_page():
    (statement,) = result().contract.statements.values()
    assert statement.title
    junit_text = ci_formats.render(result()).decode()
    texts = [text.render(result()), html_report.render(result()), junit_text]
    for report_ in [*texts, text.render_markdown(result()), json_report.render(result()).decode()]:
        plain = " ".join(report_.replace("\\", "").split())
        assert statement.title in plain
        assert "A tiny statement with" in plain


def test_a_requirement_without_statement_names_where_its_source_is():
    rows = tuple(
        replace(r, requirement=replace(r.requirement, statements=())) for r in result().requirements
    )
    shown = " ".join(text.render(replace(result(), requirements=rows)).split())
    warn = next(r.requirement for r in rows if r.requirement.id == "TY-TWO-001")
    place = "promised documented, should (specs/tiny/requirements.yaml)"
    assert f"{place} the vendor's document: {warn.text}" in shown


def test_junit_has_durations_and_statements():
    base = result()
    slow = tuple(
        replace(r, exchanges=tuple(replace(e, response=slower(e.response)) for e in r.exchanges))
        for r in base.requirements
    )
    root = ET.fromstring(ci_formats.render(replace(base, requirements=slow)))
    cases = {case.get("name", "").split()[0]: case for case in root.iter("testcase")}
    assert float(cases["TY-ONE-001"].get("time", "0")) == 0.25
    properties = [(p.get("name"), p.get("value")) for p in root.iter("property")]
    assert ("TY-ONE-001.statement", "TY-S01") in properties


def slower(response):
    return response and replace(response, elapsed=0.25)


def test_a_long_value_in_a_reason_is_shortened():
    reason = failed(f"got {'[' * 100_000} here").reason
    assert len(reason) < 1000
    assert reason.startswith("got [[")
    assert reason.endswith(" here")


def test_a_long_command_is_cut_on_the_screen_and_whole_in_html():
    base = result()
    first = base.requirements[0]
    sent = replace(first.exchanges[0].request, body=b'{"a": "' + b"x y " * 2000 + b'"}')
    long = replace(first, exchanges=(replace(first.exchanges[0], request=sent),))
    shown = text.render(replace(base, requirements=(long,)))
    assert len(shown.splitlines()) < 60
    assert "more lines; --report html=FILE" in shown
