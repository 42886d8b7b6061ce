"""A job's state and history as pure functions of its facts and a moment."""

from itertools import pairwise

from mockserver.jobs.model import Job, Moves, Plan


def status(job: Job, now: int) -> str:
    """Return the state at `now`."""
    if job.moves:
        state, at = job.moves[-1]
        rest = onward(job.plan, state)
    else:
        at, rest = job.created_at, job.plan
    for state, lasts in rest:
        if lasts is None or now < at + lasts:
            return state
        at += lasts
    return rest[-1][0]


def timeline(job: Job, until: int) -> Moves:
    """Return the states entered up to `until`, each with its moment; its last is the status.

    Moves have happened: they stay, even where the clock was set back before them.
    """
    entered = list(job.moves or ((job.plan[0][0], job.created_at),))
    state, at = entered[-1]
    rest = onward(job.plan, state)
    for (_, lasts), (following, _) in pairwise(rest):
        if lasts is None or until < at + lasts:
            break
        at += lasts
        entered.append((following, at))
    return tuple(entered)


def onward(plan: Plan, state: str) -> Plan:
    """Return the plan from `state` on; a state outside the plan stays for good."""
    for place, (name, _) in enumerate(plan):
        if name == state:
            return plan[place:]
    return ((state, None),)


def moved(job: Job, state: str, now: int, plan: Plan | None = None) -> Job:
    """Return the job as it is once it enters `state` at `now`; `plan` goes on from there."""
    return job._replace(moves=(*timeline(job, now), (state, now)), plan=plan or job.plan)
