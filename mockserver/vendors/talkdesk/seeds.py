"""Talkdesk's seed data: report types with their columns, and jobs."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mockserver.errors import ApiError
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import read_schedule
from mockserver.sandbox.resources import ALL_ACCOUNTS, Drafts, ResourceCollection
from mockserver.sandbox.seeding import SeedError, index_by_id
from mockserver.vendors.talkdesk.jobs import ROWS, group_of, read_job_request


class Seeds:
    """Reads `fixtures/talkdesk/seed.yaml`; `types` without a row there have that of the first."""

    def __init__(
        self, types: Iterable[str], repository: JobRepository, reports: ResourceCollection
    ) -> None:
        self._types = tuple(types)
        self._repository = repository
        self._reports = reports

    def drafts(self, fixtures: Mapping[str, Any], now: int) -> Drafts:
        """Return the records of all that there is.

        Raises:
            SeedError: a job has an unknown report type or an impossible value.
        """
        reports = index_by_id(fixtures["reports"], "id", "/reports")
        default = fixtures["reports"][0]
        reports |= {name: {**default, "id": name} for name in self._types if name not in reports}
        rows = enumerate(fixtures.get("jobs", ()))
        new_jobs = [self._new_job(row, reports, f"/jobs/{number}") for number, row in rows]
        jobs = self._repository.drafts(new_jobs, now, interned=True)
        return [*self._reports.drafts(ALL_ACCOUNTS, reports), *jobs]

    def _new_job(self, row: Mapping[str, Any], reports: Collection[str], place: str) -> NewJob:
        if row["type"] not in reports:
            raise SeedError(f"{place}/type: unknown report type {row['type']!r}")
        try:
            details = read_job_request(row) | ({ROWS: row[ROWS]} if ROWS in row else {})
            plan = read_schedule(self._repository.lifecycle, row)
        except (ApiError, LookupError) as error:
            raise SeedError(f"{place}: {error}") from error
        group = group_of(row["account"], row["type"])
        return NewJob(row["id"], row["account"], group, details, schedule=plan)
