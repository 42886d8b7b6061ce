"""Talkdesk's operations on report files: fetch and delete."""

from collections.abc import Mapping

from mockserver.http.messages import Call, Reply
from mockserver.jobs.model import Job
from mockserver.jobs.repository import Desk
from mockserver.jobs.schedule import read_duration
from mockserver.reports import text_formats
from mockserver.reports.content import Sheet, make_file, read_columns
from mockserver.reports.text_formats import Format
from mockserver.sandbox.resources import EVERYBODY, Shelf
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors.talkdesk.jobs import ROWS, find, find_zone, kind_of, read_span
from specs import Contract

FORMATS: Mapping[str, Format] = {
    "csv": text_formats.CSV,
    "json": text_formats.JSON_DOCUMENT,
    "json_bulk": text_formats.JSON_LINES,
}
MOST_ROWS = 5000
"""How many rows a file has at most, unless its job says how many."""


class Files:
    """The handlers under /data/reports/{type}/files."""

    def __init__(self, contract: Contract, desk: Desk, reports: Shelf) -> None:
        self._desk = desk
        self._reports = reports
        self._roles = contract.lifecycle.roles

    def fetch(self, call: Call) -> Reply:
        job = find(self._desk, call)
        self._desk.check(call.sandbox, self._roles["fetch"], job)
        return self.reply(call.sandbox, job)

    def delete(self, call: Call) -> Reply:
        self._desk.act(call.sandbox, self._roles["delete"], find(self._desk, call))
        return Reply(call.operation.success)

    def reply(self, sandbox: Sandbox, job: Job) -> Reply:
        """Return the reply with the file of a job, whatever its state."""
        kind = kind_of(job)
        report = self._reports.find(sandbox, EVERYBODY, kind)
        assert report is not None  # the seed data has every type
        start, end = read_span(job.details)
        usual = -(-(end - start) // read_duration(report.data["every"]))
        made_in = FORMATS[job.details["format"]]
        sheet = Sheet(
            columns=read_columns(report.data["columns"]),
            rows=job.details.get(ROWS, min(usual, MOST_ROWS)),
            start=start,
            end=end,
            zone=find_zone(job.details["timezone"], "timezone"),
            base=sandbox.ids.uuid(f"rows of {job.id}", 0),
            about={"type": kind, "version": report.data["version"]},
        )
        name = f"{kind}-{job.id}.{made_in.extension}"
        file = make_file(sheet, made_in, sandbox.ids.random(f"rows of {job.id}", 0))
        return Reply(
            200, headers={"Content-Disposition": f'attachment; filename="{name}"'}, file=file
        )
