"""Schedules of jobs and scripts that change them; a job's state as a pure function of time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from mockserver.errors import ApiError
from mockserver.jobs import Job, Schedule, Transitions
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

    def contradiction(self) -> str | None:
        """Return why no number can be the nth, or None if one can."""
        if self.nth is None or self.nth in self:
            return None
        if self.after is not None and self.nth <= self.after:
            return f"{self.nth} must be greater than after, which is {self.after}"
        return f"{self.nth} must be a multiple of every, which is {self.every}"


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


def current_state(job: Job, now: int) -> str:
    """Return the state at `now`."""
    if job.transitions:
        state, at = job.transitions[-1]
        remaining = remaining_schedule(job.schedule, state)
    else:
        at, remaining = job.created_at, job.schedule
    for state, lasts in remaining:
        if lasts is None or now < at + lasts:
            return state
        at += lasts
    return remaining[-1][0]


def timeline(job: Job, until: int) -> Transitions:
    """Return the states entered up to `until`, each with its time; the last is the current one.

    Recorded transitions remain, even if the clock was set back before them.
    """
    entered = list(job.transitions or ((job.schedule[0][0], job.created_at),))
    state, at = entered[-1]
    remaining = remaining_schedule(job.schedule, state)
    for (_, lasts), (following, _) in pairwise(remaining):
        if lasts is None or until < at + lasts:
            break
        at += lasts
        entered.append((following, at))
    return tuple(entered)


def remaining_schedule(schedule: Schedule, state: str) -> Schedule:
    """Return the schedule from `state` on; a state outside the schedule is terminal."""
    for index, (name, _) in enumerate(schedule):
        if name == state:
            return schedule[index:]
    return ((state, None),)


def transition(job: Job, state: str, now: int, schedule: Schedule | None = None) -> Job:
    """Return the job after it enters `state` at `now`; `schedule` replaces its schedule."""
    return replace(
        job, transitions=(*timeline(job, now), (state, now)), schedule=schedule or job.schedule
    )


def force_outcome(lifecycle: Lifecycle, job: Job, outcome: str, now: int) -> Job:
    """Return the job with `outcome` (a state's name or wire name) as terminal state from `now`.

    It passes through the intermediate states at `now`.

    Raises:
        ApiError: 400, unknown state; 409, unreachable from the current state.
    """
    entered = timeline(job, now)
    state = entered[-1][0]
    target = _find(lifecycle, state, outcome)
    path = ((name, now) for name in _shortest_path(lifecycle, state, target))
    return replace(job, transitions=(*entered, *path), schedule=((target, None),), outcome=target)


def _find(lifecycle: Lifecycle, state: str, outcome: str) -> str:
    """Return the state named `outcome`; of several with one wire name the first reachable one."""
    named = lifecycle.states_named(outcome)
    candidates = (
        [outcome] if outcome in named else [name for name in lifecycle.states if name in named]
    )
    if not candidates:
        known = ", ".join(lifecycle.states)
        raise ApiError(400, f"Unknown state {outcome}; known: {known}.", field="outcome")
    reachable = lifecycle.reachable(state) | {state}
    for name in candidates:
        if name in reachable:
            return name
    names = ", ".join(name for name in lifecycle.states if name in reachable - {state}) or "nothing"
    raise ApiError(
        409, f"{outcome} is unreachable from {state}; reachable: {names}.", field="outcome"
    )


def _shortest_path(lifecycle: Lifecycle, start: str, target: str) -> list[str]:
    """Return the shortest path from `start`, exclusive, to `target`; empty if there is none."""
    paths = [[start]]
    seen = {start}
    for path in paths:
        for edge in lifecycle.edges:
            if edge.start == path[-1] and edge.end not in seen:
                seen.add(edge.end)
                paths.append([*path, edge.end])
    return next((path[1:] for path in paths if path[-1] == target and len(path) > 1), [])
