"""EnergyCAP's report groups and distributions, written from the documents by hand."""

from flask import Response

from conformance.reference.context import AppContext, Body
from conformance.reference.energycap.auth import Authenticator
from conformance.reference.energycap.distributions import DistributionViews
from conformance.reference.energycap.groups import GroupViews
from conformance.reference.energycap.responses import error_response
from conformance.reference.energycap.runs import RunViews
from conformance.reference.energycap.store import IN_PROGRESS, STATUSES, Store
from conformance.reference.errors import ApiError
from conformance.reference.registry import Route
from conformance.reference.transport import TransportVariants

_GROUPS = "/api/v3/report/reportgroup"
_DISTRIBUTIONS = "/api/v202106/reportdistribution"

_DOCUMENTED = (f"POST {_GROUPS}", f"POST {_DISTRIBUTIONS}/<path_id:number>/exec")


class EnergyCap:
    """The vendor's routes and state; created anew by every reset."""

    name = "energycap"
    prefixes: tuple[str, ...] = ("/api/",)

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._store = Store(context)
        self.transport = TransportVariants(context, "ec", _DOCUMENTED)
        auth = Authenticator(context)
        groups = GroupViews(context, self._store, auth)
        distributions = DistributionViews(context, self._store, auth)
        runs = RunViews(context, self._store, auth)
        self.routes: tuple[Route, ...] = (
            ("POST", _GROUPS, groups.create),
            ("GET", _GROUPS, groups.index),
            ("GET", f"{_GROUPS}/<number>", groups.show),
            ("PUT", f"{_GROUPS}/<number>", groups.update),
            ("DELETE", f"{_GROUPS}/<number>", groups.delete),
            ("GET", _DISTRIBUTIONS, distributions.index),
            ("POST", _DISTRIBUTIONS, distributions.create),
            ("GET", f"{_DISTRIBUTIONS}/<path_id:number>", distributions.show),
            ("PUT", f"{_DISTRIBUTIONS}/<path_id:number>", distributions.update),
            ("DELETE", f"{_DISTRIBUTIONS}/<path_id:number>", distributions.delete),
            ("GET", f"{_DISTRIBUTIONS}/<path_id:number>/filter", distributions.filters),
            ("POST", f"{_DISTRIBUTIONS}/<path_id:number>/exec", runs.execute),
            ("POST", f"{_DISTRIBUTIONS}/exec", runs.execute_all),
            ("GET", f"{_DISTRIBUTIONS}/log", runs.logs),
            ("DELETE", f"{_DISTRIBUTIONS}/log", runs.delete_logs),
            ("GET", f"{_DISTRIBUTIONS}/log/<log_id>/detail", runs.detail),
        )

    def error_response(self, error: ApiError) -> Response:
        return error_response(error, self._context)

    def jobs(self) -> list[Body]:
        """Return every run with its status, for the control plane."""
        return [
            {"id": str(run.id), "state": self._store.status(run)}
            for run in self._store.runs.values()
        ]

    def force(self, job_id: str, outcome: str) -> None:
        """Let the run end as ``outcome``; KeyError for an unknown run, ValueError otherwise."""
        run = {str(run.id): run for run in self._store.runs.values()}[job_id]
        endings = [status for status in STATUSES if status != IN_PROGRESS]
        if outcome not in endings:
            raise ValueError(f"outcome must be one of {', '.join(endings)}")
        if self._store.status(run) != IN_PROGRESS:
            raise ApiError(409, "the run has ended")
        run.outcome = outcome
