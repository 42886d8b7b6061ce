"""What a Clinical One report job belongs to, and where it is listed."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

from mockserver.errors import Refusal
from mockserver.exchange import Call
from mockserver.jobs.desk import Desk
from mockserver.jobs.lifecycle import timeline
from mockserver.jobs.model import Job

NO_STUDY = frozenset({None, "", "null"})
"""What stands for the tenant's own level in place of a study id."""


def study_of(query: Mapping[str, Any]) -> str | None:
    """Return the study that parameters name, or None for the tenant's level."""
    study = query.get("studyId")
    return None if study in NO_STUDY else study


def traits(details: Mapping[str, Any]) -> dict[str, str]:
    """Return what lists of jobs can be narrowed by: mode, report and study, where there is one."""
    named = ((name, details.get(name)) for name in ("mode", "rptId", "studyId"))
    return {name: value for name, value in named if value is not None}


def group_of(tenant: str, chosen: Mapping[str, str]) -> str:
    """Return the group of a tenant's jobs that have all the traits of `chosen`."""
    if not chosen:
        return tenant
    # Hashed, because a study id may be longer than a store's key.
    text = urlencode(sorted(chosen.items())).encode()
    return f"{tenant}?{blake2b(text, digest_size=12).hexdigest()}"


def further_groups(tenant: str, details: Mapping[str, Any]) -> Iterator[str]:
    """Yield the groups that list a job beside its tenant's own: one for each choice of traits."""
    mine = traits(details)
    for size in range(1, len(mine) + 1):
        for names in combinations(mine, size):
            yield group_of(tenant, {name: mine[name] for name in names})


def find(desk: Desk, call: Call, job_id: str) -> Job:
    """Return the tenant's job of this id, if mode and study are its own as far as they are named.

    Raises:
        Refusal: 404, there is none such.
    """
    assert call.identity is not None
    job = desk.find(call.sandbox, job_id)
    if job is None or job.account != call.identity.account:
        raise Refusal(404, "Report job not found.", field="id", reason="names no report job")
    asked = {"mode": call.query.get("mode"), "studyId": study_of(call.query)}
    for name, value in asked.items():
        if value is not None and job.details.get(name, value) != value:
            raise Refusal(404, "Report job not found.", field=name, reason="is not the job's")
    return job


def kicked_off(desk: Desk, job: Job, now: int) -> int:
    """Return when the work on a job began last, or when it was created if it has not begun."""
    start = desk.lifecycle.roles["start"].enters
    begun = [at for state, at in timeline(job, now) if state == start]
    return begun[-1] if begun else job.created_at
