"""How a job is made to end in a chosen state, along the edges of its lifecycle."""

from dataclasses import replace

from mockserver.errors import Refusal
from mockserver.jobs.lifecycle import onward, replanned, timeline
from mockserver.jobs.model import Job
from specs import Lifecycle


def decided(lifecycle: Lifecycle, job: Job, outcome: str, now: int) -> Job:
    """Return the job as it will end in `outcome`, a state by its name in the file or on the wire.

    The job keeps its timing. One that stays where it is for good goes to the outcome at once.

    Raises:
        Refusal: 400, there is no such state; 409, it cannot be reached from the present one.
    """
    state, since = timeline(job, now)[-1]
    target = _find(lifecycle, state, outcome)
    rest = onward(job.plan, state)
    names = [name for name, _ in rest]
    if target in names:
        plan = (*rest[: names.index(target)], (target, None))
    else:
        place, way = _leave(lifecycle, names, target)
        # A stay without end is over now, or as soon as it begins.
        ended = now - since if place == 0 else 0
        kept = [(name, ended if lasts is None else lasts) for name, lasts in rest[: place + 1]]
        plan = (*kept, *((name, 0) for name in way[:-1]), (target, None))
    return replace(replanned(job, plan, now), outcome=target)


def _find(lifecycle: Lifecycle, state: str, outcome: str) -> str:
    """Return the state that is meant; of several with one wire name the first that can be."""
    named = lifecycle.named(outcome)
    meant = [outcome] if outcome in named else [name for name in lifecycle.states if name in named]
    if not meant:
        known = ", ".join(lifecycle.states)
        raise Refusal(400, f"There is no state {outcome}; known: {known}.", field="outcome")
    reachable = lifecycle.reachable(state) | {state}
    for name in meant:
        if name in reachable:
            return name
    ways = ", ".join(name for name in lifecycle.states if name in reachable - {state}) or "nothing"
    raise Refusal(409, f"From {state} a job reaches {ways}, not {outcome}.", field="outcome")


def _leave(lifecycle: Lifecycle, names: list[str], target: str) -> tuple[int, list[str]]:
    """Return the place in the plan whose way to `target` is the shortest, and the way."""
    ways = [(place, _way(lifecycle, name, target)) for place, name in enumerate(names)]
    return min(
        ((place, way) for place, way in ways if way), key=lambda found: (len(found[1]), -found[0])
    )


def _way(lifecycle: Lifecycle, start: str, target: str) -> list[str]:
    """Return the shortest way over the edges, without `start`; empty where there is none."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        for edge in lifecycle.edges:
            if edge.start == way[-1] and edge.end not in seen:
                seen.add(edge.end)
                ways.append([*way, edge.end])
    return next((way[1:] for way in ways if way[-1] == target and len(way) > 1), [])
