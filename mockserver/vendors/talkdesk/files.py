"""Talkdesk's operations on report files, fetch and delete, and its seed data."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import ROWS, read_schedule
from mockserver.reports import content
from mockserver.reports.content import Format, ReportTable, attachment, read_columns
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection, SeedRecords
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedError, index_by_id
from mockserver.timestamps import parse_duration
from mockserver.vendors import Handler
from mockserver.vendors.talkdesk.jobs import (
    Jobs,
    find_zone,
    group_of,
    read_job_request,
    read_span,
    type_of,
)
from specs import Contract

FORMATS: Mapping[str, Format] = {
    "csv": content.CSV,
    "json": content.JSON_DOCUMENT,
    "json_bulk": content.JSON_LINES,
}
MAX_ROWS = 5000
"""Rows of a file at most, unless its job says how many."""


class Files:
    """The handlers under /data/reports/{type}/files."""

    def __init__(
        self,
        contract: Contract,
        repository: JobRepository,
        reports: ResourceCollection,
        jobs: Jobs,
    ) -> None:
        self._repository = repository
        self._reports = reports
        self._find = jobs.find
        self._actions = contract.lifecycle.actions
        self.handlers: Mapping[str, Handler] = {
            "getReportFile": self.fetch,
            "deleteReportFile": self.delete,
        }

    def fetch(self, request: Request) -> Response:
        job = self._find(request)
        self._repository.check(request.sandbox, self._actions["fetch"], job)
        return self.response(request.sandbox, job)

    def delete(self, request: Request) -> Response:
        job = self._find(request)
        self._repository.apply_transition(request.sandbox, self._actions["delete"], job)
        return Response(request.operation.success)

    def response(self, sandbox: Sandbox, job: Job) -> Response:
        """Return the response with the file of a job, whatever its state."""
        report_type = type_of(job)
        report = self._reports.find(sandbox, ALL_ACCOUNTS, report_type)
        assert report is not None  # a job is created for known types only
        start, end = read_span(job.details)
        default_rows = -(-(end - start) // parse_duration(report.data["every"]))
        metadata = {"type": report_type, "version": report.data.get("version")}
        key = f"rows of {job.id}"
        table = ReportTable(
            columns=read_columns(report.data["columns"]),
            rows=job.details.get(ROWS, min(default_rows, MAX_ROWS)),
            start=start,
            end=end,
            zone=find_zone(job.details["timezone"], "timezone"),
            base=sandbox.ids.uuid(key, 0),
            metadata=metadata if "version" in report.data else {},
        )
        file_format = FORMATS[job.details["format"]]
        rng = sandbox.ids.random(key, 0)
        return attachment(f"{report_type}-{job.id}", table, file_format, rng)


def seed_records(
    types: Iterable[str],
    repository: JobRepository,
    reports: ResourceCollection,
    fixtures: Mapping[str, Any],
    now: int,
) -> SeedRecords:
    """Return the records of `fixtures/talkdesk/seed.yaml`.

    A type without a row there has that of the first.

    Raises:
        SeedError: a job has an unknown report type or an impossible value.
    """
    report_rows = index_by_id(fixtures["reports"], "id", "/reports")
    default = fixtures["reports"][0]
    report_rows |= {name: {**default, "id": name} for name in types if name not in report_rows}
    new_jobs = [
        _new_job(repository, row, report_rows, f"/jobs/{number}")
        for number, row in enumerate(fixtures.get("jobs", ()))
    ]
    return [
        *reports.seed_records(ALL_ACCOUNTS, report_rows),
        *repository.new_records(new_jobs, now, interned=True),
    ]


def _new_job(
    repository: JobRepository, row: Mapping[str, Any], reports: Collection[str], location: str
) -> NewJob:
    if row["type"] not in reports:
        raise SeedError(f"{location}/type: unknown report type {row['type']!r}")
    try:
        details = read_job_request(row) | ({ROWS: row[ROWS]} if ROWS in row else {})
        schedule = read_schedule(repository.lifecycle, row)
    except (ApiError, LookupError) as error:
        raise SeedError(f"{location}: {error}") from error
    group = group_of(row["account"], row["type"])
    return NewJob(row["id"], row["account"], group, details, schedule=schedule)
