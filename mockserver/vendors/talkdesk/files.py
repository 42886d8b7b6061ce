"""Talkdesk's operations on report files: fetch and delete."""

from collections.abc import Mapping

from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.jobs.schedule import ROWS
from mockserver.reports import text_formats
from mockserver.reports.content import Format, ReportTable, attachment, read_columns
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import parse_duration
from mockserver.vendors import Handler
from mockserver.vendors.talkdesk.jobs import Jobs, find_zone, read_span, type_of
from specs import Contract

FORMATS: Mapping[str, Format] = {
    "csv": text_formats.CSV,
    "json": text_formats.JSON_DOCUMENT,
    "json_bulk": text_formats.JSON_LINES,
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
