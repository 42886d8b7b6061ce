"""Tables of 80 columns: ratios, and seconds where a user waits."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from rich.table import Table

from tests.benchmarks.contenders.ours import NAME
from tests.benchmarks.figures import Ratio
from tests.benchmarks.files import GOAL_MB, Outcome
from tests.benchmarks.peers import Comparison, Entry
from tests.benchmarks.say import console
from tests.benchmarks.scale.growth import CALLS, Point
from tests.benchmarks.suite.kills import Score
from tests.benchmarks.suite.tools import OURS
from tests.benchmarks.tail import Loaded
from tests.benchmarks.verdict import (
    COSTS,
    MEASURES,
    SIZE,
    SIZE_GOAL,
    Goal,
    Measure,
    base,
    goals,
    ratios,
)
from tests.benchmarks.waits.wait import Wait


def show_peers(comparison: Comparison) -> None:
    """Print what the mock does for each unit of what the others do, and the goals."""
    own = base(comparison.entries)
    if own is None:
        console().print("Nothing could be measured.")
        return
    name = own.contender.name
    title = f"{name} ÷ contender: median of {comparison.plan.rounds} rounds (lowest-highest)"
    others = [entry for entry in comparison.entries.values() if entry is not own]
    _show_ratios(title, own, others, MEASURES)
    _show_ratios(f"{name} ÷ contender: processor time an answer", own, others, COSTS)
    console().print("↑ more is better, ↓ less is better", style="dim")
    for missing in comparison.missing:
        console().print(f"left out: {missing}", style="bold yellow")
    show_goals(goals(comparison.entries))


def show_scale(points: Sequence[Point], first: int, store: str) -> None:
    """Print what calls cost at each size beside the first, and whether polling stays in reach."""
    rows = [
        [f"{point.size:,}", *(_both(point, name) for name in CALLS), _bytes(point.job_bytes)]
        for point in points
    ]
    title = f"Cost beside {first:,} jobs ({store}; creating: beside an empty sandbox)"
    show(title, ["jobs", *CALLS, "a job"], rows)
    console().print("first line: by answers a second; second: by processor time", style="dim")
    if points:
        show_goals([Goal(SIZE, f"polling with {first:,}", points[-1].cost["polling"], SIZE_GOAL)])


def show_files(outcome: Outcome) -> None:
    """Print what a large file adds to the server, and whether its bytes are the same each time."""
    size = outcome.downloads[0].length / 10**9
    added = "not measured here" if outcome.added is None else f"{outcome.added:.1f} MB"
    mark = "reached" if outcome.met else "NOT reached"
    console().print(f"file of {size:.2f} GB: adds {added}, wanted at most {GOAL_MB} MB - {mark}")
    same = "the same bytes" if outcome.same else "NOT the same bytes"
    console().print(f"{same} in {len(outcome.downloads)} downloads from two servers")


def show_suite(scores: Sequence[Score]) -> None:
    """Print what each judge killed and accused, and how its times stand to those of ours."""
    own = next((score for score in scores if score.tool.name == OURS), None)
    rows = [
        [
            score.tool.name,
            f"{len(score.killed)} of {len(score.planted)}",
            str(score.alarms),
            *_beside(score, own),
        ]
        for score in scores
    ]
    heads = ["judge", "killed", "on the healthy", "time", "requests/s"]
    show("Judges on planted defects (times and requests: times ours)", heads, rows)


def show_tail(measured: Sequence[Loaded], downloads: tuple[Loaded, Loaded]) -> None:
    """Print how the mock polls beside each contender, and beside downloads, and every tail."""
    heads = ["", "rate ↑", "median ↓", "p99 ↓", "memory ↓", "its p99 ÷ median"]
    own = {loaded.connections: loaded for loaded in measured if loaded.name == NAME}
    rows = [
        [
            f"{loaded.connections:,}, {loaded.name}",
            *_medians(own.get(loaded.connections, loaded).beside(loaded)),
            f"{loaded.tail.median:.1f}",
        ]
        for loaded in measured
    ]
    show(f"{NAME} ÷ contender by connections: polling", heads, rows)
    alone, beside = downloads
    row = [beside.name, *_medians(beside.beside(alone)), f"{beside.tail.median:.1f}"]
    show(f"{beside.name} ÷ {alone.name}", heads, [row])


def _medians(ratios: Mapping[str, Ratio]) -> list[str]:
    return [f"{one.median:.2f}" for one in ratios.values()]


def show_waits(measured: Sequence[Wait]) -> None:
    """Print how long a user waits, by the clock and in processor time."""
    rows, group = [], ""
    for wait in measured:
        if wait.group != group:
            rows.append([f"[bold]{wait.group}[/]", "", "", ""])
        group, unit = wait.group, wait.unit
        spread = f"{unit(wait.spread.low)} - {unit(wait.spread.high)}"
        processor = unit(median(wait.processor))
        rows.append([f"  {wait.name}", f"{wait.told:>8}", spread, processor])
    show("What a user waits for: median, lowest and highest", ["", "median", "range", "cpu"], rows)
    for wait in measured:
        if wait.goal is not None:
            mark = "reached" if wait.spread.median <= wait.goal else "NOT reached"
            told = f"{wait.told}, wanted at most {wait.unit(wait.goal)}"
            console().print(f"{wait.group}, {wait.name}: {told} - {mark}")


def _show_ratios(
    title: str, own: Entry, others: Iterable[Entry], measures: Sequence[Measure]
) -> None:
    heads = [f"{one.name} {'↑' if one.more else '↓'}" for one in measures]
    rows = [[other.contender.name, *_cells(ratios(own, other), measures)] for other in others]
    show(title, ["contender", *heads], rows)


def show(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one table; its first column is text, the others are figures."""
    console().print(title, style="bold")
    table = Table(pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left", no_wrap=not number)
    for row in rows:
        table.add_row(*row)
    console().print(table)


def show_goals(lines: Iterable[Goal]) -> None:
    """Print what is reached, a line a goal."""
    for goal in lines:
        side = "at least" if goal.measure.more else "at most"
        mark, style = ("reached", "green") if goal.met else ("NOT reached", "bold red")
        console().print(
            f"{goal.measure.name}: {goal.reached.median:.2f} times {goal.against}, "
            f"wanted {side} {goal.wanted} - [{style}]{mark}[/]"
        )


def _both(point: Point, name: str) -> str:
    return f"{point.cost[name].median:.2f}\n{point.processor[name].median:.2f}"


def _bytes(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} B"


def _beside(score: Score, own: Score | None) -> list[str]:
    """The run's time and the requests a second, over our own."""
    if own is None:
        return ["-"] * 2
    return [f"{score.seconds / own.seconds:.2f}", f"{score.rate / own.rate:.2f}"]


def _cells(values: Mapping[str, Ratio], measures: Sequence[Measure]) -> list[str]:
    found = [values.get(one.name) for one in measures]
    return [f"{one.median:.2f}\n({one.low:.2f}-{one.high:.2f})" if one else "-" for one in found]
