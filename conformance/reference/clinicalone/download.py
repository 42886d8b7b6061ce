"""Clinical One's operation that hands the report file out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from flask import Response, request

from conformance.reference.clinicalone.book import FAILED, RUNNING, SUCCEEDED, Book, Job
from conformance.reference.clinicalone.door import Door
from conformance.reference.clinicalone.queries import read_mode, read_study
from conformance.reference.clock import iso
from conformance.reference.content import Row, csv_bytes, json_bytes, rows
from conformance.reference.inputs import bad, date_time, query
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.transport import (
    JSON,
    claim_gzip,
    cut_short,
    html_response,
    json_response,
)
from conformance.reference.world import Caller

_COLUMNS = ("subject", "recorded_at", "team", "seconds")

CSV_SLIPS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "c1-file-ragged": lambda data: data.rstrip(b"\r\n") + b",1\r\n",
        "c1-file-open-quote": lambda data: data + b'"0099,never closed,x,1\r\n',
        "c1-file-json-as-csv": lambda data: json_bytes({"lines": data.decode().splitlines()}),
    }
)


@dataclass(frozen=True, slots=True)
class DownloadViews:
    """Handler of GET v2.0/reports/download."""

    stage: Stage
    book: Book
    door: Door

    def download(self) -> Response:
        """The documented operation: the raw file of a job that succeeded."""
        caller = self.door.admit_download()
        names = ("id", "mode", "reportName", "rptKickoffDatetime", "studyId")
        asked = query(*names, lenient=self.stage.free("c1-free-unknown-query"))
        mode = read_mode(asked, self.stage, "c1-download-mode-unchecked")
        if self.stage.broken("c1-download-body-needed") and not request.get_data():
            raise bad("body", "is missing")
        self._check_date(asked)
        self.stage.crash("c1-crash-report-name", when=not asked.get("reportName", "").isascii())
        job_id = self._id(caller, asked)
        if job_id not in self.book.jobs and self.stage.broken("c1-download-unknown-ok"):
            return Response("", content_type="text/csv; charset=utf-8")
        job = self._find(caller, job_id)
        self.book.check(job, self._study(asked), mode)
        self._check_available(job)
        return self._deliver(job)

    def _id(self, caller: Caller, asked: Mapping[str, str]) -> str:
        empty = asked.get("id") == "" and self.stage.broken("c1-download-empty-id-ok")
        absent = "id" not in asked and self.stage.broken("c1-download-missing-id-ok")
        if empty or absent:
            own = [job for job in self.book.jobs.values() if job.tenant == caller.account]
            return [job.id for job in own if self.book.state(job) == SUCCEEDED][-1]
        if not asked.get("id"):
            if self.stage.broken("c1-download-missing-id-404"):
                raise Refusal(404, "there is no such report job")
            raise bad("id", "is missing")
        return asked["id"]

    def _check_date(self, asked: Mapping[str, str]) -> None:
        text = asked.get("rptKickoffDatetime")
        if text is None or self.stage.broken("c1-download-date-unchecked"):
            return
        self.stage.crash("c1-crash-bad-calendar", when="-02-30" in text)
        date_time(text, "rptKickoffDatetime")

    def _study(self, asked: Mapping[str, str]) -> str | None:
        null = asked.get("studyId") == "null"
        return (
            "null"
            if null and self.stage.broken("c1-download-null-study-404")
            else (read_study(asked))
        )

    def _find(self, caller: Caller, job_id: str) -> Job:
        try:
            return self.book.find(caller, job_id, leak="c1-download-other-tenant")
        except Refusal as refusal:
            if self.stage.broken("c1-download-unknown-400"):
                raise bad("id", "is not a report job") from refusal
            raise

    def _check_available(self, job: Job) -> None:
        leaks = {
            SUCCEEDED: not self._lost(job),
            RUNNING: self.stage.broken("c1-file-while-running"),
            FAILED: self.stage.broken("c1-file-while-failed"),
        }
        if not leaks.get(self.book.state(job), False):
            raise Refusal(404, "the job has no report file")

    def _lost(self, job: Job) -> bool:
        self.stage.crash("c1-crash-tenant-report", when=job.order.study is None)
        if job.number == 2 and self.stage.broken("c1-download-second-404"):
            return True
        return job.order.mode == "training" and self.stage.broken("c1-download-training-404")

    def _deliver(self, job: Job) -> Response:
        job.downloads += 1
        again = job.downloads == 2 and self.stage.broken("c1-file-second-page")
        if again or self.stage.broken("c1-file-html"):
            return html_response(200)
        response = self._file(job)
        response.status_code = 202 if self.stage.broken("c1-download-202") else 200
        self._name(response, job)
        if self.stage.broken("c1-file-wrapped"):
            text = response.get_data(as_text=True)
            return json_response({"status": "success", "result": {"file": text}})
        if self.stage.broken("c1-file-short"):
            return cut_short(response)
        return claim_gzip(response) if self.stage.broken("c1-file-bad-gzip") else response

    def _file(self, job: Job) -> Response:
        table = self._rows(job)
        if job.order.format == "JSON" and not self.stage.broken("c1-file-json-job-csv"):
            return Response(json_bytes(table), mimetype=JSON)
        data = csv_bytes(table, _COLUMNS)
        for defect, spoil in CSV_SLIPS.items():
            data = spoil(data) if self.stage.broken(defect) else data
        mark = b"\xef\xbb\xbf" if self.stage.free("c1-free-byte-order-mark") else b""
        return Response(mark + data, content_type=self._csv_type())

    def _csv_type(self) -> str:
        if self.stage.broken("c1-file-csv-as-json"):
            return "application/json"
        if self.stage.free("c1-free-media-parameters"):
            return "text/csv;charset=UTF-8;header=present"
        return "text/csv; charset=utf-8"

    def _rows(self, job: Job) -> list[Row]:
        count = 0 if self.stage.free("c1-free-no-rows") else 5
        start = job.started or job.created
        stamps = [iso(start - timedelta(hours=number)) for number in range(count, 0, -1)]
        return rows(self.stage.digest("rows", job.id), "subject", stamps)

    def _name(self, response: Response, job: Job) -> None:
        name = f"{job.report_name.lower().replace(' ', '-')}.{job.order.format.lower()}"
        disposition = f'attachment; filename="{name}"'
        if self.stage.broken("c1-disposition-inline"):
            disposition = f'inline; filename="{name}"'
        if self.stage.broken("c1-disposition-garbled"):
            disposition = f'; filename="{name}'
        if self.stage.free("c1-free-bare-filename"):
            disposition = "attachment; filename=report.csv"
        if self.stage.free("c1-free-filename-star"):
            disposition = f"attachment; filename*=UTF-8''{name}"
        if self.stage.free("c1-free-no-filename"):
            disposition = "attachment"
        if not self.stage.free("c1-free-no-disposition"):
            response.headers["Content-Disposition"] = disposition
