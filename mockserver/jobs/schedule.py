"""Schedules of jobs, scripts that change them, and the selection of occurrences by number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.jobs import Schedule
from mockserver.timestamps import parse_duration
from specs import Lifecycle, TimelineStage


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Selects numbers from 1: the nth, all after n, every nth; None sets no condition."""

    nth: int | None = None
    after: int | None = None
    every: int | None = None

    def __contains__(self, number: int) -> bool:
        return (
            self.nth in (None, number)
            and (self.after is None or number > self.after)
            and (self.every is None or number % self.every == 0)
        )


def from_steps(steps: Iterable[TimelineStage]) -> Schedule:
    """Return the schedule of a lifecycle's timeline."""
    return tuple(
        (step.state, None if step.seconds is None else round(step.seconds * 1000)) for step in steps
    )


def read_schedule(lifecycle: Lifecycle, row: Mapping[str, Any]) -> Schedule | None:
    """Return a seed job's schedule: `held` (a terminal state), `plan` (steps), None for neither.

    Raises:
        LookupError: unknown state; the text names it and the known ones.
        ValueError: a duration is malformed.
    """
    if "held" in row:
        return ((read_state(lifecycle, row["held"]), None),)
    if "plan" not in row:
        return None
    return tuple(
        (
            read_state(lifecycle, step["state"]),
            parse_duration(step["lasts"]) if "lasts" in step else None,
        )
        for step in row["plan"]
    )


def read_state(lifecycle: Lifecycle, name: str) -> str:
    """Return `name`, checked to be a state.

    Raises:
        LookupError: unknown state.
    """
    if name not in lifecycle.states:
        raise LookupError(f"unknown state {name!r}; known: {', '.join(lifecycle.states)}")
    return name


ROWS = "rows"
"""The detail of a job that overrides the number of rows in its file."""


@dataclass(frozen=True, slots=True)
class ScriptedEnd:
    """A scripted transition from `origin` to `into`, the terminal state.

    `origin` None is the last state before the terminal one. `lasts` is the time in `origin` in
    milliseconds, `part` a fraction of the default time; both None keep the default time.
    """

    into: str
    origin: str | None = None
    lasts: int | None = None
    part: float | None = None


@dataclass(frozen=True, slots=True)
class JobScript:
    """Scripted behaviour of the jobs that `occurrences` selects, counted from 1 as created.

    `schedule` replaces the default; `pace` multiplies each duration; `stuck_in` becomes terminal;
    `rows` is the number of rows in the file.
    """

    occurrences: Occurrences = field(default_factory=Occurrences)
    schedule: Schedule | None = None
    pace: float = 1.0
    stuck_in: str | None = None
    ending: ScriptedEnd | None = None
    rows: int | None = None

    def schedule_for(self, default: Schedule) -> Schedule:
        """Return the scripted schedule, based on `default`."""
        schedule = self.schedule or default
        schedule = tuple((s, None if ms is None else round(ms * self.pace)) for s, ms in schedule)
        names = [state for state, _ in schedule]
        if self.stuck_in in names:
            schedule = (*schedule[: names.index(self.stuck_in)], (self.stuck_in, None))
        return schedule if self.ending is None else _with_end(schedule, self.ending)

    def details(self, default: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the scripted details, based on `default`."""
        return default if self.rows is None else {**default, ROWS: self.rows}


JobScripts = Mapping[str, tuple[JobScript, ...]]
"""By vendor; the first script that selects a job applies."""


def _with_end(schedule: Schedule, ending: ScriptedEnd) -> Schedule:
    for index, (state, default) in enumerate(schedule):
        next_is_terminal = index + 1 < len(schedule) and schedule[index + 1][1] is None
        if state == ending.origin or (ending.origin is None and next_is_terminal):
            lasts = _duration(ending, default)
            return (
                schedule
                if lasts is None
                else (*schedule[:index], (state, lasts), (ending.into, None))
            )
    return schedule


def _duration(ending: ScriptedEnd, default: int | None) -> int | None:
    if ending.lasts is not None:
        return ending.lasts
    if default is None or ending.part is None:
        return default
    return round(default * ending.part)
