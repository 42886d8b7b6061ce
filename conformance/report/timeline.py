"""The jobs that a run has seen, as rows of coloured bars for a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from conformance.coverage import moves_of
from conformance.ledger import JobHistory
from specs import Lifecycle

MOST_JOBS = 14
LEFT = 190
WIDTH = 900
ROW = 22


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
    """The whole picture; `legend` holds the states by the index of their colour."""

    lines: tuple[Line, ...]
    legend: tuple[str, ...]
    more: int

    @property
    def height(self) -> int:
        """The picture's height."""
        return ROW * (len(self.lines) + 1)


def draw(lifecycle: Lifecycle, jobs: Sequence[JobHistory]) -> Timeline:
    """Return the picture of the jobs that moved most; time runs in exchanges, not in seconds."""
    seen = [job for job in jobs if job.sightings]
    chosen = sorted(seen, key=_interest)[:MOST_JOBS]
    chosen.sort(key=lambda job: job.sightings[0].exchange.number)
    numbers = sorted({s.exchange.number for job in chosen for s in job.sightings})
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
    return (-len(list(moves_of(job))), -len(job.sightings))


def _name(job: JobHistory) -> str:
    short = job.id if len(job.id) <= 12 else f"{job.id[:8]}…"
    return f"{job.group} {short}".strip()


def _legend(lifecycle: Lifecycle, jobs: Sequence[JobHistory]) -> tuple[str, ...]:
    known = [state.wire for state in lifecycle.states.values()]
    others = [s.state for job in jobs for s in job.sightings if s.state not in known]
    return tuple(dict.fromkeys([*known, *others]))


def _bars(
    job: JobHistory, places: dict[int, float], step: float, legend: tuple[str, ...]
) -> tuple[Bar, ...]:
    stretches: list[tuple[str, int, int]] = []
    for sighting in job.sightings:
        number = sighting.exchange.number
        if stretches and stretches[-1][0] == sighting.state:
            stretches[-1] = (sighting.state, stretches[-1][1], number)
        else:
            stretches.append((sighting.state, number, number))
    ends = [places[after[1]] for _, after in pairwise(stretches)]
    ends.append(places[stretches[-1][2]] + step)
    return tuple(
        Bar(places[first], end - places[first], legend.index(state), state, first, last)
        for (state, first, last), end in zip(stretches, ends, strict=True)
    )


def _dots(job: JobHistory, places: dict[int, float], step: float) -> tuple[float, ...]:
    return tuple(places[s.exchange.number] + step / 2 for s in job.sightings)
