"""The job that a request names, before anything has handled the request."""

from collections.abc import Mapping

from mockserver.contract.parameters import decode_segment, split_fields
from mockserver.errors import Refusal
from mockserver.jobs.service import Keeper
from mockserver.visit import Visit
from specs import Contract


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
