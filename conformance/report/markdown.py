"""The result as Markdown, for a comment on a pull request."""

from collections.abc import Iterator

from conformance.evaluation.result import RequirementResult, Result
from conformance.http.curl import curl
from conformance.report.shared import headline, judged_line, promises, reproduction_hint, xml_safe
from conformance.verdict import WORST_FIRST, Verdict

SIGNS = {
    Verdict.FAIL: "❌",
    Verdict.ERROR: "💥",
    Verdict.WARN: "⚠️",
    Verdict.SKIP: "⏭️",
    Verdict.PASS: "✅",
}
MAX_SHOWN = 30


def render(result: Result) -> str:
    """Return the result as GitHub-flavoured Markdown."""
    return xml_safe("\n".join(_lines(result)) + "\n")


def _lines(result: Result) -> Iterator[str]:
    contract = f"{result.contract.vendor} ({result.contract.profile})"
    yield f"## {SIGNS[result.verdict]} {contract} {headline(result)}"
    yield ""
    yield "| " + " | ".join(f"{SIGNS[v]} {v}" for v in WORST_FIRST) + " |"
    yield "|" + " ---: |" * len(Verdict)
    counts = result.counts
    yield "| " + " | ".join(str(counts[v]) for v in WORST_FIRST) + " |"
    yield ""
    problems = result.problems
    if problems:
        yield "| | requirement | problem | source |"
        yield "| --- | --- | --- | --- |"
        for row in problems[:MAX_SHOWN]:
            yield _line(row, result)
        yield ""
    if len(problems) > MAX_SHOWN:
        yield f"… and {len(problems) - MAX_SHOWN} more."
    for row in problems[:MAX_SHOWN]:
        yield from _evidence(row)
    if hint := reproduction_hint(result):
        yield f"{hint}\n"
    for note in result.notes:
        yield f"> {_cell(note)}"
    yield f"<sub>seed {result.seed}, {result.requests} requests, {result.duration:.1f} s</sub>"
    yield ""
    yield _cell(judged_line(result))


def _line(row: RequirementResult, result: Result) -> str:
    requirement = row.requirement
    source = "; ".join(promises(result, requirement))
    cells = [
        SIGNS[row.verdict],
        f"**{requirement.id}** {_cell(requirement.text)}",
        _cell(row.reason),
        _cell(f"{requirement.source}, {requirement.level}: {source}"),
    ]
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    one_line = " ".join(text.split())
    for sign in "\\|<>*_`[]":
        one_line = one_line.replace(sign, f"\\{sign}")
    return one_line


def _evidence(row: RequirementResult) -> Iterator[str]:
    if not row.exchanges:
        return
    lines = "\n".join(curl(exchange) for exchange in row.exchanges)
    fence = "```" if "```" not in lines else "~~~~~~"
    yield f"<details><summary>{row.requirement.id}: how to reproduce</summary>"
    yield ""
    yield f"{fence}sh\n{lines}\n{fence}"
    yield ""
    yield "</details>"
    yield ""
