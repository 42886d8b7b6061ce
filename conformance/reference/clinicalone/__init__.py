"""Oracle Clinical One's reporting service, written from its documents by hand."""

from flask import Response

from conformance.reference.clinicalone.auth import Authenticator
from conformance.reference.clinicalone.files import DownloadViews, MetadataViews
from conformance.reference.clinicalone.jobs import CreateViews, KickoffViews
from conformance.reference.clinicalone.responses import error_response
from conformance.reference.clinicalone.store import FAILED, STATES, SUCCEEDED, JobStore
from conformance.reference.context import AppContext, Body
from conformance.reference.errors import ApiError
from conformance.reference.registry import Route
from conformance.reference.transport import TransportVariants

_ROOT = "/ec-reporting-svc/rest"

_DOCUMENTED = (
    f"POST {_ROOT}/v1.0/report/job/<job_id>",
    f"GET {_ROOT}/v2.0/reports/download",
)


class ClinicalOne:
    """The vendor's routes and state; created anew by every reset."""

    name = "clinicalone"
    prefixes: tuple[str, ...] = ("/ec-reporting-svc/",)

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._store = JobStore(context)
        self.transport = TransportVariants(context, "c1", _DOCUMENTED)
        auth = Authenticator(context)
        create = CreateViews(context, self._store, auth)
        kickoff = KickoffViews(context, self._store, auth)
        files = DownloadViews(context, self._store, auth)
        metadata = MetadataViews(context, self._store, auth)
        self.routes: tuple[Route, ...] = (
            (
                "POST",
                f"{_ROOT}/v1.0/report/job/<job_id>",
                kickoff.kick_off,
            ),
            (
                "GET",
                f"{_ROOT}/v2.0/reports/download",
                files.download,
            ),
            ("POST", f"{_ROOT}/v1.0/reports", create.create),
            ("POST", f"{_ROOT}/v1.0/scheduled/reports", create.schedule),
            ("POST", f"{_ROOT}/v2.0/studies/<study>/<mode>/reports/direct", create.direct),
            ("GET", f"{_ROOT}/v2.0/reportmetadata/downloadList", metadata.downloads),
            ("GET", f"{_ROOT}/v1.0/reportmetadata", metadata.reports),
        )

    def error_response(self, error: ApiError) -> Response:
        return error_response(error, self._context)

    def jobs(self) -> list[Body]:
        """Return every job with its state, for the control plane."""
        return [
            {"id": job.id, "state": self._store.state(job)} for job in self._store.jobs.values()
        ]

    def force(self, job_id: str, outcome: str) -> None:
        """Let the job end as ``outcome``, or hold it there; KeyError, ValueError if unknown."""
        job = self._store.jobs[job_id]
        if outcome not in STATES:
            raise ValueError(f"outcome must be one of {', '.join(STATES)}")
        if not job.held and self._store.state(job) in {SUCCEEDED, FAILED}:
            raise ApiError(409, "the job has ended")
        if outcome in {SUCCEEDED, FAILED}:
            job.outcome, job.held = outcome, None
        else:
            job.held = outcome
