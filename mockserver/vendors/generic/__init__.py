"""Plays a user's vendor from its contract and lifecycle alone, without a module of its own."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mockserver.auth import Identity
from mockserver.errors import ApiError, ContractViolation
from mockserver.http.messages import Request
from mockserver.jobs.repository import IndexedJobRepository, JobRepository
from mockserver.openapi.responses import ResponseValidator
from mockserver.openapi.schemas import Schemas
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedLoader
from mockserver.vendors import Options, Vendor
from mockserver.vendors.generic.errors import ErrorBodies
from mockserver.vendors.generic.files import Files, seed_job, seed_jobs
from mockserver.vendors.generic.jobs import Jobs
from mockserver.vendors.generic.operations import is_numbered, read_roles
from mockserver.vendors.generic.served import with_examples, with_refusals
from specs import Contract, Operation

__all__ = ["create", "try_out"]


def create(contract: Contract, options: Options) -> Vendor:
    """Return the vendor of a user's contract; the option `scheme` is that of the links it shows.

    Raises:
        ConfigurationError: no id of a job can be made that the contract allows.
    """
    roles = read_roles(contract)
    served = with_examples(with_refusals(contract, roles), roles)
    numbered = is_numbered(served)
    repository = (IndexedJobRepository if numbered else JobRepository)(served.lifecycle)
    files = Files(served)
    jobs = Jobs(served, repository, files.response, roles=roles, scheme=options["scheme"])
    return Vendor(
        contract=served,
        handlers=jobs.handlers,
        repository=repository,
        seeds=SeedLoader(
            served,
            Path(__file__).with_name("seed.schema.json"),
            partial(seed_jobs, repository, partial(seed_job, jobs.group)),
        ),
        file=files.response,
        error=ErrorBodies(served),
        job_parameters=frozenset(name for _, name in roles.parameters.values()),
        stateless=tuple(sorted(served.operations.keys() - roles.with_state)),
    )


def try_out(vendor: Vendor, sandbox: Sandbox, identity: Identity | None) -> Iterator[str]:
    """Yield what is wrong with the responses of a vendor, for a job in each of its states.

    A job is created from the contract's examples and forced into each state that it can reach;
    then every operation that shows it is called.
    """
    contract, repository = vendor.contract, vendor.repository
    roles = read_roles(contract)
    call = partial(_problem, vendor, sandbox, identity)
    initial = contract.lifecycle.initial
    for state in (initial, *sorted(contract.lifecycle.reachable(initial) - {initial})):
        created = contract.lifecycle.actions["create"].operation
        before = repository.newest(sandbox, 1)
        if problem := call(created, {}):
            yield f"{created}: {problem}"
            return
        (job,) = repository.newest(sandbox, 1)
        if [job.id] == [row.id for row in before]:
            yield f"{created}: it creates no job"
            return
        if state != initial:
            job = repository.force_state(sandbox, job, state)
        for name in sorted(
            roles.lists | roles.parameters.keys(), key=lambda it: _rank(contract, it)
        ):
            known = {roles.parameters[name][1]: job.id} if name in roles.parameters else {}
            if problem := call(name, known):
                yield f"{name}: in state {state}: {problem}"


def _rank(contract: Contract, name: str) -> tuple[bool, str]:
    """Return an order in which reads come before what changes the job."""
    return contract.operations[name].method != "GET", name


def _problem(
    vendor: Vendor,
    sandbox: Sandbox,
    identity: Identity | None,
    name: str,
    known: Mapping[str, Any],
) -> str | None:
    """Return what is wrong with the response to an example request; None if nothing is."""
    operation = vendor.contract.operations[name]
    schemas = Schemas(vendor.contract.openapi)
    request = Request(
        operation=operation,
        path=_values(operation, "path", known),
        query=_values(operation, "query", known),
        headers={"host": "localhost"},
        body=_example_body(operation),
        identity=identity if operation.security else None,
        sandbox=sandbox,
    )
    try:
        response = vendor.handlers[name](request)
    except ApiError as error:
        response = vendor.error(error, operation)
    try:
        ResponseValidator(schemas, operation.responses).check(response)
    except ContractViolation as violation:
        return f"the response breaks the contract: {violation}"
    return None


def _values(operation: Operation, place: str, known: Mapping[str, Any]) -> dict[str, Any]:
    rows = {str(row["name"]): row for row in operation.parameters if row["in"] == place}
    values: dict[str, Any] = {}
    for name, row in rows.items():
        schema = row.get("schema", {})
        example = row.get("example", schema.get("example", schema.get("default")))
        if example is None and "enum" in schema:
            example = schema["enum"][0]
        if name in known or (example is not None and row.get("required")) or "default" in schema:
            values[name] = known.get(name, example)
    return values


def _example_body(operation: Operation) -> Any:
    for row in (operation.body or {}).get("content", {}).values():
        named = (entry.get("value") for entry in row.get("examples", {}).values())
        return row.get("example", next(named, None))
    return None
