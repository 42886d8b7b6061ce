"""Clinical One's operations on report jobs, their files and their lists."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import orjson

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job, Schedule
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import current_state, timeline
from mockserver.reports import binary_formats, content
from mockserver.reports.content import Format, attachment, table_of
from mockserver.sandbox.resources import ALL_ACCOUNTS, Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import from_datetime, to_iso_string
from mockserver.vendors import Handler
from mockserver.vendors.generic.context import JobFacts
from mockserver.vendors.generic.jobs import Hooks, Jobs
from specs import Contract

FORMATS: Mapping[str, Format] = {
    "csv": content.CSV,
    "CSV": content.CSV,
    "json": content.JSON_ARRAY,
    "XPORT": binary_formats.TRANSPORT,
}

_UNKNOWN_JOB = "is an unknown report job"

NO_STUDY = frozenset({None, "", "null"})
"""Values of a study id that mean the tenant itself."""


def study_of(query: Mapping[str, Any]) -> str | None:
    """Return the study of parameters; None for the tenant itself."""
    study = query.get("studyId")
    return None if study in NO_STUDY else study


def filter_keys(details: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that lists of jobs can be filtered by: mode, report and study."""
    values = ((name, details.get(name)) for name in ("mode", "rptId", "studyId"))
    return {name: value for name, value in values if value is not None}


def group_of(tenant: str, keys: Mapping[str, str]) -> str:
    """Return the group of a tenant's jobs that have all these filter keys."""
    if not keys:
        return tenant
    # Hashed, because a study id may be longer than a store's key.
    text = urlencode(sorted(keys.items())).encode()
    return f"{tenant}?{blake2b(text, digest_size=12).hexdigest()}"


def index_groups(tenant: str, details: Mapping[str, Any]) -> Iterator[str]:
    """Yield the groups of a job besides its tenant's: one for each subset of its filter keys."""
    keys = filter_keys(details)
    for size in range(1, len(keys) + 1):
        for names in combinations(keys, size):
            yield group_of(tenant, {name: keys[name] for name in names})


def new_job(
    id_: str | Callable[[int], str],
    tenant: str,
    details: Mapping[str, Any],
    schedule: Schedule | None = None,
) -> NewJob:
    """Return a job of a tenant, in the groups of all lists that show it."""
    extra = tuple(index_groups(tenant, details))
    return NewJob(id_, tenant, group_of(tenant, {}), details, extra, schedule)


def not_found(_request: Request, field: str = "id", reason: str = _UNKNOWN_JOB) -> ApiError:
    """Return the error for a job that is not there, or not as a parameter says."""
    return ApiError(404, "Report job not found.", field=field, reason=reason)


def check_job(request: Request, job: Job) -> None:
    """Return if mode and study are the job's, where given.

    Raises:
        ApiError: 404, one is not.
    """
    filters = {"mode": request.query.get("mode"), "studyId": study_of(request.query)}
    for name, value in filters.items():
        if value is not None and job.details.get(name, value) != value:
            raise not_found(request, name, "is not the job's")


def started_at(repository: JobRepository, job: Job, now: int) -> int:
    """Return when a job was started last, or when it was created if it was not started."""
    running = repository.lifecycle.actions["start"].enters
    starts = [at for state, at in timeline(job, now) if state == running]
    return starts[-1] if starts else job.created_at


def reports_of(
    collection: ResourceCollection, sandbox: Sandbox, study: str | None
) -> list[Resource]:
    """Return the reports of studies, or those of the tenant where `study` is None."""
    reports = collection.iter_all(sandbox, ALL_ACCOUNTS)
    return [report for report in reports if report.data["tenantLevel"] == (study is None)]


_UNKNOWN = "is an unknown report"
_MAX_SPEC_LENGTH = 32_000


