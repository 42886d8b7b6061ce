"""Which statement of which document leads to which requirement, check and verdict."""

import re
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup, escape

from conformance.evaluation.result import RequirementResult, Result
from conformance.http.curl import curl
from conformance.report.json_report import exchange_to_json
from conformance.report.shared import RUN_LABELS, VERDICT_LABELS, reproduction_hint
from conformance.report.timeline import build_timeline
from conformance.verdict import Verdict
from specs import Statement


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A statement with the rows that rest on it; `verdict` is the worst of those judged."""

    statement: Statement
    rows: tuple[RequirementResult, ...]
    verdict: Verdict


def traceability_matrix(result: Result) -> tuple[TraceRow, ...]:
    """Return an entry for each statement, in the order of the documents."""
    entries = []
    for statement in result.contract.statements.values():
        rows = tuple(r for r in result.requirements if statement.id in r.requirement.statements)
        judged = [row.verdict for row in rows if row.verdict is not Verdict.SKIP]
        entries.append(TraceRow(statement, rows, max(judged, default=Verdict.SKIP)))
    return tuple(entries)


SOURCE_LABELS = {
    "documented": "by the document itself",
    "vendor": "by another page or a published client of the vendor",
    "observed": "by nobody, but public clients depend on it",
    "assumed": "by nobody",
}
_TICKS = re.compile("`([^`]+)`")


def render(result: Result) -> str:
    """Return the page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("conformance.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["curl"] = curl
    environment.filters["ticks"] = _ticks
    environment.filters["exchange_to_json"] = exchange_to_json
    return environment.get_template("page.html.j2").render(**_content(result))


def _content(result: Result) -> dict[str, Any]:
    return {
        "result": result,
        "contract": result.contract,
        "word": RUN_LABELS[result.verdict],
        "verdicts": sorted(Verdict, reverse=True),
        "meanings": VERDICT_LABELS,
        "problems": _problems(result),
        "again": reproduction_hint(result),
        "entries": traceability_matrix(result),
        "timeline": build_timeline(result.contract.lifecycle, result.jobs),
        "promises": SOURCE_LABELS,
        "sources": tuple(SOURCE_LABELS),
    }


def _ticks(text: str) -> Markup:
    """Set what stands in backticks as code."""
    return Markup(_TICKS.sub(r"<code>\1</code>", str(escape(text))))


def _problems(result: Result) -> list[RequirementResult]:
    found = [row for row in result.requirements if row.verdict > Verdict.SKIP]
    return sorted(found, key=lambda row: -row.verdict.rank)
