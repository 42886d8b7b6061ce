"""The result for a terminal: what to fix first, then verdicts by operation, then the verdict."""

from collections import defaultdict
from collections.abc import Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.evaluation.result import RequirementResult, Result
from conformance.http.curl import wrap_curl
from conformance.report.shared import RUN_LABELS, reproduction_hint
from conformance.verdict import Verdict

WIDTH = 80
STYLES = {
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.WARN: "yellow",
    Verdict.SKIP: "dim",
    Verdict.PASS: "green",
}
_ORDER = sorted(Verdict, reverse=True)


def show(result: Result, console: Console) -> None:
    """Print the result, never wider than 80 columns."""
    console.print(build_report(result), width=min(WIDTH, console.width), soft_wrap=False)


def render(result: Result) -> str:
    """Return the result as plain text."""
    console = Console(width=WIDTH, no_color=True, highlight=False, record=True, quiet=False)
    with console.capture() as captured:
        console.print(build_report(result))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def build_report(result: Result) -> RenderableType:
    """Return the whole report."""
    return Group(*_parts(result))


def _parts(result: Result) -> Iterator[RenderableType]:
    worst = sorted(result.requirements, key=lambda row: -row.verdict.rank)
    for row in worst:
        if row.verdict in {Verdict.FAIL, Verdict.ERROR}:
            yield from _problem(row, result)
    for row in worst:
        if row.verdict is Verdict.WARN:
            yield from _problem(row, result)
    if again := reproduction_hint(result):
        yield Text(again, style="dim")
        yield Text("")
    yield from _skips(result)
    yield _table(result)
    yield from _seen(result)
    for note in result.notes:
        yield Text(f"Note: {note}", style="cyan")
    yield _verdict(result)


def _problem(row: RequirementResult, result: Result) -> Iterator[RenderableType]:
    requirement = row.requirement
    yield Text.assemble(
        (f"{row.verdict:<5} ", STYLES[row.verdict]),
        (requirement.id, "bold"),
        f"  {requirement.text}",
    )
    often = f" ({row.failures} times)" if row.failures > 1 else ""
    yield Padding(Text(f"{row.reason}{often}"), (0, 0, 0, 6))
    yield Padding(Text(_promised(row, result), style="dim"), (0, 0, 0, 6))
    for exchange in row.exchanges[-1:]:
        got = exchange.failure or f"{exchange.status}"
        yield Padding(Text(f"got {got} from:", style="dim"), (0, 0, 0, 6))
        yield Text("\n".join(wrap_curl(exchange, WIDTH)))
    yield Text("")


def _promised(row: RequirementResult, result: Result) -> str:
    requirement = row.requirement
    documents = sorted({result.contract.statements[id_].document for id_ in requirement.statements})
    where = f" (document {', '.join(documents)})" if documents else ""
    said = ", ".join(requirement.statements) or requirement.implied or "see the contract"
    return f"{requirement.source}, {requirement.level}: {said}{where}"


def _skips(result: Result) -> Iterator[RenderableType]:
    """The rules that could have been judged and were not, with the reason; the rest in a line."""
    reasons: dict[str, list[str]] = defaultdict(list)
    untested: list[str] = []
    for row in result.requirements:
        if row.verdict is Verdict.SKIP:
            known = reasons[row.reason] if row.requirement.check else untested
            known.append(row.requirement.id)
    if untested:
        reasons["never judged; `conformance explain ID` says why"] = untested
    for reason, ids in reasons.items():
        yield Text.assemble(("SKIP  ", STYLES[Verdict.SKIP]), ", ".join(ids))
        yield Padding(Text(reason, style="dim"), (0, 0, 0, 6))
    if reasons:
        yield Text("")


def _table(result: Result) -> RenderableType:
    """Verdicts by operation: one line each, then the sum."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_footer=True)
    table.add_column("operation", footer="all")
    for verdict in _ORDER:
        count = result.counts[verdict]
        style = STYLES[verdict] if count else "dim"
        table.add_column(verdict, justify="right", footer=Text(str(count), style))
    for operation in dict.fromkeys(row.requirement.operation for row in result.requirements):
        rows = [
            row.verdict for row in result.requirements if row.requirement.operation == operation
        ]
        cells = [Text(str(n), STYLES[v]) if (n := rows.count(v)) else "" for v in _ORDER]
        table.add_row(operation or "(any)", *cells)
    return table


def _seen(result: Result) -> Iterator[RenderableType]:
    coverage = result.coverage
    if coverage.states_seen:
        yield Text("States seen: " + ", ".join(coverage.states_seen), style="dim")
    if coverage.states_not_seen:
        yield Text("States not seen: " + ", ".join(coverage.states_not_seen), style="dim")


def _verdict(result: Result) -> RenderableType:
    who = f"{result.contract.vendor} ({result.contract.profile})"
    cost = f"{result.requests} requests, {result.duration:.1f} s, seed {result.seed}"
    style = STYLES[result.verdict]
    return Text.assemble(
        (f"{result.verdict}: ", style), f"{who} {RUN_LABELS[result.verdict]}. {cost}"
    )
