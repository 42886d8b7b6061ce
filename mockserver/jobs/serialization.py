"""Compact serialization of job facts: a sandbox may hold a million."""

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.jobs import Job, Schedule
from mockserver.journal.base import JobTouch
from mockserver.sandbox.sandbox import Sandbox
from mockserver.store.base import Record


def to_data(
    account: str, created_at: int, details: Mapping[str, Any], schedule: Schedule | None
) -> dict[str, Any]:
    """Return the data of a new job; `schedule` is None for the default."""
    data: dict[str, Any] = {"account": account, "created_at": created_at, "details": details}
    return data if schedule is None else data | {"plan": schedule}


def changed(job: Job, default: Schedule) -> dict[str, Any]:
    """Return the data of a changed job."""
    data = to_data(
        job.account, job.created_at, job.details, None if job.schedule == default else job.schedule
    )
    if job.transitions:
        data["moves"] = job.transitions
    if job.outcome is not None:
        data["outcome"] = job.outcome
    return data


def from_record(record: Record, vendor: str, default: Schedule) -> Job:
    """Return the job of a record."""
    data = record.data
    return Job(  # positional, because keywords double the cost
        record.id,
        vendor,
        record.group,
        data["account"],
        data["created_at"],
        _pairs(data["plan"]) if "plan" in data else default,
        _pairs(data["moves"]) if "moves" in data else (),
        data["details"],
        data.get("outcome"),
        record.number,
        record.version,
    )


def _pairs(rows: Iterable[list[Any]]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in rows)


MAX_TOUCHED = 100
"""Jobs recorded for one request."""


def record_touch(sandbox: Sandbox, job: str, before: str | None, after: str) -> None:
    """Record that the current request of `sandbox`, if any, has read or changed a job."""
    touched = sandbox.touched_jobs
    if touched is None or len(touched) >= MAX_TOUCHED:
        return
    if touched:  # most requests touch one job, once
        for index, touch in enumerate(touched):
            if touch.job == job:
                touched[index] = JobTouch(job, touch.before, after)
                return
    touched.append(JobTouch(job, before, after))
