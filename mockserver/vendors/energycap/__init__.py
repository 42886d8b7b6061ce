"""EnergyCAP: report groups, and report distributions with the logs of their runs."""

from functools import partial
from pathlib import Path
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs.repository import IndexedJobRepository
from mockserver.sandbox.resources import ResourceCollection
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Options, Vendor
from mockserver.vendors.energycap.distributions import Distributions
from mockserver.vendors.energycap.files import Seeds, file_response
from mockserver.vendors.energycap.groups import Groups, code_of
from mockserver.vendors.energycap.reference_data import ReferenceData, Schedules, Serializers
from mockserver.vendors.energycap.runs import Runs
from specs import Contract, Operation

__all__ = ["create"]


def create(contract: Contract, _options: Options) -> Vendor:
    """Return the vendor of EnergyCAP's contract."""
    repository = IndexedJobRepository(contract.lifecycle)
    reference_data, schedules = ReferenceData(contract.vendor), Schedules(contract)
    serializers = Serializers(reference_data, schedules)
    report_groups = ResourceCollection(f"{contract.vendor}.group", name=code_of)
    collection = ResourceCollection(f"{contract.vendor}.distribution")
    groups = Groups(report_groups, reference_data)
    distributions = Distributions(contract, collection, reference_data, schedules, serializers)
    runs = Runs(contract, repository, collection, distributions, reference_data, serializers)
    seeds = Seeds(repository, reference_data, schedules, report_groups, collection)
    return Vendor(
        contract=contract,
        handlers={**groups.handlers, **distributions.handlers, **runs.handlers},
        repository=repository,
        seeds=SeedLoader(contract, Path(__file__).with_name("seed.schema.json"), seeds.records),
        file=partial(file_response, reference_data),
        error=error_response,
    )


def error_response(error: ApiError, _operation: Operation | None) -> Response:
    """Return the error body of every operation."""
    body: dict[str, Any] = {"message": error.message}
    if error.field is not None:
        body["errors"] = [{"field": error.field, "message": error.reason or error.message}]
    return Response(error.status, body, error.headers)
