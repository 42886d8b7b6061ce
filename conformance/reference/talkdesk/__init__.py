"""Talkdesk Explore: jobs, files and tokens, written from the documents by hand."""

from flask import Response

from conformance.reference.context import AppContext, Body
from conformance.reference.errors import ApiError
from conformance.reference.registry import Route
from conformance.reference.talkdesk.auth import Authenticator
from conformance.reference.talkdesk.files import FileViews
from conformance.reference.talkdesk.jobs import JobViews
from conformance.reference.talkdesk.responses import Serializer
from conformance.reference.talkdesk.store import CANCELED, DELETED, DONE, FAILED, STATES, JobStore
from conformance.reference.transport import TransportVariants

_DOCUMENTED = (
    "GET /data/reports/<kind>/jobs/<job_id>",
    "GET /data/reports/<kind>/files/<file_id>",
    "GET /data/storage/<ticket>",
)


class Talkdesk:
    """The vendor's routes and state; created anew by every reset."""

    name = "talkdesk"
    prefixes: tuple[str, ...] = ("/data/", "/oauth/")

    def __init__(self, context: AppContext) -> None:
        self._store = JobStore(context)
        self._serializer = Serializer(context, self._store)
        self.transport = TransportVariants(context, "td", _DOCUMENTED)
        auth = Authenticator(context)
        jobs = JobViews(context, self._store, auth, self._serializer)
        files = FileViews(context, self._store, auth)
        self.routes: tuple[Route, ...] = (
            ("POST", "/data/reports/<kind>/jobs", jobs.create),
            ("GET", "/data/reports/<kind>/jobs", jobs.index),
            ("GET", "/data/reports/<kind>/jobs/<job_id>", jobs.show),
            ("DELETE", "/data/reports/<kind>/jobs/<job_id>", jobs.cancel),
            ("GET", "/data/reports/<kind>/files/<file_id>", files.fetch),
            ("DELETE", "/data/reports/<kind>/files/<file_id>", files.delete),
            ("GET", "/data/storage/<ticket>", files.stored_file),
            ("POST", "/oauth/token", auth.token),
        )

    def error_response(self, error: ApiError) -> Response:
        return self._serializer.error_response(error)

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
        if not job.held and self._store.state(job) in {FAILED, DELETED, CANCELED}:
            raise ApiError(409, "the job has ended")
        if outcome in {DONE, FAILED}:
            job.outcome, job.held = outcome, None
        elif outcome == DELETED:
            job.deleted = True
        else:
            job.held = outcome
