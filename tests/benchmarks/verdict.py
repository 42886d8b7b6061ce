"""What the peers' figures say about the mock: ratios to each contender, and the goals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.benchmarks.contender import Kind
from tests.benchmarks.figures import Ratio, ratio
from tests.benchmarks.peers import Entry


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is compared; `more` says whether more of it is better."""

    name: str
    more: bool
    goal: float | None = None
    """How much of the best peer's is wanted."""


MEASURES = (
    Measure("polling", more=True, goal=2.0),
    Measure("creating", more=True, goal=2.0),
    Measure("first answer", more=False, goal=0.8),
    Measure("memory", more=False, goal=0.7),
)
COSTS = (Measure("polling, processor", more=False), Measure("creating, processor", more=False))
"""Processor time an answer: it explains the rates, and stands a busy machine."""
CEILING_GOAL = 0.6
SIZE = Measure("polling at the last size", more=False)
SIZE_GOAL = 1.1


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the outcome: what is reached of what was wanted."""

    measure: Measure
    against: str
    reached: Ratio
    wanted: float

    @property
    def met(self) -> bool:
        """Whether the median is on the good side."""
        if self.measure.more:
            return self.reached.median >= self.wanted
        return self.reached.median <= self.wanted

    def raw(self) -> dict[str, Any]:
        """The goal for the JSON file."""
        figures = {"reached": self.reached.raw(), "wanted": self.wanted, "met": self.met}
        return {"measure": self.measure.name, "against": self.against, **figures}


def base(entries: Mapping[str, Entry]) -> Entry | None:
    """Whom the others are compared with: the mock, or the ceiling while there is no mock."""
    for kind in (Kind.OURS, Kind.CEILING):
        for entry in entries.values():
            if entry.contender.kind is kind:
                return entry
    return None


def ratios(own: Entry, other: Entry) -> dict[str, Ratio]:
    """Own over the other's, for every measure that both have."""
    return {
        measure.name: ratio(own.series[measure.name], other.series[measure.name])
        for measure in (*MEASURES, *COSTS)
        if measure.name in own.series and measure.name in other.series
    }


def goals(entries: Mapping[str, Entry]) -> Iterator[Goal]:
    """The goals that this run can tell of; none without the mock."""
    own = base(entries)
    if own is None or own.contender.kind is not Kind.OURS:
        return
    peers = [entry for entry in entries.values() if entry.contender.kind is Kind.PEER]
    ceilings = [entry for entry in entries.values() if entry.contender.kind is Kind.CEILING]
    for measure in MEASURES:
        if measure.goal is not None and (best := _best(measure, peers)):
            reached = ratio(own.series[measure.name], best.series[measure.name])
            against = f"the best peer ({best.contender.name})"
            yield Goal(measure, against, reached, measure.goal)
    for measure in MEASURES[:2]:
        for entry in ceilings:
            reached = ratio(own.series[measure.name], entry.series[measure.name])
            yield Goal(measure, "the bare ceiling", reached, CEILING_GOAL)


def _best(measure: Measure, peers: Sequence[Entry]) -> Entry | None:
    able = [entry for entry in peers if measure.name in entry.series]
    if not able:
        return None
    pick = max if measure.more else min
    return pick(able, key=lambda entry: median(entry.series[measure.name]))
