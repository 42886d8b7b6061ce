"""Clinical One's operations that make a report job: now, later, or running at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from conformance.reference.clinicalone.book import Book, Job, Order
from conformance.reference.clinicalone.door import Door
from conformance.reference.clinicalone.queries import check_specs, read_mode, read_study
from conformance.reference.inputs import LONGEST, bad, date_time, json_object, query
from conformance.reference.stage import Stage
from conformance.reference.transport import json_response
from conformance.reference.world import POSTING, Caller

FORMATS = ("CSV", "JSON")


@dataclass(frozen=True, slots=True)
class CreateViews:
    """Handlers of POST v1.0/reports, v1.0/scheduled/reports and v2.0/.../reports/direct."""

    stage: Stage
    book: Book
    door: Door

    def create(self) -> Response:
        """A new job, which waits; the answer has its id."""
        caller = self.door.admit(POSTING)
        asked = self._query("reportid", "format", "mode", "studyId")
        self._body()
        return self._created(self._add(caller, asked), 200)

    def schedule(self) -> Response:
        """A new job, which waits until the time in the body, if there is one."""
        caller = self.door.admit(POSTING)
        asked = self._query("reportid", "format", "mode", "studyId")
        body = self._body()
        due = None
        if "scheduledDatetime" in body:
            due = date_time(body["scheduledDatetime"], "scheduledDatetime")
        job = self._add(caller, asked)
        job.due = due or job.due
        return self._created(job, 202)

    def direct(self, study: str, mode: str) -> Response:
        """A new job of one study, which runs at once."""
        caller = self.door.admit(POSTING)
        if len(study) > LONGEST:
            raise bad("studyId", f"must not be longer than {LONGEST} characters")
        asked = self._query("reportid", "format")
        self._body()
        job = self._add(caller, asked | {"studyId": study, "mode": mode})
        job.started = self.stage.now()
        return self._created(job, 202)

    def _query(self, *known: str) -> dict[str, str]:
        return query(*known, lenient=self.stage.free("c1-free-unknown-query"))

    def _body(self) -> dict[str, Any]:
        body = json_object() if request.get_data() else {}
        check_specs(body, self.stage)
        return body

    def _add(self, caller: Caller, asked: Mapping[str, str]) -> Job:
        if not asked.get("reportid"):
            raise bad("reportid", "is missing")
        wanted = asked.get("format", "").upper()
        if wanted not in FORMATS:
            raise bad("format", f"must be one of {', '.join(FORMATS)}")
        mode = read_mode(asked, self.stage, "c1-kickoff-mode-unchecked")
        order = Order(read_study(asked), mode or "test", asked["reportid"], wanted)
        return self.book.add(caller.account, order)

    def _created(self, job: Job, status: int) -> Response:
        job_id = job.id
        if job.number == 2 and self.stage.broken("c1-create-id-reused"):
            job_id = next(other.id for other in self.book.jobs.values() if other.number == 1)
        return json_response({"status": "success", "result": {"jobId": job_id}}, status)
