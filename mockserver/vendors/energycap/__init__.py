"""EnergyCAP: report groups, and report distributions with the logs of their runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.auth import Identity
from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs import Job
from mockserver.jobs.repository import IndexedJobRepository
from mockserver.sandbox.resources import ResourceCollection
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Handler, Options, Vendor
from mockserver.vendors.energycap.distributions import Distributions
from mockserver.vendors.energycap.files import Files
from mockserver.vendors.energycap.groups import Groups, code_of
from mockserver.vendors.energycap.reference_data import ReferenceData, Schedules
from mockserver.vendors.energycap.runs import Runs
from mockserver.vendors.energycap.seeds import Seeds
from mockserver.vendors.energycap.serializers import Serializers
from specs import Contract, Operation

__all__ = ["create"]


def create(contract: Contract, _options: Options) -> Vendor:
    """Return the vendor of EnergyCAP's contract."""
    return EnergyCap(contract)


class EnergyCap:
    """EnergyCAP in one profile."""

    def __init__(self, contract: Contract) -> None:
        self.name = contract.vendor
        self.contract = contract
        self.repository = IndexedJobRepository(contract.lifecycle)
        reference_data, schedules = ReferenceData(self.name), Schedules(contract)
        serializers = Serializers(reference_data, schedules)
        report_groups = ResourceCollection(f"{self.name}.group", name=code_of)
        distribution_collection = ResourceCollection(f"{self.name}.distribution")
        groups = Groups(contract, report_groups, reference_data)
        distributions = Distributions(
            contract, distribution_collection, reference_data, schedules, serializers
        )
        runs = Runs(
            contract,
            self.repository,
            distribution_collection,
            distributions,
            reference_data,
            serializers,
        )
        self._files = Files(reference_data)
        seeds = Seeds(
            self.repository, reference_data, schedules, report_groups, distribution_collection
        )
        self._seed_loader = SeedLoader(
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

    def error(self, error: ApiError, _operation: Operation | None = None) -> Response:
        body: dict[str, Any] = {"message": error.message}
        if error.field is not None:
            message = error.reason or error.message
            body["errors"] = [{"field": error.field, "message": message}]
        return Response(error.status, body, error.headers)

    def identify(self, _sandbox: Sandbox, _scheme: str, _secret: str) -> Identity | None:
        """Return None: no operation issues keys."""
        return None

    def seed(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        self._seed_loader.load(sandbox, fixtures)
