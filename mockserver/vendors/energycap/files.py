"""The files that EnergyCAP mails, for the control plane, and its seed data."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.jobs.schedule import ROWS, read_state
from mockserver.reports import binary_formats, content
from mockserver.reports.content import Format, ReportTable, attachment, read_columns
from mockserver.sandbox.resources import ResourceCollection, SeedRecords
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedError, index_by_id
from mockserver.timestamps import from_datetime
from mockserver.vendors.energycap.reference_data import (
    DAY,
    ENDS,
    FILTERS,
    GROUPS,
    REPORT,
    ReferenceData,
    Schedules,
)

FORMATS: Mapping[str, Format] = {
    "PDF": binary_formats.PDF,
    "Word": binary_formats.DOCX,
    "Excel": binary_formats.XLSX,
    "Excel data only": binary_formats.XLSX,
    "Csv": content.CSV,
}

_PERIOD = timedelta(days=365) // timedelta(milliseconds=1)


def file_response(reference_data: ReferenceData, sandbox: Sandbox, job: Job) -> Response:
    """Return the response with the file of a run, whatever its state."""
    report_id = job.details["settings"][REPORT]
    report = reference_data.report(sandbox, job.account, report_id).data
    key = f"rows of {job.vendor} {job.id}"
    table = ReportTable(
        columns=read_columns(report["columns"]),
        rows=job.details.get(ROWS, report["rows"]),
        start=job.created_at - _PERIOD,
        end=job.created_at,
        zone=UTC,
        base=sandbox.ids.uuid(key, 0),
    )
    file_format = FORMATS[job.details["format"]]
    title = f"{job.details['name']}-{job.id}"
    return attachment(title, table, file_format, sandbox.ids.random(key, 0))


_IDS = {
    "reports": "reportId",
    "users": "userId",
    "userGroups": "userGroupId",
    "reportGroups": "reportGroupId",
    "distributions": "reportDistributionId",
}
"""The sections, and the member with the id of each row."""

_REFERENCES = {
    "userGroups": {"userIds": "users"},
    "reportGroups": {"reportIds": "reports"},
    "distributions": {
        REPORT: "reports",
        GROUPS: "userGroups",
        "creator": "users",
    },
}
"""Members that refer to rows of another section."""


class Seeds:
    """Makes the records of seed data."""

    def __init__(
        self,
        repository: JobRepository,
        reference_data: ReferenceData,
        schedules: Schedules,
        groups: ResourceCollection,
        distributions: ResourceCollection,
    ) -> None:
        self._repository = repository
        self._schedules = schedules
        self._collections = {
            "reports": reference_data.reports,
            "users": reference_data.users,
            "userGroups": reference_data.user_groups,
            "reportGroups": groups,
            "distributions": distributions,
        }

    def records(self, fixtures: Mapping[str, Any], now: int) -> SeedRecords:
        """Return the records of `fixtures/energycap/seed.yaml`.

        Raises:
            SeedError: a row has an unknown reference or an impossible value.
        """
        rows = {name: index_by_id(fixtures[name], key, f"/{name}") for name, key in _IDS.items()}
        _check_references(rows)
        records: SeedRecords = []
        for section, collection in self._collections.items():
            data = {
                key: self._data(section, row, now, f"/{section}/{key}")
                for key, row in rows[section].items()
            }
            records += collection.seed_records(fixtures["account"], data)
        return records

    def _data(self, section: str, row: dict[str, Any], now: int, location: str) -> dict[str, Any]:
        if section == "reports":
            content = {name: row.pop(name) for name in ("columns", "rows")}
            return {"body": row, **content}
        if section == "distributions":
            return self._distribution(row, now, location)
        return row

    def _distribution(self, row: dict[str, Any], now: int, location: str) -> dict[str, Any]:
        data = {
            "enabled": True,
            "created": now,
            "lastRun": None,
            "replyToEmail": None,
            "emailSubject": "",
            "emailMessage": "",
            "onlySendIfData": False,
            FILTERS: [],
            DAY: self._schedules.of(row).least,
            **row,
        }
        try:
            self._schedules.check(data)
            if ENDS in row:
                read_state(self._repository.lifecycle, row[ENDS])
            next_run = from_datetime(datetime.fromisoformat(row["nextRun"]))
        except (ApiError, LookupError, ValueError) as error:
            raise SeedError(f"{location}: {error}") from error
        return data | {"nextRun": next_run}


def _check_references(rows: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    for section, members in _REFERENCES.items():
        for key, row in rows[section].items():
            for member, target in members.items():
                ids = row[member] if isinstance(row[member], list) else [row[member]]
                for number in ids:
                    if str(number) not in rows[target]:
                        raise SeedError(f"/{section}/{key}/{member}: {target} has no {number}")
