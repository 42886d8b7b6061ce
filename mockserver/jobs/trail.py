"""What a request does to jobs, noted where it happens: a desk knows of no request."""

from contextvars import ContextVar

from mockserver.journal.entry import Touch

MOST = 100
"""How many jobs of one request are noted."""

_CURRENT: ContextVar[list[Touch] | None] = ContextVar("trail", default=None)


def begin() -> list[Touch]:
    """Return the empty trail of the request that this task, or a thread it starts, serves."""
    trail: list[Touch] = []
    _CURRENT.set(trail)
    return trail


def note(job: str, before: str | None, after: str) -> None:
    """Note that the present request, if there is one, met or moved a job."""
    trail = _CURRENT.get()
    if trail is None or len(trail) >= MOST:
        return
    for place, met in enumerate(trail):
        if met.job == job:
            trail[place] = Touch(job, met.before, after)
            return
    trail.append(Touch(job, before, after))
