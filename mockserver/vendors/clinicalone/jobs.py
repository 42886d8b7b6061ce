"""What a Clinical One report job belongs to, and where it is listed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import orjson

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs.lifecycle import timeline
from mockserver.jobs.model import Job, Schedule
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.sandbox.resources import EVERYBODY, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import from_datetime, to_iso_string
from specs import Contract

NO_STUDY = frozenset({None, "", "null"})
"""What stands for the tenant's own level in place of a study id."""


def study_of(query: Mapping[str, Any]) -> str | None:
    """Return the study that parameters name, or None for the tenant's level."""
    study = query.get("studyId")
    return None if study in NO_STUDY else study


def filter_keys(details: Mapping[str, Any]) -> dict[str, str]:
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


def index_groups(tenant: str, details: Mapping[str, Any]) -> Iterator[str]:
    """Yield the groups that list a job beside its tenant's own: one for each choice of traits."""
    mine = filter_keys(details)
    for size in range(1, len(mine) + 1):
        for names in combinations(mine, size):
            yield group_of(tenant, {name: mine[name] for name in names})


def find(repository: JobRepository, request: Request, job_id: str) -> Job:
    """Return the tenant's job of this id, if mode and study are its own as far as they are named.

    Raises:
        ApiError: 404, there is none such.
    """
    assert request.identity is not None
    job = repository.find(request.sandbox, job_id)
    if job is None or job.account != request.identity.account:
        raise ApiError(404, "Report job not found.", field="id", reason="names no report job")
    asked = {"mode": request.query.get("mode"), "studyId": study_of(request.query)}
    for name, value in asked.items():
        if value is not None and job.details.get(name, value) != value:
            raise ApiError(404, "Report job not found.", field=name, reason="is not the job's")
    return job


def started_at(repository: JobRepository, job: Job, now: int) -> int:
    """Return when the work on a job began last, or when it was created if it has not begun."""
    start = repository.lifecycle.actions["start"].enters
    begun = [at for state, at in timeline(job, now) if state == start]
    return begun[-1] if begun else job.created_at


class Lists:
    """The handlers under reportmetadata."""

    def __init__(
        self, contract: Contract, repository: JobRepository, reports: ResourceCollection
    ) -> None:
        self._repository = repository
        self._reports = reports
        self._formats = contract.openapi["components"]["schemas"]["ReportFormat"]["enum"]

    def reports(self, request: Request) -> Response:
        """Answer GET v1.0/reportmetadata: the reports of the study's level, or of the tenant's."""
        of_tenant = study_of(request.query) is None
        found = [
            {
                "rptId": report.id,
                "reportName": report.data["name"],
                "description": report.data["description"],
                "rptFormats": self._formats,
                "tenantLevel": report.data["tenantLevel"],
            }
            for report in self._reports.iter_all(request.sandbox, EVERYBODY)
            if report.data["tenantLevel"] == of_tenant
        ]
        return Response(request.operation.success, {"status": "success", "result": found})

    def downloads(self, request: Request) -> Response:
        """Answer GET v2.0/reportmetadata/downloadList, newest first."""
        assert request.identity is not None
        limit, offset = request.query["limit"], request.query["offset"]
        chosen = filter_keys({**request.query, "studyId": study_of(request.query)})
        group = group_of(request.identity.account, chosen)
        total = self._repository.count(request.sandbox, group)
        jobs = self._repository.page(request.sandbox, group, offset, limit)
        result = {
            "hasMore": "true" if offset + len(jobs) < total else "false",
            "totalResults": total,
            "count": len(jobs),
            "limit": limit,
            "offset": offset,
            "reportId": request.query.get("rptId"),
            "reportRunStatus": [self._run(request.sandbox, job) for job in jobs],
        }
        return Response(request.operation.success, {"status": "success", "result": result})

    def _run(self, sandbox: Sandbox, job: Job) -> dict[str, Any]:
        return {
            "downloadId": job.id,
            "rptId": job.details["rptId"],
            "reportName": job.details["name"],
            "rptFormat": job.details["format"],
            "rptKickoffDatetime": to_iso_string(started_at(self._repository, job, sandbox.now())),
            "runStatus": self._repository.state(sandbox, job).wire,
        }


