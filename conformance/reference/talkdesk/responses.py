"""Talkdesk's response bodies: a job and an error."""

import dataclasses
from dataclasses import dataclass

from flask import Response, request

from conformance.reference.clock import iso
from conformance.reference.context import AppContext, Body
from conformance.reference.errors import ApiError
from conformance.reference.talkdesk import body_defects
from conformance.reference.talkdesk.store import CANCELED, DELETED, DONE, Job, JobStore
from conformance.reference.transport import html_response, json_response, other_root_url, root_url

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True)
class Serializer:
    """Turns jobs and errors into response bodies."""

    context: AppContext
    store: JobStore

    def job_body(self, job: Job, state: str) -> Body:
        """Return ``{job, _links}``, the body of creation and status."""
        snapshot = body_defects.JobSnapshot(job, state, self._other_id(job))
        body = {"job": self.job(snapshot), "_links": self._links(job)}
        snapshot = dataclasses.replace(snapshot, body=body)
        body = self.context.apply_defects(body, body_defects.ENVELOPE, snapshot)
        if self.context.has_variant("td-free-empty-body") and request.method == "GET":
            return {}
        if self.context.has_variant("td-free-no-links"):
            del body["_links"]
        return body

    def job(self, snapshot: body_defects.JobSnapshot) -> Body:
        """Return the members of one job."""
        job, requested = snapshot.job, snapshot.job.requested
        name = requested.name
        if name is None and not self.context.has_defect("td-name-default-null"):
            name = f"{job.kind} report"
        body: Body = {
            "id": job.id,
            "name": name,
            "timezone": requested.timezone,
            "status": self.wire_state(snapshot.state),
            "format": requested.format,
            "timespan": dict(requested.timespan),
            "type": job.kind,
            "created_at": iso(job.created),
        }
        if self.context.has_variant("td-free-sparse-job"):
            body = {"id": body["id"], "status": body["status"]}
        return self.context.apply_defects(body, body_defects.JOB, snapshot)

    def wire_state(self, state: str) -> str:
        """Return the state as the profile spells it; only the observed one knows cancelling."""
        if self.context.profile == "observed":
            return state.lower()
        return DELETED if state == CANCELED else state

    def _links(self, job: Job) -> Body:
        root = root_url() if self.context.has_variant("td-free-absolute-links") else ""
        file = self._signed_url(job) or f"{root}/data/reports/{job.kind}/files/{job.id}"
        return {
            "self": {"href": f"{root}/data/reports/{job.kind}/jobs/{job.id}"},
            "files": {"href": file},
        }

    def _signed_url(self, job: Job) -> str | None:
        """Return the only URL of the file where a variant chooses another one than the default."""
        path = f"/data/storage/{self.store.ticket(job)}"
        if self.context.has_variant("td-free-location-other-host"):
            return other_root_url() + path
        return path if self.context.has_variant("td-free-location-ticket") else None

    def _other_id(self, job: Job) -> str:
        """Return the id of another job, if possible of a done one, for defects that mix up jobs."""
        others = [other for other in self.store.jobs.values() if other is not job]
        done = [other.id for other in others if self.store.state(other) == DONE]
        return done[-1] if done else others[0].id

    def location(self, job: Job) -> str:
        """Return the Location of the redirect of a done job."""
        path = f"/data/reports/{job.kind}/files/{job.id}"
        if self.context.has_defect("td-location-other"):
            path = f"/data/reports/{job.kind}/files/{self._other_id(job)}"
        if self.context.has_defect("td-location-dangling"):
            path = f"/data/reports/{job.kind}/files/00000000-0000-4000-8000-000000000000"
        if self.context.has_defect("td-location-calls"):
            path = f"/data/reports/calls/files/{job.id}"
        if self.context.has_defect("td-location-self"):
            path = f"/data/reports/{job.kind}/jobs/{job.id}"
        if self.context.has_defect("td-location-malformed"):
            path = "/data/reports/%zz"
        if self.context.has_variant("td-free-absolute-location"):
            path = root_url() + path
        return self._signed_url(job) or path

    def error_response(self, error: ApiError) -> Response:
        """Return the error as a body; the token endpoint has the one of OAuth."""
        if request.path.startswith("/oauth/"):
            body = {
                "error": error.message if " " not in error.message else "invalid_request",
                "error_description": f"the request was refused with {error.status}",
            }
            return json_response(body, error.status)
        if error.status == 404 and self.context.has_defect("td-error-html"):
            return html_response(404)
        if error.status == 403 and self.context.has_defect("td-error-forbidden-bare"):
            return Response(status=403)
        return json_response(self._error(error), error.status)

    def _error(self, error: ApiError) -> Body:
        fields = error.fields
        if self.context.has_variant("td-free-error-full") and not fields:
            fields = (("request", error.message),)
        body: Body = {"code": _CODES.get(error.status, "error"), "message": error.message}
        is_creation = request.method == "POST"  # where the vendor's page requires a description
        if is_creation or not self.context.has_variant("td-free-error-bare"):
            body["description"] = f"The request was refused: {error.message}."
        if fields and not self.context.has_variant("td-free-error-bare"):
            body["fields"] = [{"name": name, "description": text} for name, text in fields]
        no_message = self.context.has_variant("td-free-create-no-message") or error.status == 503
        if request.method == "POST" and no_message:
            del body["message"]
        if self.context.has_variant("td-free-error-codes"):
            body["code"] = f"RPT-{error.status}-01"
        return body_defects.without(self.context.apply_defects(body, body_defects.ERROR, error))
