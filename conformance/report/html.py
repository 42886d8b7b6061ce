"""The result as one self-contained HTML page: no script, no font, no picture from elsewhere."""

import re
from typing import Any

import jinja2
from markupsafe import Markup, escape

from conformance.outcome import Verdict
from conformance.report.again import how
from conformance.report.matrix import trace
from conformance.report.timeline import draw
from conformance.report.words import MEANINGS, WHOLE
from conformance.traffic.curl import curl
from conformance.traffic.evidence import describe
from conformance.verdicts.result import Result, Row

PROMISES = {
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
    environment.filters["describe"] = describe
    return environment.get_template("page.html.j2").render(**_content(result))


def _content(result: Result) -> dict[str, Any]:
    return {
        "result": result,
        "contract": result.contract,
        "word": WHOLE[result.verdict],
        "verdicts": sorted(Verdict, reverse=True),
        "meanings": MEANINGS,
        "problems": _problems(result),
        "again": how(result),
        "entries": trace(result),
        "timeline": draw(result.contract.lifecycle, result.jobs),
        "promises": PROMISES,
        "sources": tuple(PROMISES),
    }


def _ticks(text: str) -> Markup:
    """Set what stands in backticks as code."""
    return Markup(_TICKS.sub(r"<code>\1</code>", str(escape(text))))


def _problems(result: Result) -> list[Row]:
    found = [row for row in result.rows if row.verdict > Verdict.SKIP]
    return sorted(found, key=lambda row: -row.verdict.rank)