_LONGEST_SPEC = 32_000


class Jobs:
    """The handlers of the three ways to create a job, and of kick-off."""

    def __init__(
        self, contract: Contract, repository: JobRepository, reports: ResourceCollection
    ) -> None:
        self._repository = repository
        self._reports = reports
        self._actions = contract.lifecycle.actions
        self._fetch = contract.operations[self._actions["fetch"].operation]

    def create(self, request: Request) -> Response:
        """Answer POST v1.0/reports: the job waits for the usual time."""
        return self._created(request, self._open(request, request.query, None))

    def schedule(self, request: Request) -> Response:
        """Answer POST v1.0/scheduled/reports: the job waits until its time."""
        wanted = (request.body or {}).get("scheduledDatetime")
        plan = None if wanted is None else self._starting(_moment(wanted) - request.sandbox.now())
        return self._created(request, self._open(request, request.query, plan))

    def start_directly(self, request: Request) -> Response:
        """Answer POST v2.0/studies/{studyId}/{mode}/reports/direct: the job does not wait."""
        return self._created(
            request, self._open(request, {**request.query, **request.path}, self._starting(0))
        )

    def kick_off(self, request: Request) -> Response:
        """Answer POST v1.0/report/job/{jobId}: the work begins, also after it failed."""
        job = find(self._repository, request, request.path["jobId"])
        job = self._repository.apply_transition(request.sandbox, self._actions["start"], job)
        now = request.sandbox.now()
        log = {
            "id": job.id,
            "rptId": job.details["rptId"],
            "rptFormat": job.details["format"],
            "rptKickoffDatetime": to_iso_string(started_at(self._repository, job, now)),
            "fileStorageId": request.sandbox.ids.uuid(f"file of {job.id}", 0),
            "objectVersionNumber": job.version,
            **_search_spec(request.body),
        }
        return Response(request.operation.success, log, self._location(job))

    def _open(self, request: Request, asked: Mapping[str, Any], plan: Schedule | None) -> Job:
        assert request.identity is not None
        tenant = request.identity.account
        report = self._reports.find(request.sandbox, EVERYBODY, asked["reportid"])
        if report is None:
            reason = "names no report"
            raise ApiError(404, f"reportid {reason}.", field="reportid", reason=reason)
        found = {
            "name": report.data["name"],
            "rptId": report.id,
            "format": asked["format"],
            "mode": asked.get("mode"),
            "studyId": study_of(asked),
        }
        details = {name: value for name, value in found.items() if value is not None}
        ids, kind = request.sandbox.ids, f"{self._repository.kind}/{tenant}"
        opening = NewJob(
            id=lambda number: ids.hex(kind, number),
            account=tenant,
            group=group_of(tenant, {}),
            details=details,
            also=tuple(index_groups(tenant, details)),
            schedule=plan,
        )
        return self._repository.create(request.sandbox, [opening])[0]

    def _starting(self, wait: int) -> Schedule:
        """Return the usual plan with a first stay of `wait` milliseconds, or none."""
        (first, _), *rest = self._repository.plan
        return ((first, max(wait, 0)), *rest)

    def _created(self, request: Request, job: Job) -> Response:
        status = request.operation.success
        body = {"status": "success", "result": {"jobId": job.id}}
        is_located = "Location" in request.operation.responses[status]["headers"]
        return Response(status, body, self._location(job) if is_located else {})

    def _location(self, job: Job) -> dict[str, str]:
        return {"Location": f"{self._fetch.path}?{urlencode({'id': job.id})}"}


def _moment(text: str) -> int:
    try:
        return from_datetime(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        field = "scheduledDatetime"
        reason = "is no moment"
        raise ApiError(400, f"{field} {reason}.", field=field, reason=reason) from None


def _search_spec(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that were asked for as the log shows them, if they fit."""
    text = orjson.dumps(body).decode() if body else ""
    return {"currSearchSpec": text} if text and len(text) <= _LONGEST_SPEC else {}
