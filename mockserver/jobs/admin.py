"""Job administration for the control plane: list jobs, force outcomes, download files."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from mockserver.clock import LATEST
from mockserver.errors import ApiError
from mockserver.http.context import RequestContext
from mockserver.http.messages import Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.jobs.schedule import timeline
from mockserver.openapi.parameters import decode_segment, split_fields
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import to_iso_string
from specs import Contract, Lifecycle, Operation

MAX_LISTED = 1000
"""Default limit of a list of jobs."""


class JobProvider(Protocol):
    """A vendor with jobs."""

    @property
    def repository(self) -> JobRepository:
        """The vendor's jobs."""

    @property
    def file(self) -> Callable[[Sandbox, Job], Response]:
        """Returns the response with a job's file, regardless of its state."""

    @property
    def job_parameters(self) -> frozenset[str]:
        """The parameters with a job's id, besides those that the contract's links name."""


class JobAdmin:
    """Every vendor's jobs by the vendor's slug."""

    def __init__(self, providers: Mapping[str, JobProvider]) -> None:
        self._providers = providers

    def lifecycles(self) -> list[Lifecycle]:
        """Return the lifecycle of every vendor."""
        return [provider.repository.lifecycle for provider in self._providers.values()]

    def list_jobs(
        self, sandbox: Sandbox, vendor: str | None = None, limit: int = MAX_LISTED
    ) -> list[dict[str, Any]]:
        """Return at most `limit` of a sandbox's newest jobs, of all vendors or of one.

        Raises:
            ApiError: 404, unknown vendor.
        """
        slugs = self._providers if vendor is None else (self._check_vendor(vendor),)
        jobs = [
            (job, self._providers[slug].repository)
            for slug in slugs
            for job in self._providers[slug].repository.newest(sandbox, limit)
        ]
        jobs.sort(key=lambda pair: (-pair[0].created_at, pair[0].vendor, -pair[0].number))
        return [job_view(repository, sandbox, job) for job, repository in jobs[:limit]]

    def force_outcome(
        self, sandbox: Sandbox, vendor: str, job_id: str, outcome: str
    ) -> dict[str, Any]:
        """Force a job into `outcome`, a state's name or wire name, and return it.

        Raises:
            ApiError: 404, unknown vendor or job; 400, unknown state; 409, unreachable state.
        """
        repository = self._providers[self._check_vendor(vendor)].repository
        return job_view(
            repository,
            sandbox,
            repository.force_state(sandbox, self._find(sandbox, vendor, job_id), outcome),
        )

    def open_file(self, sandbox: Sandbox, vendor: str, job_id: str) -> Response:
        """Return the response with a job's file, even if the vendor sends it by email.

        Raises:
            ApiError: 404, unknown vendor or job, or the job has no file in its current state.
        """
        provider = self._providers[self._check_vendor(vendor)]
        job = self._find(sandbox, vendor, job_id)
        state = provider.repository.state(sandbox, job)
        if not state.file:
            raise ApiError(404, f"The job is {state.name} and has no file.")
        return provider.file(sandbox, job)

    def _check_vendor(self, vendor: str) -> str:
        if vendor not in self._providers:
            known = ", ".join(sorted(self._providers))
            raise ApiError(404, f"Unknown vendor {vendor}; known: {known}.", field="vendor")
        return vendor

    def _find(self, sandbox: Sandbox, vendor: str, job_id: str) -> Job:
        job = self._providers[vendor].repository.find(sandbox, job_id)
        if job is None:
            raise ApiError(404, f"{vendor} has no job {job_id} in this sandbox.", field="id")
        return job


def job_view(repository: JobRepository, sandbox: Sandbox, job: Job) -> dict[str, Any]:
    """Return a job as schema `Job` of the control plane's contract."""
    state = repository.state(sandbox, job)
    members = {
        "vendor": job.vendor,
        "id": job.id,
        "name": job.details.get("name"),
        "account": job.account,
        "state": state.name,
        "status": state.wire,
        "final": not repository.lifecycle.reachable(state.name),
        "file": state.file,
        "format": job.details.get("format"),
        "created": to_iso_string(job.created_at),
        "timeline": [
            {"state": name, "at": to_iso_string(at)} for name, at in timeline(job, LATEST)
        ],
    }
    present = {key: value for key, value in members.items() if value is not None}
    return present | {"outcome": job.outcome}


class JobLocator:
    """Finds the job of a request by the parameters that the contract's links fill with job ids."""

    def __init__(
        self, contracts: Mapping[str, Contract], providers: Mapping[str, JobProvider]
    ) -> None:
        self._names = {
            vendor: id_parameters(contract) | providers[vendor].job_parameters
            for vendor, contract in contracts.items()
        }
        self._providers = providers

    def state(self, context: RequestContext) -> str | None:
        """Return the state name of the job that a request refers to, or None."""
        if context.operation is None or context.sandbox is None:
            return None
        vendor = context.operation.operation.vendor
        job_id = self._id(context, self._names.get(vendor, frozenset()))
        if job_id is None:
            return None
        repository = self._providers[vendor].repository
        job = repository.find(context.sandbox, job_id)
        return repository.state(context.sandbox, job).name if job else None

    def names_job(self, operation: Operation) -> bool:
        """Return True if an operation has a parameter for the id of a job."""
        names = self._names[operation.vendor]
        return any(parameter["name"] in names for parameter in operation.parameters)

    def _id(self, context: RequestContext, names: frozenset[str]) -> str | None:
        try:
            for name in sorted(names & context.segments.keys()):
                return decode_segment(context.segments[name], name)
            fields = split_fields(context.query)
        except ApiError:  # reported when the request is validated
            return None
        return next((fields[name][0] for name in sorted(names & fields.keys())), None)


def id_parameters(contract: Contract) -> frozenset[str]:
    """Return the names of the parameters that are job ids."""
    return frozenset(
        name
        for operation, location in contract.lifecycle.locations.items()
        for response in contract.operations[operation].responses.values()
        for link in response.get("links", {}).values()
        for name, source in link.get("parameters", {}).items()
        if location.items is None and source == f"$response.body#{location.id}"
    )


def lifecycle_view(lifecycle: Lifecycle) -> dict[str, Any]:
    """Return a lifecycle as schema `Lifecycle` of the control plane's contract."""
    return {
        "vendor": lifecycle.vendor,
        "title": lifecycle.title,
        "job": lifecycle.job,
        "initial": lifecycle.initial,
        "states": [
            {
                "name": state.name,
                "wire": state.wire,
                "meaning": state.meaning,
                "source": state.source,
                "final": not lifecycle.reachable(state.name),
                "file": state.file,
            }
            for state in lifecycle.states.values()
        ],
        "edges": [{"from": edge.start, "to": edge.end, "by": edge.by} for edge in lifecycle.edges],
        "plan": [{"state": step.state, "seconds": step.seconds} for step in lifecycle.timeline],
    }
