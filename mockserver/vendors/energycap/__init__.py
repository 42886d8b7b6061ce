"""EnergyCAP: report groups, and report distributions with the logs of their runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.auth.identity import Identity
from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs.model import Job
from mockserver.jobs.repository import IndexedJobRepository
from mockserver.sandbox.resources import ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Handler, Vendor
from mockserver.vendors.energycap.distributions import Distributions
from mockserver.vendors.energycap.files import Files
from mockserver.vendors.energycap.groups import Groups, code_of
from mockserver.vendors.energycap.reference_data import ReferenceData
from mockserver.vendors.energycap.runs import Runs
from mockserver.vendors.energycap.seeds import Seeds
from specs import Contract, Operation

__all__ = ["create"]


def create(contract: Contract) -> Vendor:
    """Return the vendor of EnergyCAP's contract."""
    return EnergyCap(contract)


class EnergyCap:
    """EnergyCAP in one profile."""

    def __init__(self, contract: Contract) -> None:
        self.name = contract.vendor
        self.repository = IndexedJobRepository(contract.lifecycle)
        catalogue = ReferenceData(self.name)
        group_shelf = ResourceCollection(f"{self.name}.group", name=code_of)
        distribution_shelf = ResourceCollection(f"{self.name}.distribution")
        groups = Groups(group_shelf, catalogue)
        distributions = Distributions(contract, distribution_shelf, catalogue)
        runs = Runs(self.repository, distribution_shelf, distributions, catalogue)
        self._files = Files(catalogue)
        seeds = Seeds(self.repository, catalogue, group_shelf, distribution_shelf)
        self._seeding = SeedLoader(
            contract, Path(__file__).with_name("seed.schema.json"), seeds.drafts
        )
        self.handlers: Mapping[str, Handler] = {
            "listReportGroups": groups.show_list,
            "createReportGroup": groups.create,
            "getReportGroup": groups.show,
            "updateReportGroup": groups.update,
            "deleteReportGroup": groups.delete,
            "listReportDistributions": distributions.show_list,
            "createReportDistribution": distributions.create,
            "getReportDistribution": distributions.show,
            "updateReportDistribution": distributions.update,
            "deleteReportDistribution": distributions.delete,
            "listReportDistributionFilters": distributions.show_filters,
            "executeReportDistribution": runs.execute,
            "executeAllReportDistributions": runs.execute_all,
            "listReportDistributionLogs": runs.show_logs,
            "deleteReportDistributionLogs": runs.delete_logs,
            "getReportDistributionLogDetail": runs.show_log,
        }

    def file(self, sandbox: Sandbox, job: Job) -> Response:
        return self._files.response(sandbox, job)

    def error(self, refusal: ApiError, _operation: Operation | None = None) -> Response:
        body: dict[str, Any] = {"message": refusal.message}
        if refusal.field is not None:
            message = refusal.reason or refusal.message
            body["errors"] = [{"field": refusal.field, "message": message}]
        return Response(refusal.status, body, refusal.headers)

    def identify(self, _sandbox: Sandbox, _scheme: str, _secret: str) -> Identity | None:
        """Return None: keys are made by hand, never by an operation."""
        return None

    def seed(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        self._seeding.load(sandbox, fixtures)
