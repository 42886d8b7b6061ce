"""Clinical One's operations that create report jobs and start the work on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from mockserver.errors import Refusal
from mockserver.exchange import Call, Reply
from mockserver.jobs.desk import Desk, Opening
from mockserver.jobs.model import Job, Plan
from mockserver.moment import from_datetime, iso
from mockserver.resources import EVERYBODY, Shelf
from mockserver.vendors.clinicalone.job import find, further_groups, group_of, kicked_off, study_of
from specs import Contract

_LONGEST_SPEC = 32_000


class Jobs:
    """The handlers of the three ways to create a job, and of kick-off."""

    def __init__(self, contract: Contract, desk: Desk, reports: Shelf) -> None:
        self._desk = desk
        self._reports = reports
        self._roles = contract.lifecycle.roles
        self._fetch = contract.operations[self._roles["fetch"].operation]

    def create(self, call: Call) -> Reply:
        """Answer POST v1.0/reports: the job waits for the usual time."""
        return self._created(call, self._open(call, call.query, None))

    def schedule(self, call: Call) -> Reply:
        """Answer POST v1.0/scheduled/reports: the job waits until its time."""
        wanted = (call.body or {}).get("scheduledDatetime")
        plan = None if wanted is None else self._starting(_moment(wanted) - call.sandbox.now())
        return self._created(call, self._open(call, call.query, plan))

    def start_directly(self, call: Call) -> Reply:
        """Answer POST v2.0/studies/{studyId}/{mode}/reports/direct: the job does not wait."""
        return self._created(call, self._open(call, {**call.query, **call.path}, self._starting(0)))

    def kick_off(self, call: Call) -> Reply:
        """Answer POST v1.0/report/job/{jobId}: the work begins, also after it failed."""
        job = find(self._desk, call, call.path["jobId"])
        job = self._desk.act(call.sandbox, self._roles["start"], job)
        now = call.sandbox.now()
        log = {
            "id": job.id,
            "rptId": job.details["rptId"],
            "rptFormat": job.details["format"],
            "rptKickoffDatetime": iso(kicked_off(self._desk, job, now)),
            "fileStorageId": call.sandbox.ids.uuid(f"file of {job.id}", 0),
            "objectVersionNumber": job.version,
            **_search_spec(call.body),
        }
        return Reply(call.operation.success, log, self._location(job))

    def _open(self, call: Call, asked: Mapping[str, Any], plan: Plan | None) -> Job:
        assert call.identity is not None
        tenant = call.identity.account
        report = self._reports.find(call.sandbox, EVERYBODY, asked["reportid"])
        if report is None:
            reason = "names no report"
            raise Refusal(404, f"reportid {reason}.", field="reportid", reason=reason)
        found = {
            "name": report.data["name"],
            "rptId": report.id,
            "format": asked["format"],
            "mode": asked.get("mode"),
            "studyId": study_of(asked),
        }
        details = {name: value for name, value in found.items() if value is not None}
        ids, kind = call.sandbox.ids, f"{self._desk.kind}/{tenant}"
        opening = Opening(
            id=lambda number: ids.hex(kind, number),
            account=tenant,
            group=group_of(tenant, {}),
            details=details,
            also=tuple(further_groups(tenant, details)),
            plan=plan,
        )
        return self._desk.open(call.sandbox, [opening])[0]

    def _starting(self, wait: int) -> Plan:
        """Return the usual plan with a first stay of `wait` milliseconds, or none."""
        (first, _), *rest = self._desk.plan
        return ((first, max(wait, 0)), *rest)

    def _created(self, call: Call, job: Job) -> Reply:
        status = call.operation.success
        body = {"status": "success", "result": {"jobId": job.id}}
        is_located = "Location" in call.operation.responses[status]["headers"]
        return Reply(status, body, self._location(job) if is_located else {})

    def _location(self, job: Job) -> dict[str, str]:
        return {"Location": f"{self._fetch.path}?{urlencode({'id': job.id})}"}


def _moment(text: str) -> int:
    try:
        return from_datetime(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        field = "scheduledDatetime"
        reason = "is no moment"
        raise Refusal(400, f"{field} {reason}.", field=field, reason=reason) from None


def _search_spec(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that were asked for as the log shows them, if they fit."""
    text = orjson.dumps(body).decode() if body else ""
    return {"currSearchSpec": text} if text and len(text) <= _LONGEST_SPEC else {}
