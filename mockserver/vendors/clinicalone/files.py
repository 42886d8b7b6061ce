"""Clinical One's download of a report file."""

from collections.abc import Mapping
from datetime import UTC, timedelta

from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.jobs.schedule import ROWS
from mockserver.reports import binary_formats, text_formats
from mockserver.reports.content import Format, ReportTable, attachment, read_columns
from mockserver.sandbox.resources import ALL_ACCOUNTS, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors.clinicalone.jobs import find
from specs import Contract

FORMATS: Mapping[str, Format] = {
    "csv": text_formats.CSV,
    "CSV": text_formats.CSV,
    "json": text_formats.JSON_ARRAY,
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
