"""Talkdesk's bodies: a job, a list of jobs, an error."""

from dataclasses import dataclass

from flask import Response, request

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body, Stage
from conformance.reference.talkdesk import slips
from conformance.reference.talkdesk.book import CANCELED, DELETED, DONE, Book, Job
from conformance.reference.transport import html_response, json_response

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
class Replies:
    """Puts jobs and errors into Talkdesk's words."""

    stage: Stage
    book: Book

    def job_body(self, job: Job, state: str) -> Body:
        """``{job, _links}``, as the status operation and the create answer."""
        at = slips.At(job, state, self._another(job))
        body = {"job": self.job(at), "_links": self._links(job)}
        body = self.stage.slip(body, slips.ENVELOPE, slips.Enveloped(at, body))
        if self.stage.free("td-free-empty-body") and request.method == "GET":
            return {}
        if self.stage.free("td-free-no-links"):
            del body["_links"]
        return body

    def job(self, at: slips.At) -> Body:
        """The members of one job."""
        job, order = at.job, at.job.order
        name = order.name
        if name is None and not self.stage.broken("td-name-default-null"):
            name = f"{job.kind} report"
        body: Body = {
            "id": job.id,
            "name": name,
            "timezone": order.timezone,
            "status": self.wire_state(at.state),
            "format": order.format,
            "timespan": dict(order.timespan),
        }
        if self.stage.free("td-free-sparse-job"):
            body = {"id": body["id"], "status": body["status"]}
        return self.stage.slip(body, slips.JOB, at)

    def wire_state(self, state: str) -> str:
        """The state as the profile spells it; only observed clients know of cancelling."""
        if self.stage.profile == "observed":
            return state.lower()
        return DELETED if state == CANCELED else state

    def _links(self, job: Job) -> Body:
        root = request.host_url.rstrip("/") if self.stage.free("td-free-absolute-links") else ""
        return {
            "self": {"href": f"{root}/data/reports/{job.kind}/jobs/{job.id}"},
            "files": {"href": f"{root}/data/reports/{job.kind}/files/{job.id}"},
        }

    def _another(self, job: Job) -> str:
        """The id of some other job, a done one if there is any, for the slips that mix jobs up."""
        others = [other for other in self.book.jobs.values() if other is not job]
        done = [other.id for other in others if self.book.state(other) == DONE]
        return done[-1] if done else others[0].id

    def location(self, job: Job) -> str:
        """Where the redirect of a done job leads."""
        path = f"/data/reports/{job.kind}/files/{job.id}"
        if self.stage.broken("td-location-other"):
            path = f"/data/reports/{job.kind}/files/{self._another(job)}"
        if self.stage.broken("td-location-dangling"):
            path = f"/data/reports/{job.kind}/files/00000000-0000-4000-8000-000000000000"
        if self.stage.broken("td-location-calls"):
            path = f"/data/reports/calls/files/{job.id}"
        if self.stage.broken("td-location-self"):
            path = f"/data/reports/{job.kind}/jobs/{job.id}"
        if self.stage.broken("td-location-malformed"):
            path = "/data/reports/%zz"
        if self.stage.free("td-free-absolute-location"):
            return request.host_url.rstrip("/") + path
        return path

    def refuse(self, refusal: Refusal) -> Response:
        """The refusal as an error body; the token endpoint has OAuth's."""
        if request.path.startswith("/oauth/"):
            body = {
                "error": refusal.message if " " not in refusal.message else "invalid_request",
                "error_description": f"the request was refused with {refusal.status}",
            }
            return json_response(body, refusal.status)
        if refusal.status == 404 and self.stage.broken("td-error-html"):
            return html_response(404)
        if refusal.status == 403 and self.stage.broken("td-error-forbidden-bare"):
            return Response(status=403)
        return json_response(self._error(refusal), refusal.status)

    def _error(self, refusal: Refusal) -> Body:
        fields = refusal.fields
        if self.stage.free("td-free-error-full") and not fields:
            fields = (("request", refusal.message),)
        body: Body = {"code": _CODES.get(refusal.status, "error"), "message": refusal.message}
        if not self.stage.free("td-free-error-bare"):
            body["description"] = f"The request was refused: {refusal.message}."
        if fields and not self.stage.free("td-free-error-bare"):
            body["fields"] = [{"name": name, "description": text} for name, text in fields]
        if self.stage.free("td-free-error-codes"):
            body["code"] = f"RPT-{refusal.status}-01"
        return slips.without(self.stage.slip(body, slips.ERROR, refusal))
