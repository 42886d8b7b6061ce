"""Plays a user's vendor from its contract and lifecycle alone, without a module of its own."""

from functools import partial
from pathlib import Path

from mockserver.jobs.repository import IndexedJobRepository, JobRepository
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Options, Vendor
from mockserver.vendors.generic.context import Links
from mockserver.vendors.generic.errors import ErrorBodies
from mockserver.vendors.generic.files import Files, seed_records
from mockserver.vendors.generic.jobs import Jobs
from mockserver.vendors.generic.operations import is_numbered, read_roles, with_refusals
from specs import Contract

__all__ = ["create"]


def create(contract: Contract, options: Options) -> Vendor:
    """Return the vendor of a user's contract; the option `scheme` is that of the links it shows.

    Raises:
        ConfigurationError: no id of a job can be made that the contract allows.
    """
    roles = read_roles(contract)
    errors = ErrorBodies(contract)
    served = with_refusals(contract, roles)
    numbered = is_numbered(served)
    repository = (IndexedJobRepository if numbered else JobRepository)(served.lifecycle)
    files = Files(served)
    jobs = Jobs(served, roles, repository, Links(served, roles, options["scheme"]), files)
    return Vendor(
        contract=served,
        handlers=jobs.handlers,
        repository=repository,
        seeds=SeedLoader(
            served,
            Path(__file__).with_name("seed.schema.json"),
            partial(seed_records, repository, jobs.group),
        ),
        file=files.response,
        error=errors,
        job_parameters=frozenset(name for _, name in roles.parameters.values()),
        stateless=tuple(sorted(served.operations.keys() - roles.with_state)),
    )