class Reports:
    """What report jobs have of their own: reports and studies, start times, lists by filters."""

    def __init__(
        self, contract: Contract, repository: JobRepository, reports: ResourceCollection
    ) -> None:
        self._repository = repository
        self._reports = reports
        actions = contract.lifecycle.actions
        start, poll = (actions[name].operation for name in ("start", "poll"))
        hooks = Hooks(
            check_job=check_job,
            new_job=self.new_job,
            unknown_job=not_found,
            bodies={start: self._log},
        )
        self.handlers: Mapping[str, Handler] = {
            **Jobs(contract, repository, self.file, hooks=hooks).handlers,
            "listReportMetadata": self.list_reports,
            poll: self.list_downloads,
        }

    def _log(self, facts: JobFacts) -> dict[str, Any]:
        job, sandbox = facts.job, facts.sandbox
        return {
            "id": job.id,
            "rptId": job.details["rptId"],
            "rptFormat": job.details["format"],
            "rptKickoffDatetime": to_iso_string(started_at(self._repository, job, facts.now)),
            "fileStorageId": sandbox.ids.uuid(f"file of {job.id}", 0),
            "objectVersionNumber": job.version,
            **_search_spec(facts.request.body),
        }

    def file(self, sandbox: Sandbox, job: Job) -> Response:
        """Return the response with the file of a job, whatever its state."""
        report = self._reports.find(sandbox, ALL_ACCOUNTS, job.details["rptId"])
        assert report is not None  # reports are neither added nor removed
        table, file_format = table_of(job, report.data, days=90), FORMATS[job.details["format"]]
        return attachment(sandbox, f"rows of {job.id}", job.details["name"], table, file_format)

    def list_reports(self, request: Request) -> Response:
        """Answer GET v1.0/reportmetadata: the reports of studies, or those of the tenant."""
        reports = reports_of(self._reports, request.sandbox, study_of(request.query))
        result = [
            {
                "reportId": report.id,
                "reportType": report.data["name"],
                "rptTypeSeq": number,
                "rptSeq": number,
            }
            for number, report in enumerate(reports, 1)
        ]
        return Response(request.operation.success, {"status": "success", "result": result})

    def list_downloads(self, request: Request) -> Response:
        """Answer GET v2.0/reportmetadata/downloadList, newest first."""
        limit, offset = request.query["limit"], request.query["offset"]
        keys = filter_keys({**request.query, "studyId": study_of(request.query)})
        group = group_of(request.account, keys)
        total = self._repository.count(request.sandbox, group)
        jobs = self._repository.page(request.sandbox, group, offset, limit)
        now = request.sandbox.now()
        result = {
            "hasMore": "true" if offset + len(jobs) < total else "false",
            "totalResults": total,
            "count": len(jobs),
            "limit": limit,
            "offset": offset,
            "reportId": request.query.get("rptId"),
            "reportRunStatus": [self._download(job, now) for job in jobs],
        }
        return Response(request.operation.success, {"status": "success", "result": result})

    def _download(self, job: Job, now: int) -> dict[str, Any]:
        return {
            "downloadId": job.id,
            "rptId": job.details["rptId"],
            "reportName": job.details["name"],
            "rptFormat": job.details["format"],
            "rptKickoffDatetime": to_iso_string(started_at(self._repository, job, now)),
            "runStatus": self._repository.lifecycle.wire_name(current_state(job, now)),
        }

    def new_job(self, request: Request) -> NewJob:
        """Return the job of a creation.

        Raises:
            ApiError: 404, an unknown report; 400, a malformed time.
        """
        tenant, params = request.account, {**request.query, **request.path}
        schedule = self._schedule(request)
        report = self._report(request.sandbox, params)
        values = {
            "name": report.data["name"],
            "rptId": report.id,
            "format": params["format"],
            "mode": params.get("mode"),
            "studyId": study_of(params),
        }
        details = {name: value for name, value in values.items() if value is not None}
        ids, kind = request.sandbox.ids, f"{self._repository.kind}/{tenant}"
        return new_job(lambda number: ids.hex(kind, number), tenant, details, schedule)

    def _report(self, sandbox: Sandbox, params: Mapping[str, Any]) -> Resource:
        """Return the report of this id or name, or the first of the study or tenant (assumed).

        Raises:
            ApiError: 404, the id or the name is unknown.
        """
        if "reportid" in params:
            report = self._reports.find(sandbox, ALL_ACCOUNTS, params["reportid"])
            if report is None:
                raise ApiError.for_field("reportid", _UNKNOWN, 404)
            return report
        name = params.get("reportName")
        for report in reports_of(self._reports, sandbox, study_of(params)):
            if name in (None, report.data["name"]):
                return report
        raise ApiError.for_field("reportid" if name is None else "reportName", _UNKNOWN, 404)

    def _schedule(self, request: Request) -> Schedule | None:
        """Return the schedule of a new job: which starts at once, at its time, or by default."""
        wait = 0
        if not request.path:  # which a direct report has
            is_timed = request.operation.id == "createScheduledReport"
            due = (request.body or {}).get("scheduledDatetime") if is_timed else None
            if due is None:
                return None
            wait = max(_date_time(due) - request.sandbox.now(), 0)
        (first, _), *rest = self._repository.default_schedule
        return ((first, wait), *rest)


def _date_time(text: str) -> int:
    try:
        return from_datetime(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise ApiError.for_field("scheduledDatetime", "must be an ISO 8601 date-time") from None


def _search_spec(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the requested fields as the log shows them, if they are not too long."""
    text = orjson.dumps(body).decode() if body else ""
    return {"currSearchSpec": text} if text and len(text) <= _MAX_SPEC_LENGTH else {}
