"""Talkdesk's seed data: report types with their columns, and jobs."""

from collections.abc import Mapping
from typing import Any

from mockserver.errors import ApiError
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import read_schedule
from mockserver.sandbox.resources import EVERYBODY, Drafts, ResourceCollection
from mockserver.sandbox.seeding import SeedError, index_by_id
from mockserver.vendors.talkdesk.jobs import ROWS, group_of, read_order
from specs import Contract


class Seeds:
    """Reads what `fixtures/talkdesk/seed.yaml` holds."""

    def __init__(
        self, contract: Contract, repository: JobRepository, reports: ResourceCollection
    ) -> None:
        self._types = contract.openapi["components"]["schemas"]["ReportType"]["enum"]
        self._repository = repository
        self._reports = reports

    def drafts(self, fixtures: Mapping[str, Any], now: int) -> Drafts:
        """Return the records of all that there is.

        Raises:
            SeedFault: a report type is missing, or a job cannot be.
        """
        reports = index_by_id(fixtures["reports"], "id", "/reports")
        if missing := set(self._types) - set(reports):
            raise SeedError(f"/reports: these are missing: {', '.join(sorted(missing))}")
        seeded = enumerate(fixtures.get("jobs", ()))
        openings = [self._opening(row, f"/jobs/{number}") for number, row in seeded]
        jobs = self._repository.drafts(openings, now, common=True)
        return [*self._reports.drafts(EVERYBODY, reports), *jobs]

    def _opening(self, row: Mapping[str, Any], place: str) -> NewJob:
        try:
            details = read_order(row) | ({ROWS: row[ROWS]} if ROWS in row else {})
            plan = read_schedule(self._repository.lifecycle, row)
        except (ApiError, LookupError) as error:
            raise SeedError(f"{place}: {error}") from error
        group = group_of(row["account"], row["type"])
        return NewJob(row["id"], row["account"], group, details, schedule=plan)
