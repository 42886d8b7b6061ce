"""Clinical One's lists: the runs of reports, and the reports that there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response

from conformance.reference.clinicalone.book import Book, Job
from conformance.reference.clinicalone.door import Door
from conformance.reference.clinicalone.queries import read_mode, read_study
from conformance.reference.clock import iso
from conformance.reference.inputs import bad, integer, query
from conformance.reference.stage import Body, Stage
from conformance.reference.transport import json_response
from conformance.reference.world import CLINICALONE_REPORTS, DOWNLOAD, Caller


@dataclass(frozen=True, slots=True)
class MetadataViews:
    """Handlers of GET v2.0/reportmetadata/downloadList and GET v1.0/reportmetadata."""

    stage: Stage
    book: Book
    door: Door

    def downloads(self) -> Response:
        caller = self.door.admit(DOWNLOAD)
        asked = self._query("limit", "offset", "mode", "rptId", "studyId")
        limit = integer(_needed(asked, "limit"), "limit", 1, 100)
        offset = integer(_needed(asked, "offset"), "offset", 0)
        found = self._matching(caller, asked)
        result = self._page(found, limit, offset)
        if "rptId" in asked:
            result["reportId"] = asked["rptId"]
        return json_response({"status": "success", "result": result})

    def _matching(self, caller: Caller, asked: Mapping[str, str]) -> list[Job]:
        mode = read_mode(asked, self.stage, "c1-download-mode-unchecked")
        study, report = read_study(asked), asked.get("rptId")
        if report == "":
            raise bad("rptId", "must not be empty")
        return [
            job
            for job in reversed(self.book.jobs.values())
            if (job.tenant == caller.account or self.stage.broken("c1-list-other-tenant"))
            and mode in {None, job.order.mode}
            and study in {None, job.order.study}
            and report in {None, job.order.report}
        ]

    def _page(self, found: list[Job], limit: int, offset: int) -> Body:
        shown = found[offset : offset + limit]
        more = offset + limit < len(found)
        return {
            "hasMore": more if self.stage.broken("c1-list-more-boolean") else str(more).lower(),
            "totalResults": len(found),
            "count": len(shown),
            "limit": limit,
            "offset": offset,
            "reportId": "",
            "reportRunStatus": [self._run(job) for job in shown],
        }

    def _run(self, job: Job) -> Body:
        return {
            "downloadId": job.id,
            "rptId": job.order.report,
            "reportName": job.report_name,
            "rptFormat": job.order.format,
            "rptKickoffDatetime": iso(job.started or job.created),
            "runStatus": self.book.state(job),
        }

    def reports(self) -> Response:
        self.door.admit(DOWNLOAD)
        asked = self._query("studyId")
        if not asked.get("studyId"):
            raise bad("studyId", "is missing; null asks for the tenant's reports")
        study = read_study(asked)
        shown = CLINICALONE_REPORTS[:2] if study else CLINICALONE_REPORTS[2:]
        result = [{"rptId": report, "reportName": name} for report, name in shown]
        return json_response({"status": "success", "result": result})

    def _query(self, *known: str) -> dict[str, str]:
        return query(*known, lenient=self.stage.free("c1-free-unknown-query"))


def _needed(asked: Mapping[str, str], name: str) -> str:
    if name not in asked:
        raise bad(name, "is missing")
    return asked[name]
