"""The files that EnergyCAP mails, for the control plane."""

from collections.abc import Mapping
from datetime import UTC, timedelta

from mockserver.http.messages import Response
from mockserver.jobs import Job
from mockserver.reports import binary_formats, text_formats
from mockserver.reports.binary_formats import BinaryFormat, make_document
from mockserver.reports.content import ReportTable, attachment, make_file, read_columns
from mockserver.reports.text_formats import Format
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors.energycap.reference_data import ReferenceData
from mockserver.vendors.energycap.serializers import REPORT

FORMATS: Mapping[str, Format | BinaryFormat] = {
    "PDF": binary_formats.PDF,
    "Word": binary_formats.DOCX,
    "Excel": binary_formats.XLSX,
    "Excel data only": binary_formats.XLSX,
    "Csv": text_formats.CSV,
}

_PERIOD = timedelta(days=365) // timedelta(milliseconds=1)


class Files:
    """Makes the file of a run."""

    def __init__(self, reference_data: ReferenceData) -> None:
        self._reference_data = reference_data

    def response(self, sandbox: Sandbox, job: Job) -> Response:
        """Return the reply with the file of a run, whatever its state."""
        number = job.details["settings"][REPORT]
        report = self._reference_data.report(sandbox, job.account, number).data
        made_in = FORMATS[job.details["format"]]
        chance = sandbox.ids.random(f"rows of {job.vendor} {job.id}", 0)
        sheet = ReportTable(
            columns=read_columns(report["columns"]),
            rows=job.details.get("rows", report["rows"]),
            start=job.created_at - _PERIOD,
            end=job.created_at,
            zone=UTC,
            base=sandbox.ids.uuid(f"rows of {job.vendor} {job.id}", 0),
        )
        if isinstance(made_in, BinaryFormat):
            file = make_document(sheet, made_in, chance)
        else:
            file = make_file(sheet, made_in, chance)
        return attachment(f"{job.details['name']}-{job.id}", made_in.extension, file)
