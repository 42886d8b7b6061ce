"""The facts of a job as a record's data, as few words as will do: a sandbox may hold a million."""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from mockserver.jobs.model import Job, Schedule
from mockserver.journal.entry import JobTouch
from mockserver.store.base import Record


def to_data(
    account: str, created_at: int, details: Mapping[str, Any], plan: Schedule | None
) -> dict[str, Any]:
    """Return the data of a new job; `plan` is None for the usual one."""
    data: dict[str, Any] = {"account": account, "created_at": created_at, "details": details}
    return data if plan is None else data | {"plan": plan}


def changed(job: Job, usual: Schedule) -> dict[str, Any]:
    """Return the data of a job that has changed."""
    data = to_data(
        job.account, job.created_at, job.details, None if job.schedule == usual else job.schedule
    )
    if job.transitions:
        data["moves"] = job.transitions
    if job.outcome is not None:
        data["outcome"] = job.outcome
    return data


def from_record(record: Record, vendor: str, usual: Schedule) -> Job:
    """Return the job that a record holds."""
    data = record.data
    return Job(  # by place, because names cost as much as the rest of it
        record.id,
        vendor,
        record.group,
        data["account"],
        data["created_at"],
        _pairs(data["plan"]) if "plan" in data else usual,
        _pairs(data["moves"]) if "moves" in data else (),
        data["details"],
        data.get("outcome"),
        record.number,
        record.version,
    )


def _pairs(rows: Iterable[list[Any]]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in rows)


MOST = 100
"""How many jobs of one request are noted."""

_CURRENT: ContextVar[list[JobTouch] | None] = ContextVar("trail", default=None)


def start_recording() -> list[JobTouch]:
    """Return the empty trail of the request that this task, or a thread it starts, serves."""
    trail: list[JobTouch] = []
    _CURRENT.set(trail)
    return trail


def record_touch(job: str, before: str | None, after: str) -> None:
    """Note that the present request, if there is one, met or moved a job."""
    trail = _CURRENT.get()
    if trail is None or len(trail) >= MOST:
        return
    for place, met in enumerate(trail):
        if met.job == job:
            trail[place] = JobTouch(job, met.before, after)
            return
    trail.append(JobTouch(job, before, after))
