"""Clinical One's operation that starts a report job."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask import Response, request

from conformance.reference.clinicalone.book import FAILED, RUNNING, SUCCEEDED, Book, Job
from conformance.reference.clinicalone.door import Door
from conformance.reference.clinicalone.queries import check_specs, read_mode, read_study
from conformance.reference.clock import iso
from conformance.reference.inputs import bad, body_is_utf8, json_object, query
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body, Stage
from conformance.reference.transport import json_response

FREE_LOG: Mapping[str, Callable[[Job], Body]] = MappingProxyType(
    {"c1-free-log-id": lambda job: {"id": f"LOG{job.kickoffs:029d}"}}
)
LOG_SLIPS: Mapping[str, Callable[[Job], Body]] = MappingProxyType(
    {
        "c1-log-date-number": lambda _: {"rptKickoffDatetime": 1767603600},
        "c1-log-storage-id": lambda job: {"fileStorageId": f"file {job.number}"},
    }
)


@dataclass(frozen=True, slots=True)
class KickoffViews:
    """Handler of POST v1.0/report/job/{jobId}."""

    stage: Stage
    book: Book
    door: Door

    def kick_off(self, job_id: str) -> Response:
        """The documented operation: starts the job, answers 202 with its log."""
        caller = self.door.admit_kickoff()
        asked = query("mode", "studyId", lenient=self.stage.free("c1-free-unknown-query"))
        mode = self._mode(asked)
        study = self._study(asked)
        check_specs(self._body(), self.stage)
        if job_id not in self.book.jobs and self.stage.broken("c1-kickoff-unknown-ok"):
            return json_response({"id": job_id}, 202)
        job = self.book.find(caller, self._known(job_id), leak="c1-kickoff-other-tenant")
        self.book.check(job, study, mode)
        self._start(job)
        return self._started(job)

    def _mode(self, asked: Mapping[str, str]) -> str | None:
        if asked.get("mode") == "training" and self.stage.broken("c1-kickoff-training-refused"):
            raise bad("mode", "is not supported")
        if asked.get("mode") == "TRAINING" and self.stage.broken("c1-kickoff-mode-capitals"):
            return None
        return read_mode(asked, self.stage, "c1-kickoff-mode-unchecked")

    def _study(self, asked: Mapping[str, str]) -> str | None:
        null = asked.get("studyId") == "null"
        if null and self.stage.broken("c1-kickoff-null-study-refused"):
            raise bad("studyId", "must not be null")
        return read_study(asked)

    def _body(self) -> dict[str, Any]:
        data = request.get_data()
        self.stage.crash("c1-crash-not-utf8", when=not body_is_utf8())
        self.stage.crash("c1-crash-nested", when=data.count(b"[") + data.count(b"{") > 500)
        if request.mimetype == "text/plain" and self.stage.broken("c1-kickoff-text-taken"):
            return {}
        if data.strip()[:1] == b"[" and self.stage.broken("c1-kickoff-list-taken"):
            return {}
        if data.strip() == b"{}" and self.stage.broken("c1-kickoff-empty-refused"):
            raise bad("body", "says nothing")
        return json_object()

    def _known(self, job_id: str) -> str:
        if job_id not in self.book.jobs and self.stage.free("c1-free-kickoff-unknown-400"):
            raise bad("jobId", "is not a report job")
        return job_id

    def _start(self, job: Job) -> None:
        state = self.book.state(job)
        if job.order.study is None and self.stage.broken("c1-kickoff-tenant-refused"):
            raise bad("studyId", "is missing")
        self.stage.crash("c1-crash-failed-job", when=state == FAILED)
        self.stage.crash("c1-crash-second-kickoff", when=job.kickoffs > 0)
        begun = state in {RUNNING, SUCCEEDED}
        if begun and self.stage.free("c1-free-kickoff-finished-409"):
            raise Refusal(409, "the job was started before")
        if state == FAILED and self.stage.broken("c1-kickoff-failed-nothing"):
            return
        self.book.start(job)

    def _started(self, job: Job) -> Response:
        if self.stage.broken("c1-kickoff-no-body"):
            return Response(status=202)
        if self.stage.broken("c1-kickoff-log-text"):
            return Response("started", 202, mimetype="text/plain")
        log: Any = {} if self.stage.free("c1-free-empty-log") else self._log(job)
        if self.stage.broken("c1-kickoff-log-list"):
            log = [log]
        response = json_response(log, 200 if self.stage.broken("c1-kickoff-200") else 202)
        if self.stage.free("c1-free-kickoff-location"):
            response.headers["Location"] = f"/ec-reporting-svc/rest/v1.0/report/job/{job.id}"
        return response

    def _log(self, job: Job) -> Body:
        log = {
            "id": job.id,
            "rptId": job.order.report,
            "rptFormat": job.order.format,
            "rptKickoffDatetime": iso(job.started or job.created),
            "fileStorageId": str(uuid.UUID(self.stage.digest("storage", job.id)[:32], version=4)),
            "operationType": "KICKOFF",
            "objectVersionNumber": 1,
        }
        if self.stage.broken("c1-log-no-format"):
            del log["rptFormat"]
        return self.stage.slip(self.stage.vary(log, FREE_LOG, job), LOG_SLIPS, job)
