"""Clinical One's operations that create and start report jobs."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask import Response, request

from conformance.reference.clinicalone.auth import Authenticator
from conformance.reference.clinicalone.schemas import check_specs, read_mode, read_study
from conformance.reference.clinicalone.store import (
    FAILED,
    RUNNING,
    SUCCEEDED,
    Job,
    JobRequest,
    JobStore,
)
from conformance.reference.clock import iso
from conformance.reference.context import AppContext, Body, BodyChanges
from conformance.reference.errors import ApiError
from conformance.reference.parsing import (
    LONGEST,
    bad_request,
    body_is_utf8,
    date_time,
    json_object,
    query,
)
from conformance.reference.seed_data import CLINICALONE_REPORTS, POSTING, Caller
from conformance.reference.transport import json_response

FORMATS = ("CSV", "JSON", "XPORT")
LOG_VARIANTS: BodyChanges[Job] = MappingProxyType(
    {"c1-free-log-id": lambda job: {"id": f"LOG{job.kickoffs:029d}"}}
)
LOG_DEFECTS: BodyChanges[Job] = MappingProxyType(
    {
        "c1-log-nan": lambda _: {"objectVersionNumber": float("nan")},
        "c1-log-date-number": lambda _: {"rptKickoffDatetime": 1767603600},
        "c1-log-storage-id": lambda job: {"fileStorageId": f"file {job.number}"},
    }
)


@dataclass(frozen=True, slots=True)
class CreateViews:
    """Handlers of POST v1.0/reports, v1.0/scheduled/reports and v2.0/.../reports/direct."""

    context: AppContext
    store: JobStore
    auth: Authenticator

    def create(self) -> Response:
        """Create a job, which waits; the response has its id."""
        caller = self.auth.authenticate(POSTING)
        params = self._query("reportid", "format", "mode", "studyId")
        self._body()
        return self._created(self._add(caller, params), 200)

    def schedule(self) -> Response:
        """Create a job, which waits until the time in the body, if there is one."""
        caller = self.auth.authenticate(POSTING)
        params = self._query("reportid", "reportName", "format", "mode", "studyId")
        body = self._body()
        due = None
        if "scheduledDatetime" in body:
            due = date_time(body["scheduledDatetime"], "scheduledDatetime")
        job = self._add(caller, params)
        job.due = due or job.due
        return self._created(job, 202)

    def direct(self, study: str, mode: str) -> Response:
        """Create a job of one study, which starts at once."""
        caller = self.auth.authenticate(POSTING)
        if len(study) > LONGEST:
            raise bad_request("studyId", f"must not be longer than {LONGEST} characters")
        params = self._query("reportid", "format")
        self._body()
        job = self._add(caller, params | {"studyId": study, "mode": mode})
        job.started = self.context.now()
        return self._created(job, 202)

    def _query(self, *known: str) -> dict[str, str]:
        return query(*known, lenient=self.context.has_variant("c1-free-unknown-query"))

    def _body(self) -> dict[str, Any]:
        body = json_object() if request.get_data() else {}
        check_specs(body, self.context)
        return body

    def _add(self, caller: Caller, params: Mapping[str, str]) -> Job:
        if params.get("reportid") == "":
            raise bad_request("reportid", "must not be empty")
        study = read_study(params)
        report_format = params.get("format", "CSV").upper()
        if report_format not in FORMATS:
            raise bad_request("format", f"must be one of {', '.join(FORMATS)}")
        mode = read_mode(params, self.context, "c1-kickoff-mode-unchecked")
        requested = JobRequest(
            study, mode or "test", params.get("reportid", _first_report(study)), report_format
        )
        return self.store.add(caller.account, requested)

    def _created(self, job: Job, status: int) -> Response:
        job_id = job.id
        if job.number == 2 and self.context.has_defect("c1-create-id-reused"):
            job_id = next(other.id for other in self.store.jobs.values() if other.number == 1)
        if self.context.has_variant("c1-free-create-flat-id"):
            return json_response({"jobId": job_id}, status)
        if self.context.has_variant("c1-free-create-plain-id"):
            return json_response({"id": job_id}, status)
        return json_response({"status": "success", "result": {"jobId": job_id}}, status)


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _first_report(study: str | None) -> str:
    return CLINICALONE_REPORTS[0 if study else -1][0]


@dataclass(frozen=True, slots=True)
class KickoffViews:
    """Handler of POST v1.0/report/job/{jobId}."""

    context: AppContext
    store: JobStore
    auth: Authenticator

    def kick_off(self, job_id: str) -> Response:
        """Start the job and return 202 with its log."""
        caller = self.auth.authenticate_kickoff()
        params = query("mode", "studyId", lenient=self.context.has_variant("c1-free-unknown-query"))
        mode = self._mode(params)
        study = self._study(params)
        check_specs(self._body(), self.context)
        if job_id not in self.store.jobs and self.context.has_defect("c1-kickoff-unknown-ok"):
            return json_response({"id": job_id}, 202)
        job = self.store.get(caller, self._known(job_id), leak="c1-kickoff-other-tenant")
        self.store.check(job, study, mode)
        self._start(job)
        return self._started(job)

    def _mode(self, params: Mapping[str, str]) -> str | None:
        if params.get("mode") == "training" and self.context.has_defect(
            "c1-kickoff-training-refused"
        ):
            raise bad_request("mode", "is not supported")
        if params.get("mode") == "TRAINING" and self.context.has_defect("c1-kickoff-mode-capitals"):
            return None
        return read_mode(params, self.context, "c1-kickoff-mode-unchecked")

    def _study(self, params: Mapping[str, str]) -> str | None:
        null = params.get("studyId") == "null"
        if null and self.context.has_defect("c1-kickoff-null-study-refused"):
            raise bad_request("studyId", "must not be null")
        return read_study(params)

    def _body(self) -> dict[str, Any]:
        data = request.get_data()
        self.context.raise_if_planted("c1-crash-not-utf8", when=not body_is_utf8())
        if not _is_json(data):
            if self.context.has_defect("c1-kickoff-malformed-taken"):
                return {}
            if self.context.has_variant("c1-free-malformed-422"):
                raise ApiError(422, "the body is not JSON")
        self.context.raise_if_planted(
            "c1-crash-nested", when=data.count(b"[") + data.count(b"{") > 500
        )
        if request.mimetype == "text/plain" and self.context.has_defect("c1-kickoff-text-taken"):
            return {}
        if data.strip()[:1] == b"[" and self.context.has_defect("c1-kickoff-list-taken"):
            return {}
        if data.strip() == b"{}" and self.context.has_defect("c1-kickoff-empty-refused"):
            raise bad_request("body", "is empty")
        return json_object()

    def _known(self, job_id: str) -> str:
        if job_id not in self.store.jobs and self.context.has_variant(
            "c1-free-kickoff-unknown-400"
        ):
            raise bad_request("jobId", "is not a report job")
        return job_id

    def _start(self, job: Job) -> None:
        state = self.store.state(job)
        if job.requested.study is None and self.context.has_defect("c1-kickoff-tenant-refused"):
            raise bad_request("studyId", "is missing")
        self.context.raise_if_planted("c1-crash-failed-job", when=state == FAILED)
        self.context.raise_if_planted("c1-crash-second-kickoff", when=job.kickoffs > 0)
        begun = state in {RUNNING, SUCCEEDED}
        if begun and self.context.has_variant("c1-free-kickoff-finished-409"):
            raise ApiError(409, "the job was started before")
        if state == FAILED and self.context.has_defect("c1-kickoff-failed-nothing"):
            return
        self.store.start(job)

    def _started(self, job: Job) -> Response:
        if self.context.has_defect("c1-kickoff-no-body"):
            return Response(status=202)
        if self.context.has_defect("c1-kickoff-log-text"):
            return Response("started", 202, mimetype="text/plain")
        log: Any = {} if self.context.has_variant("c1-free-empty-log") else self._log(job)
        if self.context.has_defect("c1-kickoff-log-list"):
            log = [log]
        response = json_response(log, 200 if self.context.has_defect("c1-kickoff-200") else 202)
        if self.context.has_variant("c1-free-kickoff-location"):
            response.headers["Location"] = f"/ec-reporting-svc/rest/v1.0/report/job/{job.id}"
        return response

    def _log(self, job: Job) -> Body:
        log = {
            "id": job.id,
            "rptId": job.requested.report,
            "rptFormat": job.requested.format,
            "rptKickoffDatetime": iso(job.started or job.created),
            "fileStorageId": str(uuid.UUID(self.context.digest("storage", job.id)[:32], version=4)),
            "operationType": "KICKOFF",
            "objectVersionNumber": 1,
        }
        if self.context.has_defect("c1-log-no-format"):
            del log["rptFormat"]
        log = self.context.apply_variants(log, LOG_VARIANTS, job)
        return self.context.apply_defects(log, LOG_DEFECTS, job)
