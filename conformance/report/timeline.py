"""The jobs of a run as rows of coloured bars, for the chart of the HTML page."""

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
# Indices of colours in page.css: active states, states with a file, final ones without, unknown.
COLOURS = {"active": (0, 1, 2), "file": (3, 7), "final": (4, 5, 8)}
UNKNOWN = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in one state; `x` and `width` in the chart's units, `colour` an index."""

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
    """The whole chart; `legend` has the index of each state's colour."""

    lines: tuple[Line, ...]
    legend: dict[str, int]
    more: int

    @property
    def height(self) -> int:
        """The chart's height."""
        return ROW * (len(self.lines) + 1)


def build_timeline(lifecycle: Lifecycle, jobs: Sequence[JobHistory]) -> Timeline:
    """Return the chart of the jobs with most transitions; its time is in exchanges, not seconds."""
    observed = [job for job in jobs if job.observations]
    shown = sorted(observed, key=_least_transitions)[:MAX_JOBS]
    shown.sort(key=lambda job: job.observations[0].exchange.number)
    numbers = sorted({o.exchange.number for job in shown for o in job.observations})
    step = (WIDTH - LEFT - 10) / max(1, len(numbers))
    places = {number: LEFT + step * index for index, number in enumerate(numbers)}
    legend = _legend(lifecycle, shown)
    lines = tuple(
        Line(
            _name(job),
            ROW * (row + 1),
            _bars(job, places, step, legend),
            tuple(places[o.exchange.number] + step / 2 for o in job.observations),
        )
        for row, job in enumerate(shown)
    )
    return Timeline(lines, legend, len(observed) - len(shown))


def _least_transitions(job: JobHistory) -> tuple[int, int]:
    return (-len(list(transitions_of(job))), -len(job.observations))


def _name(job: JobHistory) -> str:
    short = job.id if len(job.id) <= 12 else f"{job.id[:8]}…"
    return f"{job.scope} {short}".strip()


def _legend(lifecycle: Lifecycle, jobs: Sequence[JobHistory]) -> dict[str, int]:
    """Assign a colour to each state: the first unused one of its kind."""
    unused = {kind: list(colours) for kind, colours in COLOURS.items()}
    legend: dict[str, int] = {}
    for state in lifecycle.states.values():
        if state.wire not in legend:
            colours = unused[_kind(lifecycle, state)]
            legend[state.wire] = colours.pop(0) if len(colours) > 1 else colours[0]
    for job in jobs:
        for observation in job.observations:
            legend.setdefault(observation.state, UNKNOWN)
    return legend


def _kind(lifecycle: Lifecycle, state: State) -> str:
    if state.file:
        return "file"
    active = any(edge.start == state.name and edge.by == "time" for edge in lifecycle.edges)
    return "active" if active else "final"


def _bars(
    job: JobHistory, places: dict[int, float], step: float, legend: dict[str, int]
) -> tuple[Bar, ...]:
    stretches: list[tuple[str, int, int]] = []
    for exchange, state in job.observations:
        number = exchange.number
        if stretches and stretches[-1][0] == state:
            stretches[-1] = (state, stretches[-1][1], number)
        else:
            stretches.append((state, number, number))
    ends = [places[after[1]] for _, after in pairwise(stretches)]
    ends.append(places[stretches[-1][2]] + step)
    return tuple(
        Bar(places[first], end - places[first], legend[state], state, first, last)
        for (state, first, last), end in zip(stretches, ends, strict=True)
    )
