"""Clinical One's operations that download a report file and list reports."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from flask import Response, request

from conformance.reference.clinicalone.auth import Authenticator
from conformance.reference.clinicalone.schemas import read_mode, read_study
from conformance.reference.clinicalone.store import FAILED, RUNNING, SUCCEEDED, Job, JobStore
from conformance.reference.clock import iso
from conformance.reference.content import Row, csv_bytes, json_bytes, rows
from conformance.reference.context import AppContext, Body
from conformance.reference.errors import ApiError
from conformance.reference.parsing import bad_request, date_time, integer, query, query_is_utf8
from conformance.reference.seed_data import CLINICALONE_REPORTS, DOWNLOAD, Caller
from conformance.reference.transport import (
    JSON,
    claim_gzip,
    cut_short,
    html_response,
    json_response,
)

_COLUMNS = ("subject", "recorded_at", "team", "seconds")

CSV_DEFECTS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "c1-file-ragged": lambda data: data.rstrip(b"\r\n") + b",1\r\n",
        "c1-file-open-quote": lambda data: data + b'"0099,never closed,x,1\r\n',
        "c1-file-json-as-csv": lambda data: json_bytes({"lines": data.decode().splitlines()}),
        "c1-file-base64": base64.b64encode,
    }
)


@dataclass(frozen=True, slots=True)
class DownloadViews:
    """Handler of GET v2.0/reports/download."""

    context: AppContext
    store: JobStore
    auth: Authenticator

    def download(self) -> Response:
        """Return the raw file of a job that succeeded."""
        caller = self.auth.authenticate_download()
        names = ("id", "mode", "reportName", "rptKickoffDatetime", "studyId")
        repeated = any(len(values) > 1 for _, values in request.args.lists())
        self.context.raise_if_planted("c1-crash-repeated-parameter", when=repeated)
        self.context.raise_if_planted("c1-crash-query-not-utf8", when=not query_is_utf8())
        params = query(*names, lenient=self.context.has_variant("c1-free-unknown-query"))
        if params.get("mode") == "TEST" and self.context.has_defect("c1-download-mode-capitals"):
            params["mode"] = "test"
        mode = read_mode(params, self.context, "c1-download-mode-unchecked")
        if self.context.has_defect("c1-download-body-needed") and not request.get_data():
            raise bad_request("body", "is missing")
        if "reportName" in params and self.context.has_defect("c1-download-name-refused"):
            raise bad_request("reportName", "is not supported")
        self._check_date(params)
        self.context.raise_if_planted(
            "c1-crash-report-name", when=not params.get("reportName", "").isascii()
        )
        job_id = self._id(caller, params)
        if job_id not in self.store.jobs and self.context.has_defect("c1-download-unknown-ok"):
            return Response("", content_type="text/csv; charset=utf-8")
        job = self._get(caller, job_id)
        self.store.check(job, self._study(params), mode)
        self._check_available(job)
        return self._deliver(job)

    def _id(self, caller: Caller, params: Mapping[str, str]) -> str:
        empty = params.get("id") == "" and self.context.has_defect("c1-download-empty-id-ok")
        absent = "id" not in params and self.context.has_defect("c1-download-missing-id-ok")
        if empty or absent:
            own = [job for job in self.store.jobs.values() if job.tenant == caller.account]
            return [job.id for job in own if self.store.state(job) == SUCCEEDED][-1]
        if not params.get("id"):
            if self.context.has_defect("c1-download-missing-id-404"):
                raise ApiError(404, "unknown report job")
            raise bad_request("id", "is missing")
        return params["id"]

    def _check_date(self, params: Mapping[str, str]) -> None:
        text = params.get("rptKickoffDatetime")
        if text is None or self.context.has_defect("c1-download-date-unchecked"):
            return
        self.context.raise_if_planted("c1-crash-bad-calendar", when="-02-30" in text)
        offset = re.search(r"[+-][0-9]{2}:?[0-9]{2}$", text.partition("T")[2])
        self.context.raise_if_planted("c1-crash-offset", when=offset is not None)
        date_time(text, "rptKickoffDatetime")

    def _study(self, params: Mapping[str, str]) -> str | None:
        if params.get("studyId") == "null":
            return "null" if self.context.has_defect("c1-download-null-study-404") else None
        return read_study(params)

    def _get(self, caller: Caller, job_id: str) -> Job:
        try:
            return self.store.get(caller, job_id, leak="c1-download-other-tenant")
        except ApiError as error:
            if self.context.has_defect("c1-download-unknown-400"):
                raise bad_request("id", "is not a report job") from error
            raise

    def _check_available(self, job: Job) -> None:
        leaks = {
            SUCCEEDED: not self._lost(job),
            RUNNING: self.context.has_defect("c1-file-while-running"),
            FAILED: self.context.has_defect("c1-file-while-failed"),
        }
        if not leaks.get(self.store.state(job), False):
            raise ApiError(404, "the job has no report file")

    def _lost(self, job: Job) -> bool:
        self.context.raise_if_planted("c1-crash-tenant-report", when=job.requested.study is None)
        if job.number == 2 and self.context.has_defect("c1-download-second-404"):
            return True
        return job.requested.mode == "training" and self.context.has_defect(
            "c1-download-training-404"
        )

    def _deliver(self, job: Job) -> Response:
        job.downloads += 1
        again = job.downloads == 2 and self.context.has_defect("c1-file-second-page")
        if again or self.context.has_defect("c1-file-html"):
            return html_response(200)
        response = self._file(job)
        response.status_code = 202 if self.context.has_defect("c1-download-202") else 200
        self._set_file_name(response, job)
        if self.context.has_defect("c1-file-wrapped"):
            text = response.get_data(as_text=True)
            return json_response({"status": "success", "result": {"file": text}})
        if self.context.has_defect("c1-file-short"):
            return cut_short(response)
        return claim_gzip(response) if self.context.has_defect("c1-file-bad-gzip") else response

    def _file(self, job: Job) -> Response:
        table = self._rows(job)
        if job.requested.format == "JSON" and not self.context.has_defect("c1-file-json-job-csv"):
            document = json_bytes(table)
            if self.context.has_defect("c1-file-json-latin1"):
                document = document.replace(b'"team": "', b'"team": "\xc9quipe ')
            return Response(document, mimetype=JSON)
        if job.requested.format == "XPORT":
            is_csv = self.context.has_defect("c1-file-xport-as-csv")
            mimetype = "text/csv" if is_csv else "application/octet-stream"
            return Response(_transport_bytes(table), mimetype=mimetype)
        data = csv_bytes(table, _COLUMNS)
        for defect, change in CSV_DEFECTS.items():
            data = change(data) if self.context.has_defect(defect) else data
        if self.context.has_variant("c1-free-octet-stream"):
            return Response(data, mimetype="application/octet-stream")
        mark = b"\xef\xbb\xbf" if self.context.has_variant("c1-free-byte-order-mark") else b""
        return Response(mark + data, content_type=self._csv_type())

    def _csv_type(self) -> str:
        if self.context.has_defect("c1-file-csv-as-json"):
            return "application/json"
        if self.context.has_variant("c1-free-media-parameters"):
            return "text/csv;charset=UTF-8;header=present"
        return "text/csv; charset=utf-8"

    def _rows(self, job: Job) -> list[Row]:
        count = 0 if self.context.has_variant("c1-free-no-rows") else 5
        start = job.started or job.created
        stamps = [iso(start - timedelta(hours=number)) for number in range(count, 0, -1)]
        return rows(self.context.digest("rows", job.id), "subject", stamps)

    def _set_file_name(self, response: Response, job: Job) -> None:
        name = f"{job.report_name.lower().replace(' ', '-')}.{job.requested.format.lower()}"
        disposition = f'attachment; filename="{name}"'
        if self.context.has_defect("c1-disposition-inline"):
            disposition = f'inline; filename="{name}"'
        if self.context.has_defect("c1-disposition-garbled"):
            disposition = f'; filename="{name}'
        if self.context.has_variant("c1-free-bare-filename"):
            disposition = "attachment; filename=report.csv"
        if self.context.has_variant("c1-free-filename-star"):
            disposition = f"attachment; filename*=UTF-8''{name}"
        if self.context.has_variant("c1-free-no-filename"):
            disposition = "attachment"
        if not self.context.has_variant("c1-free-no-disposition"):
            response.headers["Content-Disposition"] = disposition


@dataclass(frozen=True, slots=True)
class MetadataViews:
    """Handlers of GET v2.0/reportmetadata/downloadList and GET v1.0/reportmetadata."""

    context: AppContext
    store: JobStore
    auth: Authenticator

    def downloads(self) -> Response:
        refusal = 403 if self.context.has_variant("c1-free-list-403") else 401
        caller = self.auth.authenticate(DOWNLOAD, refusal)
        params = self._query("limit", "offset", "mode", "rptId", "studyId")
        text = _needed(params, "limit")
        self.context.raise_if_planted("c1-crash-list-limit", when=not text.isdecimal())
        limit = integer(text, "limit", 1, 100)
        offset = integer(_needed(params, "offset"), "offset", 0)
        found = self._matching(caller, params)
        if self.context.has_defect("c1-list-omits-new"):
            found = found[1:]
        result = self._page(found, limit, offset)
        if "rptId" in params:
            result["reportId"] = params["rptId"]
        return json_response({"status": "success", "result": result})

    def _matching(self, caller: Caller, params: Mapping[str, str]) -> list[Job]:
        mode = read_mode(params, self.context, "c1-download-mode-unchecked")
        study, report = read_study(params), params.get("rptId")
        if report == "":
            raise bad_request("rptId", "must not be empty")
        return [
            job
            for job in reversed(self.store.jobs.values())
            if (job.tenant == caller.account or self.context.has_defect("c1-list-other-tenant"))
            and mode in {None, job.requested.mode}
            and study in {None, job.requested.study}
            and report in {None, job.requested.report}
        ]

    def _page(self, found: list[Job], limit: int, offset: int) -> Body:
        start = offset
        if self.context.has_defect("c1-list-page-shifted"):
            start += offset > 0
        if self.context.has_defect("c1-list-page-repeated"):
            start = 0
        shown = found[start : start + limit]
        more = offset + limit < len(found)
        return {
            "hasMore": more
            if self.context.has_defect("c1-list-more-boolean")
            else str(more).lower(),
            "totalResults": len(found),
            "count": len(shown),
            "limit": limit,
            "offset": offset,
            "reportId": "",
            "reportRunStatus": [self._run(job) for job in shown],
        }

    def _run(self, job: Job) -> Body:
        renamed = self.context.has_variant("c1-free-state-elsewhere")
        return {
            "downloadId": job.id,
            "rptId": job.requested.report,
            "reportName": job.report_name,
            "rptFormat": job.requested.format,
            "rptKickoffDatetime": iso(job.started or job.created),
            "status" if renamed else "runStatus": self.store.state(job),
        }

    def reports(self) -> Response:
        self.auth.authenticate(DOWNLOAD)
        params = self._query("studyId", "mode")
        read_mode(params, self.context, "c1-download-mode-unchecked")
        if not params.get("studyId"):
            raise bad_request("studyId", "is missing; null asks for the tenant's reports")
        study = read_study(params)
        shown = CLINICALONE_REPORTS[:2] if study else CLINICALONE_REPORTS[2:]
        result = [
            {"reportId": report, "reportType": name, "rptTypeSeq": number, "rptSeq": number}
            for number, (report, name) in enumerate(shown, 1)
        ]
        return json_response({"status": "success", "result": result})

    def _query(self, *known: str) -> dict[str, str]:
        return query(*known, lenient=self.context.has_variant("c1-free-unknown-query"))


def _transport_bytes(table: list[Row]) -> bytes:
    """Return the rows as the 80-byte records of a transport file, after its first header."""
    header = "HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + "0" * 30
    records = [header, *(str(row) for row in table)]
    return b"".join(record.encode()[:80].ljust(80) for record in records)


def _needed(params: Mapping[str, str], name: str) -> str:
    if name not in params:
        raise bad_request(name, "is missing")
    return params[name]
