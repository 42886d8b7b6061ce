"""Which figures become which bars."""

from statistics import median

from tests.benchmarks.peers import Comparison, Entry
from tests.benchmarks.report.picture import Bar, Panel, draw_bars
from tests.benchmarks.verdict import MEASURES, Measure, base


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
