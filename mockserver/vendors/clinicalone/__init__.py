"""Oracle Clinical One: report jobs, their files, and the list of reports."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import ROWS, read_schedule
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection, SeedRecords
from mockserver.sandbox.seeding import SeedError, SeedLoader, index_by_id
from mockserver.vendors import Options, Vendor
from mockserver.vendors.clinicalone.jobs import Jobs, group_of, index_groups
from specs import Contract, Operation

__all__ = ["create"]


def create(contract: Contract, _options: Options) -> Vendor:
    """Return the vendor of Clinical One's contract."""
    repository = JobRepository(contract.lifecycle)
    reports = ResourceCollection(f"{contract.vendor}.report")
    jobs = Jobs(contract, repository, reports)
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
