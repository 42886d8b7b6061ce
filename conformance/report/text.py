"""The result as text for a terminal, problems first and the verdict last, and as Markdown."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.checks import WORST_FIRST, Verdict
from conformance.evaluation import Result
from conformance.report.exchange_text import curl, shortened, visible, wrap_curl
from conformance.report.finding import (
    Finding,
    findings,
    headline,
    judged_line,
    purposes_line,
    reproduction_hint,
)
from specs import Requirement

WIDTH = 80
MAX_LINES = 20
INDENT = 4
LABEL = 9
# The runner ignores white space before `::`, and finds `##[` anywhere in a line.
_WORKFLOW_COMMAND: Final = re.compile(r"(?m)^[^\S\n]*(?=::)|(?<=##)(?=\[)")
STYLES = {
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.WARN: "yellow",
    Verdict.SKIP: "dim",
    Verdict.PASS: "green",
}

SIGNS: Final = MappingProxyType(
    {
        Verdict.FAIL: "❌",
        Verdict.ERROR: "💥",
        Verdict.WARN: "⚠️",
        Verdict.SKIP: "⏭️",
        Verdict.PASS: "✅",
    }
)
MAX_SHOWN: Final = 30
MAX_CURL: Final = 4000  # characters


def show(result: Result, console: Console) -> None:
    """Print the result, never wider than 80 columns."""
    with console.capture() as captured:
        console.print(build_report(result), width=min(WIDTH, console.width), soft_wrap=False)
    console.file.write(_disarmed(captured.get()))
    console.file.flush()


def render(result: Result) -> str:
    """Return the result as plain text."""
    console = Console(width=WIDTH, no_color=True, highlight=False, record=True, quiet=False)
    with console.capture() as captured:
        console.print(build_report(result))
    return _disarmed("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")


def _disarmed(text: str) -> str:
    """Return `text` without a line that a runner of GitHub Actions takes for a command."""
    return _WORKFLOW_COMMAND.sub(r"\g<0>\\", text)


def build_report(result: Result) -> RenderableType:
    """Return the whole report."""
    return Group(*_parts(result))


def _parts(result: Result) -> Iterator[RenderableType]:
    for finding in findings(result):
        yield from _problem(finding)
    if hint := reproduction_hint(result):
        yield Text(hint, style="dim")
        yield Text("")
    yield from _skips(result)
    yield _table(result)
    yield from _states(result)
    if result.coverage.purposes:
        yield Text(purposes_line(result), style="dim")
    for note in result.notes:
        yield Text(visible(f"Note: {note}"), style="cyan")
    yield _verdict(result)
    yield Text(judged_line(result, WIDTH), no_wrap=True, overflow="ellipsis")


def _problem(finding: Finding) -> Iterator[RenderableType]:
    row = finding.row
    yield Text.assemble(
        (f"{row.verdict:<5} ", STYLES[row.verdict]),
        (finding.id, "bold"),
        f"  {visible(finding.text)}",
    )
    yield Padding(Text(finding.reason), (0, 0, 0, 6))
    yield from _labelled("operation", [finding.operation])
    yield from _labelled("promised", [f"{finding.source} ({finding.place})", *finding.promises])
    yield from _labelled("before", finding.before)
    if excerpt := finding.excerpt:
        yield from _labelled("sent", excerpt.sent)
        more = f"… {excerpt.folded} more lines; --report html=FILE has them all"
        yield from _labelled("seen", [*excerpt.seen, *([more] if excerpt.folded else [])])
    yield from _labelled("again", [finding.again])
    if finding.shown and finding.is_in_one_request:
        lines = wrap_curl(finding.shown, WIDTH)
        yield Text("\n".join(lines[:MAX_LINES]))
        if len(lines) > MAX_LINES:
            more = f"… {len(lines) - MAX_LINES} more lines; --report html=FILE has them all"
            yield Text(more, style="dim")
    yield Text("")


def _labelled(label: str, lines: Sequence[str]) -> Iterator[RenderableType]:
    """Yield lines behind a label in the margin; nothing if there is none."""
    if not any(lines):
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(width=LABEL, style="dim")
    table.add_column(overflow="fold")
    for number, line in enumerate(lines):
        table.add_row("" if number else label, Text(line))
    yield Padding(table, (0, 0, 0, INDENT))


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
        yield Padding(Text(visible(reason), style="dim"), (0, 0, 0, 6))
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
        yield Text(visible("States observed: " + ", ".join(coverage.states_seen)), style="dim")
    if coverage.states_not_seen:
        yield Text("States not observed: " + ", ".join(coverage.states_not_seen), style="dim")


def _verdict(result: Result) -> RenderableType:
    contract = f"{result.contract.vendor} ({result.contract.profile})"
    cost = f"{result.requests} requests, {result.duration:.1f} s, seed {result.seed}"
    style = STYLES[result.verdict]
    return Text.assemble((f"{result.verdict}: ", style), f"{contract} {headline(result)}. {cost}")


class Progress:
    """Standard error during a run: each new failure and, on a terminal, the current step."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("starting") if self._console.is_terminal else None

    def show_step(self, line: str) -> None:
        """Show the current step."""
        if self._status is not None:
            self._status.update(line)

    def show_failure(self, requirement: Requirement, reason: str) -> None:
        """Show that a requirement fails, and why."""
        line = Text.assemble(("broken", "red"), f"  {requirement.id}  {visible(reason)}")
        width = min(WIDTH, self._console.width)
        self._console.print(line, width=width, no_wrap=True, overflow="ellipsis")

    def __enter__(self) -> None:
        if self._status is not None:
            self._status.start()

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()


