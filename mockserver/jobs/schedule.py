"""Whose turn it is, by number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.jobs.model import Schedule
from mockserver.timestamps import parse_duration
from specs import Lifecycle, TimelineStage


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Numbers from 1 that are meant: those that fit in all that is not None.

    `nth` is only that one, `after` those behind so many, `every` those whose number it divides.
    """

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
    """Return the plan that steps of a lifecycle tell."""
    return tuple(
        (step.state, None if step.seconds is None else round(step.seconds * 1000)) for step in steps
    )


def read_schedule(lifecycle: Lifecycle, row: Mapping[str, Any]) -> Schedule | None:
    """Return the plan of a job: `held` (a state for good), `plan` (steps), or None for neither.

    Raises:
        LookupError: a state is not known; the text names it and those that are.
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
    """Return the name of a state.

    Raises:
        LookupError: there is no such state.
    """
    if name not in lifecycle.states:
        raise LookupError(f"there is no state {name!r}; known: {', '.join(lifecycle.states)}")
    return name


ROWS = "rows"
"""The detail of a job that says how many rows its file has, where the usual will not do."""


@dataclass(frozen=True, slots=True)
class ScriptedEnd:
    """A way out of the plan: from `origin` into the state `into`, where the job then stays.

    `origin` is None for the last state that does not stay for good. `lasts` is how long the job is
    in it, in milliseconds, `part` which part of the usual time; where both are None, all of that.
    """

    into: str
    origin: str | None = None
    lasts: int | None = None
    part: float | None = None


@dataclass(frozen=True, slots=True)
class JobScript:
    """What becomes of some of the jobs, counted from 1 as they are created.

    `plan` stands in place of the usual one; `pace` stretches each stay; in `stuck` a job stays for
    good; `rows` is the length of its file.
    """

    occurrences: Occurrences = field(default_factory=Occurrences)
    schedule: Schedule | None = None
    pace: float = 1.0
    stuck_in: str | None = None
    ending: ScriptedEnd | None = None
    rows: int | None = None

    def schedule_for(self, default: Schedule) -> Schedule:
        """Return the plan of a job that otherwise had the `usual` one."""
        schedule = self.schedule or default
        schedule = tuple((s, None if ms is None else round(ms * self.pace)) for s, ms in schedule)
        names = [state for state, _ in schedule]
        if self.stuck_in in names:
            schedule = (*schedule[: names.index(self.stuck_in)], (self.stuck_in, None))
        return schedule if self.ending is None else _with_end(schedule, self.ending)

    def details(self, default: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the details of a job that otherwise had the `usual` ones."""
        return default if self.rows is None else {**default, ROWS: self.rows}


JobScripts = Mapping[str, tuple[JobScript, ...]]
"""By vendor; the first whose turn it is counts."""


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
