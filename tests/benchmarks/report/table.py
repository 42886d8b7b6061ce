"""Tables of 80 columns: ratios, never absolute figures."""

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from tests.benchmarks.figures import Ratio
from tests.benchmarks.peers import Comparison, Entry
from tests.benchmarks.say import console
from tests.benchmarks.verdict import COSTS, MEASURES, Goal, Measure, base, goals, ratios


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


def _show_ratios(
    title: str, own: Entry, others: Iterable[Entry], measures: Sequence[Measure]
) -> None:
    heads = [f"{one.name} {'↑' if one.more else '↓'}" for one in measures]
    rows = [[other.contender.name, *_cells(ratios(own, other), measures)] for other in others]
    show(title, ["contender", *heads], rows)


def show(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one table; its first column is text, the others are figures."""
    table = Table(title=title, title_justify="left", pad_edge=False)
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


def _cells(values: Mapping[str, Ratio], measures: Sequence[Measure]) -> list[str]:
    found = [values.get(one.name) for one in measures]
    return [f"{one.median:.2f}\n({one.low:.2f}-{one.high:.2f})" if one else "-" for one in found]
