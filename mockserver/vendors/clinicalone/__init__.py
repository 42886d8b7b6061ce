"""Oracle Clinical One: report jobs, their files, and the list of reports."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import ROWS
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection, SeedRecords
from mockserver.sandbox.seeding import SeedError, SeedLoader, index_by_id
from mockserver.vendors import Options, Vendor
from mockserver.vendors.clinicalone.jobs import Reports, new_job
from mockserver.vendors.generic.files import seed_jobs
from specs import Contract, Operation

__all__ = ["create"]


def create(contract: Contract, _options: Options) -> Vendor:
    """Return the vendor of Clinical One's contract."""
    repository = JobRepository(contract.lifecycle)
    reports = ResourceCollection(f"{contract.vendor}.report")
    jobs = Reports(contract, repository, reports)
    return Vendor(
        contract=contract,
        handlers=jobs.handlers,
        repository=repository,
        seeds=SeedLoader(
            contract,
            Path(__file__).with_name("seed.schema.json"),
            partial(seed_records, repository, reports),
        ),
        file=jobs.file,
        error=error_response,
    )


def error_response(error: ApiError, _operation: Operation | None) -> Response:
    """Return the error body of every operation."""
    details = error.message
    if error.field is not None:
        reason = error.reason or "is at fault"
        details = f"{error.field} {reason}. Field: {error.field}"
    data = {
        "details": details,
        "errorCode": error.code or f"REPT_{error.status}",
        "errorMessage": error.message,
    }
    return Response(error.status, {"status": "error", "errorData": data}, error.headers)


def seed_records(
    repository: JobRepository, reports: ResourceCollection, fixtures: Mapping[str, Any], now: int
) -> SeedRecords:
    """Return the records of `fixtures/clinicalone/seed.yaml`.

    Raises:
        SeedError: a job has an unknown report or an impossible value.
    """
    report_rows = index_by_id(fixtures["reports"], "rptId", "/reports")

    def seed_job(row: Mapping[str, Any]) -> NewJob:
        if row["rptId"] not in report_rows:
            raise SeedError(f"/rptId: unknown report {row['rptId']!r}")
        names = ("rptId", "format", "mode", "studyId", ROWS)
        sent = {name: row[name] for name in names if name in row}
        details = {"name": report_rows[row["rptId"]]["name"], **sent}
        return new_job(row["id"], row["tenant"], details)

    return [
        *reports.seed_records(ALL_ACCOUNTS, report_rows),
        *seed_jobs(repository, seed_job, fixtures, now),
    ]
