"""Clinical One as the server sees it: handlers, errors and seed data."""

from collections.abc import Mapping
from typing import Any

from mockserver.errors import Refusal, SetupError
from mockserver.exchange import Reply
from mockserver.identity import Identity
from mockserver.jobs.columns import read_columns
from mockserver.jobs.desk import Desk, Opening
from mockserver.jobs.model import Job
from mockserver.jobs.seeds import by_id, read_plan
from mockserver.resources import EVERYBODY, Shelf, insert_seeds
from mockserver.sandbox import Sandbox
from mockserver.vendors.base import Handler, Vendor
from mockserver.vendors.clinicalone.files import ROWS, Files
from mockserver.vendors.clinicalone.job import further_groups, group_of
from mockserver.vendors.clinicalone.jobs import Jobs
from mockserver.vendors.clinicalone.lists import Lists
from specs import Contract, Operation


def create(contract: Contract) -> Vendor:
    """Return the vendor of Clinical One's contract."""
    return ClinicalOne(contract)


class ClinicalOne:
    """Clinical One in one profile."""

    def __init__(self, contract: Contract) -> None:
        self.name = contract.vendor
        self.desk = Desk(contract.lifecycle)
        self._reports = Shelf(f"{contract.vendor}.report")
        self._files = Files(contract, self.desk, self._reports)
        jobs = Jobs(contract, self.desk, self._reports)
        lists = Lists(contract, self.desk, self._reports)
        self.handlers: Mapping[str, Handler] = {
            "kickOffReportJob": jobs.kick_off,
            "downloadReport": self._files.fetch,
            "createReport": jobs.create,
            "createScheduledReport": jobs.schedule,
            "createDirectReport": jobs.start_directly,
            "listReportMetadata": lists.reports,
            "listDownloads": lists.downloads,
        }

    def file(self, sandbox: Sandbox, job: Job) -> Reply:
        return self._files.reply(sandbox, job)

    def error(self, refusal: Refusal, _operation: Operation | None = None) -> Reply:
        details = refusal.message
        if refusal.field is not None:
            reason = refusal.reason or "is at fault"
            details = f"{refusal.field} {reason}. Field: {refusal.field}"
        data = {
            "details": details,
            "errorCode": refusal.code or f"REPT_{refusal.status}",
            "errorMessage": refusal.message,
        }
        return Reply(refusal.status, {"status": "error", "errorData": data}, refusal.headers)

    def identify(self, _sandbox: Sandbox, _scheme: str, _secret: str) -> Identity | None:
        """Return None: tokens come from the customer's own service."""
        return None

    def seed(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        place = f"{self.name}/seed.yaml"
        reports = by_id(fixtures["reports"], "rptId", f"{place}: /reports")
        for key, row in reports.items():
            read_columns(row["columns"], f"{place}: /reports/{key}/columns")
        openings = [
            self._opening(row, reports, f"{place}: /jobs/{number}")
            for number, row in enumerate(fixtures.get("jobs", ()))
        ]
        jobs = self.desk.drafts(sandbox, openings, common=True)
        insert_seeds(sandbox, [*self._reports.drafts(EVERYBODY, reports), *jobs])

    def _opening(
        self, row: Mapping[str, Any], reports: Mapping[str, Mapping[str, Any]], place: str
    ) -> Opening:
        report = reports.get(row.get("rptId", ""))
        if report is None:
            raise SetupError(f"{place}/rptId: there is no report {row.get('rptId')!r}")
        optional = {name: row[name] for name in ("mode", "studyId", ROWS) if name in row}
        try:
            details = {
                "name": report["name"],
                "rptId": row["rptId"],
                "format": row["format"],
                **optional,
            }
            tenant, job_id = row["tenant"], row["id"]
        except KeyError as error:
            raise SetupError(f"{place}: {error.args[0]!r} is missing") from None
        return Opening(
            id=job_id,
            account=tenant,
            group=group_of(tenant, {}),
            details=details,
            also=tuple(further_groups(tenant, details)),
            plan=read_plan(self.desk.lifecycle, row, place),
        )
