"""The jobs that a run has seen, as rows of coloured bars for a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from conformance.evaluation.coverage import transitions_of
from conformance.target.tracker import JobHistory
from specs import Lifecycle, State

MAX_JOBS = 14
LEFT = 190
WIDTH = 900
ROW = 22
# Indices of the colours in page.css: at work, with a file, at rest without one, and never heard of.
COLOURS = {"busy": (0, 1, 2), "good": (3, 7), "over": (4, 5, 8)}
UNLISTED = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in one state; `x` and `width` in the picture's units, `colour` an index."""

    x: float
    width: float
    colour: int
    state: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Line:
    """One job: its name and its bars, `y` from the top."""

    name: str
    y: int
    bars: tuple[Bar, ...]
    dots: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole picture; `legend` holds the index of each state's colour."""

    lines: tuple[Line, ...]
    legend: dict[str, int]
    more: int

    @property
    def height(self) -> int:
        """The picture's height."""
        return ROW * (len(self.lines) + 1)


def build_timeline(lifecycle: Lifecycle, jobs: Sequence[JobHistory]) -> Timeline:
    """Return the picture of the jobs that moved most; time runs in exchanges, not in seconds."""
    seen = [job for job in jobs if job.observations]
    chosen = sorted(seen, key=_interest)[:MAX_JOBS]
    chosen.sort(key=lambda job: job.observations[0].exchange.number)
    numbers = sorted({s.exchange.number for job in chosen for s in job.observations})
    step = (WIDTH - LEFT - 10) / max(1, len(numbers))
    places = {number: LEFT + step * index for index, number in enumerate(numbers)}
    legend = _legend(lifecycle, chosen)
    lines = tuple(
        Line(
            _name(job), ROW * (row + 1), _bars(job, places, step, legend), _dots(job, places, step)
        )
        for row, job in enumerate(chosen)
    )
    return Timeline(lines, legend, len(seen) - len(chosen))


def _interest(job: JobHistory) -> tuple[int, int]:
    return (-len(list(transitions_of(job))), -len(job.observations))


def _name(job: JobHistory) -> str:
    short = job.id if len(job.id) <= 12 else f"{job.id[:8]}…"
    return f"{job.scope} {short}".strip()


def _legend(lifecycle: Lifecycle, jobs: Sequence[JobHistory]) -> dict[str, int]:
    """Give each state a colour: its kind's first one that is free."""
    free = {kind: list(colours) for kind, colours in COLOURS.items()}
    legend: dict[str, int] = {}
    for state in lifecycle.states.values():
        if state.wire not in legend:
            colours = free[_kind(lifecycle, state)]
            legend[state.wire] = colours.pop(0) if len(colours) > 1 else colours[0]
    for job in jobs:
        for sighting in job.observations:
            legend.setdefault(sighting.state, UNLISTED)
    return legend


def _kind(lifecycle: Lifecycle, state: State) -> str:
    if state.file:
        return "good"
    moves = any(edge.start == state.name and edge.by == "time" for edge in lifecycle.edges)
    return "busy" if moves else "over"


def _bars(
    job: JobHistory, places: dict[int, float], step: float, legend: dict[str, int]
) -> tuple[Bar, ...]:
    stretches: list[tuple[str, int, int]] = []
    for sighting in job.observations:
        number = sighting.exchange.number
        if stretches and stretches[-1][0] == sighting.state:
            stretches[-1] = (sighting.state, stretches[-1][1], number)
        else:
            stretches.append((sighting.state, number, number))
    ends = [places[after[1]] for _, after in pairwise(stretches)]
    ends.append(places[stretches[-1][2]] + step)
    return tuple(
        Bar(places[first], end - places[first], legend[state], state, first, last)
        for (state, first, last), end in zip(stretches, ends, strict=True)
    )


def _dots(job: JobHistory, places: dict[int, float], step: float) -> tuple[float, ...]:
    return tuple(places[s.exchange.number] + step / 2 for s in job.observations)
