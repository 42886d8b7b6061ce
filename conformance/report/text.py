"""The result for a terminal: problems first, then verdicts by operation, then the verdict."""

from collections import defaultdict
from collections.abc import Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.evaluation.result import RequirementResult, Result
from conformance.http.curl import wrap_curl
from conformance.report.shared import headline, judged_line, promises, reproduction_hint
from conformance.verdict import WORST_FIRST, Verdict

WIDTH = 80
MAX_LINES = 20
STYLES = {
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.WARN: "yellow",
    Verdict.SKIP: "dim",
    Verdict.PASS: "green",
}


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
    for row in result.problems:
        yield from _problem(row, result)
    if hint := reproduction_hint(result):
        yield Text(hint, style="dim")
        yield Text("")
    yield from _skips(result)
    yield _table(result)
    yield from _states(result)
    for note in result.notes:
        yield Text(f"Note: {note}", style="cyan")
    yield _verdict(result)
    yield Text(judged_line(result, WIDTH), no_wrap=True, overflow="ellipsis")


def _problem(row: RequirementResult, result: Result) -> Iterator[RenderableType]:
    requirement = row.requirement
    yield Text.assemble(
        (f"{row.verdict:<5} ", STYLES[row.verdict]),
        (requirement.id, "bold"),
        f"  {requirement.text}",
    )
    times = f" ({row.failures} times)" if row.failures > 1 else ""
    yield Padding(Text(f"{row.reason}{times}"), (0, 0, 0, 6))
    for line in _sources(row, result):
        yield Padding(Text(line, style="dim"), (0, 0, 0, 6))
    for exchange in row.exchanges[-1:]:
        response = exchange.failure or f"{exchange.status}"
        yield Padding(Text(f"got {response} from:", style="dim"), (0, 0, 0, 6))
        lines = wrap_curl(exchange, WIDTH)
        yield Text("\n".join(lines[:MAX_LINES]))
        if len(lines) > MAX_LINES:
            more = f"… {len(lines) - MAX_LINES} more lines; --report html=FILE has them all"
            yield Text(more, style="dim")
    yield Text("")


def _sources(row: RequirementResult, result: Result) -> Iterator[str]:
    requirement = row.requirement
    first, *others = promises(result, requirement)
    yield f"{requirement.source}, {requirement.level}: {first}"
    yield from others


def _skips(result: Result) -> Iterator[RenderableType]:
    """Yield the skipped requirements that have a check by reason, then the others."""
    reasons: dict[str, list[str]] = defaultdict(list)
    untested: list[str] = []
    for row in result.requirements:
        if row.verdict is Verdict.SKIP:
            ids = reasons[row.reason] if row.requirement.check else untested
            ids.append(row.requirement.id)
    if untested:
        reasons["never judged; `conformance explain ID` says why"] = untested
    for reason, ids in reasons.items():
        yield Text.assemble(("SKIP  ", STYLES[Verdict.SKIP]), ", ".join(ids))
        yield Padding(Text(reason, style="dim"), (0, 0, 0, 6))
    if reasons:
        yield Text("")


def _table(result: Result) -> RenderableType:
    """Return the counts of verdicts: a line for each operation, and the total."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_footer=True)
    table.add_column("operation", footer="all")
    for verdict in WORST_FIRST:
        count = result.counts[verdict]
        style = STYLES[verdict] if count else "dim"
        table.add_column(verdict, justify="right", footer=Text(str(count), style))
    for operation in dict.fromkeys(row.requirement.operation for row in result.requirements):
        rows = [
            row.verdict for row in result.requirements if row.requirement.operation == operation
        ]
        cells = [Text(str(n), STYLES[v]) if (n := rows.count(v)) else "" for v in WORST_FIRST]
        table.add_row(operation or "(any)", *cells)
    return table


def _states(result: Result) -> Iterator[RenderableType]:
    coverage = result.coverage
    if coverage.states_seen:
        yield Text("States observed: " + ", ".join(coverage.states_seen), style="dim")
    if coverage.states_not_seen:
        yield Text("States not observed: " + ", ".join(coverage.states_not_seen), style="dim")


def _verdict(result: Result) -> RenderableType:
    contract = f"{result.contract.vendor} ({result.contract.profile})"
    cost = f"{result.requests} requests, {result.duration:.1f} s, seed {result.seed}"
    style = STYLES[result.verdict]
    return Text.assemble((f"{result.verdict}: ", style), f"{contract} {headline(result)}. {cost}")
