"""The jobs of all vendors as the control plane sees them: listed, ended as wished, opened."""

from collections.abc import Mapping
from typing import Any, Protocol

from mockserver.clock import LATEST
from mockserver.errors import Refusal
from mockserver.http.context import Visit
from mockserver.http.messages import Reply
from mockserver.jobs.lifecycle import timeline
from mockserver.jobs.model import Job
from mockserver.jobs.repository import Desk
from mockserver.openapi.parameters import decode_segment, split_fields
from mockserver.sandbox.sandbox import Sandbox
from mockserver.timestamps import iso
from specs import Contract, Lifecycle

MOST = 1000
"""How many jobs a list shows."""


class Keeper(Protocol):
    """A vendor that keeps jobs."""

    @property
    def desk(self) -> Desk: ...

    def file(self, sandbox: Sandbox, job: Job) -> Reply:
        """Return the reply with the file that a job made, whatever its state."""
        ...


class Jobs:
    """Every vendor's jobs by the vendor's slug."""

    def __init__(self, keepers: Mapping[str, Keeper]) -> None:
        self._keepers = keepers

    def lifecycles(self) -> list[Lifecycle]:
        """Return the lifecycle of every vendor."""
        return [keeper.desk.lifecycle for keeper in self._keepers.values()]

    def list_jobs(
        self, sandbox: Sandbox, vendor: str | None = None, limit: int = MOST
    ) -> list[dict[str, Any]]:
        """Return at most `limit` of a sandbox's newest jobs, of all vendors or of one.

        Raises:
            Refusal: 404, the mock does not play that vendor.
        """
        slugs = self._keepers if vendor is None else (self._known(vendor),)
        found = [
            (job, self._keepers[slug].desk)
            for slug in slugs
            for job in self._keepers[slug].desk.newest(sandbox, limit)
        ]
        found.sort(key=lambda pair: (-pair[0].created_at, pair[0].vendor, -pair[0].number))
        return [view(desk, sandbox, job) for job, desk in found[:limit]]

    def force_outcome(
        self, sandbox: Sandbox, vendor: str, job_id: str, outcome: str
    ) -> dict[str, Any]:
        """Return the job, put into `outcome`: a state by its name in the file or the wire.

        Raises:
            Refusal: 404, no such vendor or job; 400, no such state; 409, out of reach.
        """
        desk = self._keepers[self._known(vendor)].desk
        return view(
            desk, sandbox, desk.force(sandbox, self._find(sandbox, vendor, job_id), outcome)
        )

    def open_file(self, sandbox: Sandbox, vendor: str, job_id: str) -> Reply:
        """Return the reply with the file that a job made, also where the vendor mails it.

        Raises:
            Refusal: 404, no such vendor or job, or the job has no file now.
        """
        keeper = self._keepers[self._known(vendor)]
        job = self._find(sandbox, vendor, job_id)
        state = keeper.desk.state(sandbox, job)
        if not state.file:
            raise Refusal(404, f"The job is {state.name} and has no file.")
        return keeper.file(sandbox, job)

    def _known(self, vendor: str) -> str:
        if vendor not in self._keepers:
            known = ", ".join(sorted(self._keepers))
            raise Refusal(404, f"There is no vendor {vendor}; known: {known}.", field="vendor")
        return vendor

    def _find(self, sandbox: Sandbox, vendor: str, job_id: str) -> Job:
        job = self._keepers[vendor].desk.find(sandbox, job_id)
        if job is None:
            raise Refusal(404, f"{vendor} has no job {job_id} in this sandbox.", field="id")
        return job


def view(desk: Desk, sandbox: Sandbox, job: Job) -> dict[str, Any]:
    """Return a job as `Job` of the control plane's contract."""
    state = desk.state(sandbox, job)
    shown = {
        "vendor": job.vendor,
        "id": job.id,
        "name": job.details.get("name"),
        "account": job.account,
        "state": state.name,
        "status": state.wire,
        "final": not desk.lifecycle.reachable(state.name),
        "file": state.file,
        "format": job.details.get("format"),
        "created": iso(job.created_at),
        "timeline": [{"state": name, "at": iso(at)} for name, at in timeline(job, LATEST)],
    }
    present = {key: value for key, value in shown.items() if value is not None}
    return present | {"outcome": job.outcome}


class NamedJobs:
    """Finds jobs by the parameters that the contract's links fill with a job's id."""

    def __init__(self, contracts: Mapping[str, Contract], keepers: Mapping[str, Keeper]) -> None:
        self._names = {vendor: id_parameters(contract) for vendor, contract in contracts.items()}
        self._keepers = keepers

    def state(self, visit: Visit) -> str | None:
        """Return the state of the job that a request names, by its name in the file, or None."""
        if visit.plan is None or visit.sandbox is None:
            return None
        vendor = visit.plan.operation.vendor
        job_id = self._id(visit, self._names.get(vendor, frozenset()))
        if job_id is None:
            return None
        desk = self._keepers[vendor].desk
        job = desk.find(visit.sandbox, job_id)
        return desk.state(visit.sandbox, job).name if job else None

    def _id(self, visit: Visit, names: frozenset[str]) -> str | None:
        try:
            for name in sorted(names & visit.segments.keys()):
                return decode_segment(visit.segments[name], name)
            fields = split_fields(visit.query)
        except Refusal:  # whoever handles the request will say so
            return None
        return next((fields[name][0] for name in sorted(names & fields.keys())), None)


def id_parameters(contract: Contract) -> frozenset[str]:
    """Return the names of the parameters that hold a job's id."""
    return frozenset(
        name
        for operation, location in contract.lifecycle.locations.items()
        for response in contract.operations[operation].responses.values()
        for link in response.get("links", {}).values()
        for name, source in link.get("parameters", {}).items()
        if location.items is None and source == f"$response.body#{location.id}"
    )
