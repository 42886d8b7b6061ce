"""The files that EnergyCAP mails, for the control plane."""

from collections.abc import Mapping
from datetime import UTC, timedelta

from mockserver.http.messages import Response
from mockserver.jobs import Job
from mockserver.jobs.schedule import ROWS
from mockserver.reports import binary_formats, text_formats
from mockserver.reports.content import Format, ReportTable, attachment, read_columns
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors.energycap.reference_data import ReferenceData
from mockserver.vendors.energycap.serializers import REPORT

FORMATS: Mapping[str, Format] = {
    "PDF": binary_formats.PDF,
    "Word": binary_formats.DOCX,
    "Excel": binary_formats.XLSX,
    "Excel data only": binary_formats.XLSX,
    "Csv": text_formats.CSV,
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
