"""Clinical One's lists: the reports that there are, and the jobs with their run status."""

from typing import Any

from mockserver.exchange import Call, Reply
from mockserver.jobs.desk import Desk
from mockserver.jobs.model import Job
from mockserver.moment import iso
from mockserver.resources import EVERYBODY, Shelf
from mockserver.sandbox import Sandbox
from mockserver.vendors.clinicalone.job import group_of, kicked_off, study_of, traits
from specs import Contract


class Lists:
    """The handlers under reportmetadata."""

    def __init__(self, contract: Contract, desk: Desk, reports: Shelf) -> None:
        self._desk = desk
        self._reports = reports
        self._formats = contract.openapi["components"]["schemas"]["ReportFormat"]["enum"]

    def reports(self, call: Call) -> Reply:
        """Answer GET v1.0/reportmetadata: the reports of the study's level, or of the tenant's."""
        of_tenant = study_of(call.query) is None
        found = [
            {
                "rptId": report.id,
                "reportName": report.data["name"],
                "description": report.data["description"],
                "rptFormats": self._formats,
                "tenantLevel": report.data["tenantLevel"],
            }
            for report in self._reports.every(call.sandbox, EVERYBODY)
            if report.data["tenantLevel"] == of_tenant
        ]
        return Reply(call.operation.success, {"status": "success", "result": found})

    def downloads(self, call: Call) -> Reply:
        """Answer GET v2.0/reportmetadata/downloadList, newest first."""
        assert call.identity is not None
        limit, offset = call.query["limit"], call.query["offset"]
        chosen = traits({**call.query, "studyId": study_of(call.query)})
        group = group_of(call.identity.account, chosen)
        total = self._desk.total(call.sandbox, group)
        jobs = self._desk.page(call.sandbox, group, offset, limit)
        result = {
            "hasMore": "true" if offset + len(jobs) < total else "false",
            "totalResults": total,
            "count": len(jobs),
            "limit": limit,
            "offset": offset,
            "reportId": call.query.get("rptId"),
            "reportRunStatus": [self._run(call.sandbox, job) for job in jobs],
        }
        return Reply(call.operation.success, {"status": "success", "result": result})

    def _run(self, sandbox: Sandbox, job: Job) -> dict[str, Any]:
        return {
            "downloadId": job.id,
            "rptId": job.details["rptId"],
            "reportName": job.details["name"],
            "rptFormat": job.details["format"],
            "rptKickoffDatetime": iso(kicked_off(self._desk, job, sandbox.now())),
            "runStatus": self._desk.state(sandbox, job).wire,
        }
