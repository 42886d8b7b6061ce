"""Which figures become which bars."""

from collections.abc import Sequence
from statistics import median

from tests.benchmarks.contenders.ours import NAME
from tests.benchmarks.peers import Comparison, Entry
from tests.benchmarks.report.picture import Bar, Panel, draw_bars, draw_lines
from tests.benchmarks.scale.growth import CALLS, Point
from tests.benchmarks.suite.kills import Score
from tests.benchmarks.suite.tools import OURS
from tests.benchmarks.tail import Loaded
from tests.benchmarks.verdict import MEASURES, Measure, base
from tests.benchmarks.waits.wait import Wait


def peers(comparison: Comparison) -> str:
    """The comparison with the peers as a picture; each bar says how it stands to the mock."""
    own = base(comparison.entries)
    if own is None:
        return draw_bars("Nothing could be measured", "", [])
    entries = tuple(comparison.entries.values())
    panels = [
        Panel(f"{one.name} ({'longer' if one.more else 'shorter'} is better)", bars)
        for one in MEASURES
        if (bars := _bars(one, own, entries))
    ]
    note = (
        f"Relative to {own.contender.name} = 1; medians of {comparison.plan.rounds} interleaved "
        f"rounds, {comparison.plan.connections} connections, load on the same cores"
    )
    return draw_bars("The mock beside its peers", note, panels)


def scale(points: Sequence[Point], first: int, store: str) -> str:
    """Cost against size as a picture; flat is good."""
    lines = {
        name: [(first, 1.0), *((point.size, point.cost[name].median) for point in points)]
        for name in CALLS
    }
    note = f"Cost of a call beside {first:,} jobs = 1, over the jobs in the sandbox; store: {store}"
    return draw_lines("What a call costs at size", note, lines)


def suite(scores: Sequence[Score]) -> str:
    """The judges as a picture: what they kill, what they accuse, how long they take."""
    panels = [
        Panel("planted defects killed (longer is better)", _each(scores, "killed")),
        Panel("findings on the healthy app (shorter is better)", _each(scores, "alarms")),
        Panel("median time of a run (shorter is better)", _each(scores, "seconds")),
    ]
    note = "The suite, stock Schemathesis and Specmatic's tests on the reference app"
    return draw_bars("Judges on planted defects", note, panels)


def tail(measured: Sequence[Loaded]) -> str:
    """The latencies under load as a picture: a panel for each number of connections."""
    groups: dict[str, list[Bar]] = {}
    for loaded in measured:
        p99 = median(sample.p99 for sample in loaded.samples) / 1000
        bar = Bar(loaded.name, p99, f"{p99:.1f} ms", "ours" if loaded.name == NAME else "peer")
        groups.setdefault(f"{loaded.connections:,} connections", []).append(bar)
    panels = [Panel(name, bars) for name, bars in groups.items()]
    return draw_bars("Under load: 99 of 100 polls are faster", "shorter is better", panels)


def waits(measured: Sequence[Wait]) -> str:
    """What a user waits for as a picture: a panel a group."""
    groups: dict[str, list[Bar]] = {}
    for wait in measured:
        bar = Bar(wait.name, wait.spread.median, wait.told, "ours")
        groups.setdefault(wait.group, []).append(bar)
    panels = [Panel(name, bars) for name, bars in groups.items()]
    return draw_bars("What a user waits for", "Medians by the clock", panels)


def _each(scores: Sequence[Score], what: str) -> list[Bar]:
    values = {score.tool.name: getattr(score, what) for score in scores}
    numbers = {name: len(one) if isinstance(one, list) else one for name, one in values.items()}
    unit = numbers.get(OURS) or 1
    return [
        Bar(name, value, f"{value / unit:.2f}" if what == "seconds" else f"{value}", _style(name))
        for name, value in numbers.items()
    ]


def _style(name: str) -> str:
    return "ours" if name == OURS else "peer"


def _bars(measure: Measure, own: Entry, entries: tuple[Entry, ...]) -> list[Bar]:
    if measure.name not in own.series:
        return []
    unit = median(own.series[measure.name])
    able = [entry for entry in entries if measure.name in entry.series]
    values = [(entry, median(entry.series[measure.name]) / unit) for entry in able]
    return [
        Bar(entry.contender.name, value, f"{value:.2f}", entry.contender.kind.value)
        for entry, value in values
    ]
