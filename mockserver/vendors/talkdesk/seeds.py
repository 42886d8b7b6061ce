"""Talkdesk's seed data: report types with their columns, and jobs."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mockserver.errors import ApiError
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import ROWS, read_schedule
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection, SeedRecords
from mockserver.sandbox.seeding import SeedError, index_by_id
from mockserver.vendors.talkdesk.jobs import group_of, read_job_request


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
