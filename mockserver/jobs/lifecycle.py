"""A job's state and history as pure functions of its facts and a moment."""

from itertools import pairwise

from mockserver.errors import ApiError
from mockserver.jobs.model import Job, Schedule, Transitions
from specs import Lifecycle


def current_state(job: Job, now: int) -> str:
    """Return the state at `now`."""
    if job.transitions:
        state, at = job.transitions[-1]
        rest = remaining_schedule(job.schedule, state)
    else:
        at, rest = job.created_at, job.schedule
    for state, lasts in rest:
        if lasts is None or now < at + lasts:
            return state
        at += lasts
    return rest[-1][0]


def timeline(job: Job, until: int) -> Transitions:
    """Return the states entered up to `until`, each with its moment; its last is the status.

    Moves have happened: they stay, even where the clock was set back before them.
    """
    entered = list(job.transitions or ((job.schedule[0][0], job.created_at),))
    state, at = entered[-1]
    rest = remaining_schedule(job.schedule, state)
    for (_, lasts), (following, _) in pairwise(rest):
        if lasts is None or until < at + lasts:
            break
        at += lasts
        entered.append((following, at))
    return tuple(entered)


def remaining_schedule(plan: Schedule, state: str) -> Schedule:
    """Return the plan from `state` on; a state outside the plan stays for good."""
    for place, (name, _) in enumerate(plan):
        if name == state:
            return plan[place:]
    return ((state, None),)


def transition(job: Job, state: str, now: int, plan: Schedule | None = None) -> Job:
    """Return the job as it is once it enters `state` at `now`; `plan` goes on from there."""
    return job._replace(
        transitions=(*timeline(job, now), (state, now)), schedule=plan or job.schedule
    )


def force_outcome(lifecycle: Lifecycle, job: Job, outcome: str, now: int) -> Job:
    """Return the job in `outcome`, a state by its name in the file or on the wire, from `now` on.

    It passes through the states on the way without a stay, and stays in the outcome for good.

    Raises:
        ApiError: 400, there is no such state; 409, it cannot be reached from the present one.
    """
    entered = timeline(job, now)
    state = entered[-1][0]
    target = _find(lifecycle, state, outcome)
    way = ((name, now) for name in _shortest_path(lifecycle, state, target))
    return job._replace(transitions=(*entered, *way), schedule=((target, None),), outcome=target)


def _find(lifecycle: Lifecycle, state: str, outcome: str) -> str:
    """Return the state that is meant; of several with one wire name the first that can be."""
    named = lifecycle.states_named(outcome)
    meant = [outcome] if outcome in named else [name for name in lifecycle.states if name in named]
    if not meant:
        known = ", ".join(lifecycle.states)
        raise ApiError(400, f"There is no state {outcome}; known: {known}.", field="outcome")
    reachable = lifecycle.reachable(state) | {state}
    for name in meant:
        if name in reachable:
            return name
    ways = ", ".join(name for name in lifecycle.states if name in reachable - {state}) or "nothing"
    raise ApiError(409, f"From {state} a job reaches {ways}, not {outcome}.", field="outcome")


def _shortest_path(lifecycle: Lifecycle, start: str, target: str) -> list[str]:
    """Return the shortest way over the edges, without `start`; empty where there is none."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        for edge in lifecycle.edges:
            if edge.start == way[-1] and edge.end not in seen:
                seen.add(edge.end)
                ways.append([*way, edge.end])
    return next((way[1:] for way in ways if way[-1] == target and len(way) > 1), [])
