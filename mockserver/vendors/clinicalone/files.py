"""Clinical One's download of a report file, and its seed data."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import ROWS, read_schedule
from mockserver.reports import binary_formats, content
from mockserver.reports.content import Format, ReportTable, attachment, read_columns
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection, SeedRecords
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedError, index_by_id
from mockserver.vendors.clinicalone.jobs import find, group_of, index_groups
from specs import Contract

FORMATS: Mapping[str, Format] = {
    "csv": content.CSV,
    "CSV": content.CSV,
    "json": content.JSON_ARRAY,
    "XPORT": binary_formats.TRANSPORT,
}

_PERIOD = timedelta(days=90) // timedelta(milliseconds=1)


class Files:
    """The handler of GET v2.0/reports/download."""

    def __init__(
        self, contract: Contract, repository: JobRepository, reports: ResourceCollection
    ) -> None:
        self._repository = repository
        self._reports = reports
        self._fetch_action = contract.lifecycle.actions["fetch"]

    def fetch(self, request: Request) -> Response:
        job = find(self._repository, request, request.query["id"])
        self._repository.check(request.sandbox, self._fetch_action, job)
        return self.response(request.sandbox, job)

    def response(self, sandbox: Sandbox, job: Job) -> Response:
        """Return the response with the file of a job, whatever its state."""
        report = self._reports.find(sandbox, ALL_ACCOUNTS, job.details["rptId"])
        assert report is not None  # reports are neither added nor removed
        key = f"rows of {job.id}"
        table = ReportTable(
            columns=read_columns(report.data["columns"]),
            rows=job.details.get(ROWS, report.data["rows"]),
            start=job.created_at - _PERIOD,
            end=job.created_at,
            zone=UTC,
            base=sandbox.ids.uuid(key, 0),
        )
        file_format = FORMATS[job.details["format"]]
        return attachment(job.details["name"], table, file_format, sandbox.ids.random(key, 0))


def seed_records(
    repository: JobRepository, reports: ResourceCollection, fixtures: Mapping[str, Any], now: int
) -> SeedRecords:
    """Return the records of `fixtures/clinicalone/seed.yaml`.

    Raises:
        SeedError: a job has an unknown report or an impossible value.
    """
    report_rows = index_by_id(fixtures["reports"], "rptId", "/reports")
    new_jobs = [
        _new_job(repository, row, report_rows, f"/jobs/{number}")
        for number, row in enumerate(fixtures.get("jobs", ()))
    ]
    return [
        *reports.seed_records(ALL_ACCOUNTS, report_rows),
        *repository.new_records(new_jobs, now, interned=True),
    ]


def _new_job(
    repository: JobRepository,
    row: Mapping[str, Any],
    reports: Mapping[str, Mapping[str, Any]],
    location: str,
) -> NewJob:
    report = reports.get(row["rptId"])
    if report is None:
        raise SeedError(f"{location}/rptId: unknown report {row['rptId']!r}")
    try:
        schedule = read_schedule(repository.lifecycle, row)
    except LookupError as error:
        raise SeedError(f"{location}: {error}") from error
    optional = {name: row[name] for name in ("mode", "studyId", ROWS) if name in row}
    details = {"name": report["name"], "rptId": row["rptId"], "format": row["format"], **optional}
    return NewJob(
        id=row["id"],
        account=row["tenant"],
        group=group_of(row["tenant"], {}),
        details=details,
        extra_groups=tuple(index_groups(row["tenant"], details)),
        schedule=schedule,
    )
