"""The result as one self-contained HTML page: no script, no font, no image from elsewhere."""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from conformance.evaluation.result import RequirementResult, Result
from conformance.http.curl import curl
from conformance.report.json_report import exchange_to_json
from conformance.report.shared import VERDICT_LABELS, headline, judged_line, reproduction_hint
from conformance.report.timeline import build_timeline
from conformance.verdict import WORST_FIRST, Verdict
from specs import Statement

SOURCE_LABELS: Final = MappingProxyType(
    {
        "documented": "by the document itself",
        "vendor": "by another page or a published client of the vendor",
        "observed": "by no document, but public clients depend on it",
        "assumed": "by no source",
    }
)
_TICKS: Final = re.compile("`([^`]+)`")


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A statement with its requirements; `verdict` is the worst of those that were judged."""

    statement: Statement
    rows: tuple[RequirementResult, ...]
    verdict: Verdict


def traceability_matrix(result: Result) -> tuple[TraceRow, ...]:
    """Return a row for each statement, in the order of the documents."""
    matrix = []
    for statement in result.contract.statements.values():
        rows = tuple(r for r in result.requirements if statement.id in r.requirement.statements)
        judged = [row.verdict for row in rows if row.verdict is not Verdict.SKIP]
        worst = max(judged, key=lambda verdict: verdict.rank, default=Verdict.SKIP)
        matrix.append(TraceRow(statement, rows, worst))
    return tuple(matrix)


def render(result: Result) -> str:
    """Return the page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("conformance.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"curl": curl, "ticks": _ticks, "exchange_to_json": exchange_to_json}
    return environment.get_template("page.html.j2").render(**_content(result))


def _content(result: Result) -> dict[str, Any]:
    return {
        "result": result,
        "contract": result.contract,
        "label": headline(result),
        "judged": judged_line(result),
        "verdicts": WORST_FIRST,
        "verdict_labels": VERDICT_LABELS,
        "hint": reproduction_hint(result),
        "matrix": traceability_matrix(result),
        "timeline": build_timeline(result.contract.lifecycle, result.jobs),
        "source_labels": SOURCE_LABELS,
    }


def _ticks(text: str) -> Markup:
    """Mark text in backticks as code."""
    return Markup(_TICKS.sub(r"<code>\1</code>", str(escape(text))))