# --- Markdown, for a comment on a pull request or the summary of a CI job


def render_markdown(result: Result) -> str:
    """Return the result as GitHub-flavoured Markdown."""
    return visible("\n".join(_lines(result)) + "\n")


def _lines(result: Result) -> Iterator[str]:
    contract = f"{result.contract.vendor} ({result.contract.profile})"
    yield f"## {SIGNS[result.verdict]} {contract} {headline(result)}"
    yield ""
    yield "| " + " | ".join(f"{SIGNS[v]} {v}" for v in WORST_FIRST) + " |"
    yield "|" + " ---: |" * len(Verdict)
    counts = result.counts
    yield "| " + " | ".join(str(counts[v]) for v in WORST_FIRST) + " |"
    yield ""
    problems = findings(result)
    if problems:
        yield "| | requirement | problem | promised |"
        yield "| --- | --- | --- | --- |"
        for finding in problems[:MAX_SHOWN]:
            yield _row(finding)
        yield ""
    if len(problems) > MAX_SHOWN:
        yield f"… and {len(problems) - MAX_SHOWN} more."
    for finding in problems[:MAX_SHOWN]:
        yield from _details(finding)
    if hint := reproduction_hint(result):
        yield f"{hint}\n"
    for note in result.notes:
        yield f"> {_inline(note)}"
    cost = f"seed {result.seed}, {result.requests} requests, {result.duration:.1f} s"
    yield f"<sub>{cost}. {_inline(purposes_line(result))}</sub>"
    yield ""
    yield _inline(judged_line(result))


def _row(finding: Finding) -> str:
    cells = [
        SIGNS[finding.row.verdict],
        f"**{finding.id}** {_inline(finding.text)}",
        _inline(finding.reason),
        _inline(f"{finding.source}: {'; '.join(finding.promises)}"),
    ]
    return f"| {' | '.join(cells)} |"


def _inline(text: str) -> str:
    """Return `text` on one line, without meaning for Markdown; it mentions nobody."""
    one_line = " ".join(visible(text).split())
    for sign in "\\|<>*_`[]~":
        one_line = one_line.replace(sign, f"\\{sign}")
    return one_line.replace("@", "@\N{ZERO WIDTH SPACE}")


def _details(finding: Finding) -> Iterator[str]:
    yield (
        f"<details><summary>{finding.row.verdict} {finding.id}: where it is promised, what was "
        "sent and seen, how to see it again</summary>"
    )
    yield ""
    if finding.operation:
        yield f"**Operation** {_inline(finding.operation)}\n"
    yield f"**Promised** {_inline(f'{finding.source}, {finding.place}')}\n"
    yield from (f"- {_prose(promise)}" for promise in finding.promises)
    yield ""
    if finding.before:
        yield "**Before**\n"
        yield from _fenced(finding.before)
    if excerpt := finding.excerpt:
        yield "**Sent**\n"
        yield from _fenced(excerpt.sent, "http")
        yield "**Seen**\n"
        more = [f"… {excerpt.folded} more lines"] if excerpt.folded else []
        yield from _fenced([*excerpt.seen, *more])
    yield f"**Again** {_prose(finding.again)}\n"
    if finding.shown and finding.is_in_one_request:
        yield from _fenced([shortened(curl(finding.shown), MAX_CURL)], "sh")
    yield "</details>"
    yield ""


def _prose(text: str) -> str:
    """Return a sentence of ours, whose commands are in backticks."""
    parts = enumerate(text.split("`"))
    return "".join(f"`{part}`" if n % 2 else _inline(f".{part}.")[1:-1] for n, part in parts)


def _fenced(lines: Sequence[str], language: str = "") -> Iterator[str]:
    """Yield a code block; its fence is longer than any in it."""
    text = "\n".join(lines)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield text
    yield fence
    yield ""
