"""Oracle Clinical One: report jobs, their files, and the list of reports."""

from functools import partial
from pathlib import Path

from mockserver.errors import ApiError
from mockserver.http.messages import Response
from mockserver.jobs.repository import JobRepository
from mockserver.sandbox.resources import ResourceCollection
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Options, Vendor
from mockserver.vendors.clinicalone.files import Files, seed_records
from mockserver.vendors.clinicalone.jobs import Jobs
from specs import Contract, Operation

__all__ = ["create"]


def create(contract: Contract, _options: Options) -> Vendor:
    """Return the vendor of Clinical One's contract."""
    repository = JobRepository(contract.lifecycle)
    reports = ResourceCollection(f"{contract.vendor}.report")
    files = Files(contract, repository, reports)
    return Vendor(
        contract=contract,
        handlers={**Jobs(contract, repository, reports).handlers, "downloadReport": files.fetch},
        repository=repository,
        seeds=SeedLoader(
            contract,
            Path(__file__).with_name("seed.schema.json"),
            partial(seed_records, repository, reports),
        ),
        file=files.response,
        error=error_response,
    )


def error_response(error: ApiError, _operation: Operation | None) -> Response:
    """Return the error body of every operation."""
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
