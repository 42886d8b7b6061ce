"""Clinical One's seed data: reports with their columns, and jobs."""

from collections.abc import Mapping
from typing import Any

from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import read_schedule
from mockserver.sandbox.resources import ALL_ACCOUNTS, Drafts, ResourceCollection
from mockserver.sandbox.seeding import SeedError, index_by_id
from mockserver.vendors.clinicalone.files import ROWS
from mockserver.vendors.clinicalone.jobs import group_of, index_groups


class Seeds:
    """Reads what `fixtures/clinicalone/seed.yaml` holds."""

    def __init__(self, repository: JobRepository, reports: ResourceCollection) -> None:
        self._repository = repository
        self._reports = reports

    def drafts(self, fixtures: Mapping[str, Any], now: int) -> Drafts:
        """Return the records of all that there is.

        Raises:
            SeedError: a job has an unknown report or an impossible value.
        """
        reports = index_by_id(fixtures["reports"], "rptId", "/reports")
        rows = enumerate(fixtures.get("jobs", ()))
        new_jobs = [self._new_job(row, reports, f"/jobs/{number}") for number, row in rows]
        jobs = self._repository.drafts(new_jobs, now, interned=True)
        return [*self._reports.drafts(ALL_ACCOUNTS, reports), *jobs]

    def _new_job(
        self, row: Mapping[str, Any], reports: Mapping[str, Mapping[str, Any]], place: str
    ) -> NewJob:
        report = reports.get(row["rptId"])
        if report is None:
            raise SeedError(f"{place}/rptId: unknown report {row['rptId']!r}")
        try:
            plan = read_schedule(self._repository.lifecycle, row)
        except LookupError as error:
            raise SeedError(f"{place}: {error}") from error
        named = {name: row[name] for name in ("mode", "studyId", ROWS) if name in row}
        details = {"name": report["name"], "rptId": row["rptId"], "format": row["format"], **named}
        return NewJob(
            id=row["id"],
            account=row["tenant"],
            group=group_of(row["tenant"], {}),
            details=details,
            extra_groups=tuple(index_groups(row["tenant"], details)),
            schedule=plan,
        )
