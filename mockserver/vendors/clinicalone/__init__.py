"""Oracle Clinical One: report jobs, their files, and the list of reports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.auth import Identity
from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.sandbox.resources import ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Handler, Options, Vendor
from mockserver.vendors.clinicalone.files import Files
from mockserver.vendors.clinicalone.jobs import Jobs, Lists
from mockserver.vendors.clinicalone.seeds import Seeds
from specs import Contract, Operation

__all__ = ["create"]


def create(contract: Contract, _options: Options) -> Vendor:
    """Return the vendor of Clinical One's contract."""
    return ClinicalOne(contract)


class ClinicalOne:
    """Clinical One in one profile."""

    def __init__(self, contract: Contract) -> None:
        self.name = contract.vendor
        self.contract = contract
        self.repository = JobRepository(contract.lifecycle)
        reports = ResourceCollection(f"{contract.vendor}.report")
        self._files = Files(contract, self.repository, reports)
        seeds = Seeds(self.repository, reports)
        self._seed_loader = SeedLoader(
            contract, Path(__file__).with_name("seed.schema.json"), seeds.drafts
        )
        jobs = Jobs(contract, self.repository, reports)
        lists = Lists(self.repository, reports)
        self.handlers: Mapping[str, Handler] = {
            "kickOffReportJob": jobs.kick_off,
            "downloadReport": self._files.fetch,
            "createReport": jobs.create,
            "createScheduledReport": jobs.schedule,
            "createDirectReport": jobs.start_directly,
            "listReportMetadata": lists.reports,
            "listDownloads": lists.downloads,
        }

    def file(self, sandbox: Sandbox, job: Job) -> Response:
        return self._files.response(sandbox, job)

    def error(self, error: ApiError, _operation: Operation | None = None) -> Response:
        details = error.message
        if error.field is not None:
            reason = error.reason or "is at fault"
            details = f"{error.field} {reason}. Field: {error.field}"
        data = {
            "details": details,
            "errorCode": error.code or f"REPT_{error.status}",
            "errorMessage": error.message,
        }
        return Response(error.status, {"status": "error", "errorData": data}, error.headers)

    def identify(self, _sandbox: Sandbox, _scheme: str, _secret: str) -> Identity | None:
        """Return None: tokens come from the customer's own service."""
        return None

    def seed(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        self._seed_loader.load(sandbox, fixtures)
