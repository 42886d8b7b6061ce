"""Talkdesk's reports: their types, what a job asks of them, their files, and the seed data."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository, NewJob
from mockserver.jobs.schedule import ROWS
from mockserver.reports import content
from mockserver.reports.content import Format, ReportTable, attachment, read_columns
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection, SeedRecords
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedError, index_by_id
from mockserver.timestamps import from_datetime, parse_duration
from mockserver.vendors.generic.files import seed_jobs

FORMATS: Mapping[str, Format] = {
    "csv": content.CSV,
    "json": content.JSON_DOCUMENT,
    "json_bulk": content.JSON_LINES,
}
MAX_ROWS = 5000
"""Rows of a file at most, unless its job says how many."""

DEFAULT_ZONE = "UTC"
MAX_SPAN_MS = 31 * 24 * 60 * 60 * 1000
"""One month, the vendor's limit."""

_FIRST_YEAR, _LAST_YEAR = 1970, 9998


class Reports:
    """The report types of a sandbox, and the jobs for their files."""

    def __init__(self, vendor: str) -> None:
        self._types = ResourceCollection(f"{vendor}.report")

    def check_type(self, request: Request) -> None:
        """Return if a sandbox knows the report type of a request's path.

        Raises:
            ApiError: 400, it is unknown.
        """
        report_type: str = request.path["type"]
        if not self._types.exists(request.sandbox, ALL_ACCOUNTS, report_type):
            reason = f"is an unknown report type: {report_type[:64]}"
            raise ApiError.for_field("type", reason, code="invalid_report_type")

    def details(self, request: Request) -> dict[str, Any]:
        """Return the details of the job that a creation asks for.

        Raises:
            ApiError: 400, the report type is unknown, or the body is not usable.
        """
        self.check_type(request)
        return _details(request.path["type"], request.body)

    def unknown_job(self, request: Request) -> ApiError:
        """Return the error for an unknown id, or a job of another account or report type.

        Raises:
            ApiError: 400, the report type is unknown.
        """
        self.check_type(request)
        return ApiError(404, "Unknown report job.", code="job_not_found")

    def file(self, sandbox: Sandbox, job: Job) -> Response:
        """Return the response with the file of a job, whatever its state."""
        report_type, asked = job.details["path"]["type"], job.details["body"]
        report = self._types.find(sandbox, ALL_ACCOUNTS, report_type)
        assert report is not None  # a job is created for known types only
        zone = find_zone(asked["timezone"], "timezone")
        start, end = read_span(asked["timespan"], zone)
        default_rows = -(-(end - start) // parse_duration(report.data["every"]))
        metadata = {"type": report_type, "version": report.data.get("version")}
        table = ReportTable(
            columns=read_columns(report.data["columns"]),
            rows=job.details.get(ROWS, min(default_rows, MAX_ROWS)),
            start=start,
            end=end,
            zone=zone,
            metadata=metadata if "version" in report.data else {},
        )
        title, file_format = f"{report_type}-{job.id}", FORMATS[asked["format"]]
        return attachment(sandbox, f"rows of {job.id}", title, table, file_format)

    def seed_records(
        self,
        types: Iterable[str],
        repository: JobRepository,
        group: Callable[[str, Mapping[str, Any]], str],
        fixtures: Mapping[str, Any],
        now: int,
    ) -> SeedRecords:
        """Return the records of `fixtures/talkdesk/seed.yaml`; `group` returns the group of a job.

        A type without a row there has that of the first.

        Raises:
            SeedError: a job has an unknown report type or an impossible value.
        """
        rows = index_by_id(fixtures["reports"], "id", "/reports")
        default = fixtures["reports"][0]
        rows |= {name: {**default, "id": name} for name in types if name not in rows}

        def seed_job(row: Mapping[str, Any]) -> NewJob:
            if row["type"] not in rows:
                raise SeedError(f"/type: unknown report type {row['type']!r}")
            account, details = row["account"], _details(row["type"], row)
            return NewJob(row["id"], account, group(account, details["path"]), details)

        return [
            *self._types.seed_records(ALL_ACCOUNTS, rows),
            *seed_jobs(repository, seed_job, fixtures, now),
        ]


def _details(report_type: str, row: Mapping[str, Any]) -> dict[str, Any]:
    asked = read_job_request(row)
    details = {"path": {"type": report_type}, "body": asked, "format": asked["format"]}
    if "name" in asked:
        details["name"] = asked["name"]
    if ROWS in row:
        details[ROWS] = row[ROWS]
    return details


def read_job_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body asks for that its contract allows.

    Raises:
        ApiError: 400, an unknown time zone, an impossible date, or a reversed or too long timespan.
    """
    span = body["timespan"]
    in_span = "timezone" not in body and "timezone" in span
    zone = span["timezone"] if in_span else body.get("timezone", DEFAULT_ZONE)
    field = "timespan.timezone" if in_span else "timezone"
    asked = {
        "format": body["format"],
        "timezone": zone,
        "timespan": {"from": span["from"], "to": span["to"]},
    }
    if "name" in body:
        asked["name"] = body["name"]
    start, end = read_span(asked["timespan"], find_zone(zone, field))
    if start > end:
        raise ApiError.for_field("timespan.from", "must not be after timespan.to")
    if end - start > MAX_SPAN_MS:
        reason = "must not be more than one month after timespan.from"
        raise ApiError.for_field("timespan.to", reason)
    return asked


def read_span(span: Mapping[str, str], zone: ZoneInfo) -> tuple[int, int]:
    """Return the start (inclusive) and the end (exclusive) of a timespan.

    Both are milliseconds since the epoch. A date-time without an offset is in `zone`.

    Raises:
        ApiError: 400, there is no such date.
    """
    start = _read_date_time(span["from"], zone, "timespan.from")
    end = _read_date_time(span["to"], zone, "timespan.to")
    return from_datetime(start), from_datetime(end)


def find_zone(name: str, field: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        ApiError: 400, the name is unknown.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ApiError.for_field(field, "must be the IANA name of a time zone") from None


def _read_date_time(text: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        date_time = datetime.fromisoformat(text)
    except ValueError:
        date_time = None
    if date_time is None or not _FIRST_YEAR <= date_time.year <= _LAST_YEAR:
        years = f"{_FIRST_YEAR} to {_LAST_YEAR}"
        raise ApiError.for_field(field, f"must be an ISO 8601 date-time of the years {years}")
    return date_time if date_time.tzinfo else date_time.replace(tzinfo=zone)
