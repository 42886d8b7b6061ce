"""A job's state and history as pure functions of its facts and a virtual time."""

from itertools import pairwise

from mockserver.errors import ApiError
from mockserver.jobs import Job, Schedule, Transitions
from specs import Lifecycle


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
    return job._replace(
        transitions=(*timeline(job, now), (state, now)), schedule=schedule or job.schedule
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
    return job._replace(transitions=(*entered, *path), schedule=((target, None),), outcome=target)


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
