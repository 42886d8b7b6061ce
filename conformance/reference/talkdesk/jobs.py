"""Talkdesk's operations on jobs: create, list, status and cancel."""

from dataclasses import dataclass
from typing import Any

from flask import Response

from conformance.reference.context import AppContext, Body
from conformance.reference.errors import ApiError
from conformance.reference.parsing import integer, query
from conformance.reference.seed_data import READ, TALKDESK_TYPES, WRITE
from conformance.reference.talkdesk import body_defects
from conformance.reference.talkdesk.auth import Authenticator
from conformance.reference.talkdesk.responses import Serializer
from conformance.reference.talkdesk.schemas import parse_job_request
from conformance.reference.talkdesk.store import (
    CREATED,
    DELETED,
    DONE,
    FAILED,
    PROCESSING,
    UPLOADING,
    Job,
    JobStore,
)
from conformance.reference.transport import html_response, json_response

# Report types of the vendor's current pages, which say that the list is open.
_MORE_TYPES = ("agent_schedules", "queue_intervals")


def check_kind(context: AppContext, kind: str) -> None:
    """Raise a 400 for an unknown report type."""
    known = TALKDESK_TYPES + _MORE_TYPES * context.has_variant("td-free-more-types")
    begins = kind.startswith(tuple(known)) and context.has_defect("td-type-beginning")
    if kind in known or begins or context.has_defect("td-unknown-type-ok"):
        return
    status = 404 if context.has_defect("td-unknown-type-404") else 400
    raise ApiError(status, "the report type is invalid", (("type", "is not a report type"),))


@dataclass(frozen=True, slots=True)
class JobViews:
    """Handlers under /data/reports/{type}/jobs."""

    context: AppContext
    store: JobStore
    auth: Authenticator
    serializer: Serializer

    def create(self, kind: str) -> Response:
        caller = self.auth.authenticate(WRITE)
        check_kind(self.context, kind)
        self._query()
        requested = parse_job_request(self.context)
        emoji = max(requested.name or " ") > "\uffff"
        self.context.raise_if_planted("td-crash-emoji", when=emoji)
        self._reject_every_second()
        job = self.store.add(caller.account, kind, requested)
        body = self.serializer.job_body(job, self.store.state(job))
        if self.context.has_variant("td-free-create-flat"):
            body = body["job"]
        response = json_response(body, 202)
        if self.context.has_variant("td-free-create-200"):
            response.status_code = 200
        if self.context.has_variant("td-free-create-201"):
            response.status_code = 201
            response.headers["Location"] = f"/data/reports/{kind}/jobs/{job.id}"
        return response

    def _reject_every_second(self) -> None:
        self.store.create_requests += 1
        for status in (429, 503):
            busy = self.context.has_variant(f"td-free-create-{status}")
            if busy and self.store.create_requests % 2 == 0:
                raise ApiError(status, "unable to audit operation")

    def show(self, kind: str, job_id: str) -> Response:
        """Return the job with 200, a redirect once it is done."""
        caller = self.auth.authenticate(READ)
        check_kind(self.context, kind)
        self._query()
        if job_id not in self.store.jobs and self.context.has_defect("td-unknown-job-ok"):
            return json_response({})
        job = self.store.get(caller, kind, job_id)
        state = self.store.observe(job)
        self.context.raise_if_planted(
            "td-crash-bulk", when=state == DONE and job.requested.format == "json_bulk"
        )
        if self._redirects(job, state):
            return self._redirect(job, state)
        if self.context.has_defect("td-status-html"):
            return html_response(200)
        body = self.serializer.job_body(job, state)
        return json_response(body, 203 if self.context.has_defect("td-status-203") else 200)

    def _redirects(self, job: Job, state: str) -> bool:
        if state == DONE:
            return not self.context.has_variant("td-free-ok-at-done")
        early = {
            CREATED: job.seen[CREATED] == 1 and self.context.has_defect("td-redirect-created"),
            PROCESSING: self.context.has_defect("td-redirect-early"),
            FAILED: self.context.has_defect("td-redirect-failed"),
            DELETED: self.context.has_defect("td-redirect-deleted"),
        }
        return early.get(state, False)

    def _redirect(self, job: Job, state: str) -> Response:
        status = 303 if self.context.profile == "observed" else 300
        stale = self.context.has_defect("td-redirect-stale-status")
        body = self.serializer.job_body(job, PROCESSING if stale else state)
        response = json_response(
            self.context.apply_defects(body, body_defects.REDIRECT, body), status
        )
        if self.context.has_defect("td-redirect-html"):
            response = html_response(status)
        if not self.context.has_variant("td-free-no-location"):
            response.headers["Location"] = self.serializer.location(job)
        return response

    def cancel(self, kind: str, job_id: str) -> Response:
        caller = self.auth.authenticate(WRITE)
        check_kind(self.context, kind)
        self._query()
        job = self.store.get(self.store.writer(caller, job_id), kind, job_id)
        at_work = self.store.state(job) in {CREATED, PROCESSING, UPLOADING}
        if not at_work and not self.context.has_defect("td-cancel-finished"):
            raise ApiError(403, "the job is finished and cannot be cancelled")
        if not self.context.has_defect("td-cancel-nothing"):
            job.cancelled = job.cancelled or at_work
        return Response(status=204)

    def index(self, kind: str) -> Response:
        caller = self.auth.authenticate(READ)
        check_kind(self.context, kind)
        params = self._query("page", "per_page")
        page = integer(params.get("page", "1"), "page", 1)
        size = integer(params.get("per_page", "20"), "per_page", 1, 200)
        if self.context.has_defect("td-list-too-long"):
            size = 200
        own = [
            job
            for job in reversed(self.store.jobs.values())
            if (job.kind == kind or self.context.has_defect("td-list-all-types"))
            and job.account == caller.account
        ]
        if self.context.has_defect("td-list-omits-new"):
            own = own[1:]
        if self.context.has_defect("td-list-loses-neighbour"):
            own = [
                job
                for job, newer in zip(own, [None, *own], strict=False)
                if not newer or not newer.deleted
            ]
        return json_response(self._page(kind, own, page, size))

    def _page(self, kind: str, own: list[Job], page: int, size: int) -> Body:
        start = (page - 1) * size
        if self.context.has_defect("td-list-page-shifted"):
            start += page > 1
        if self.context.has_defect("td-list-page-repeated"):
            start = 0
        shown = own[start : start + size]
        total: Any = str(len(own)) if self.context.has_defect("td-list-total-string") else len(own)
        if self.context.has_defect("td-list-total-wrong"):
            total = len(own) + 3
        return {
            "_embedded": {"jobs": [self._summary(job) for job in shown]},
            "total": total,
            "page": page,
            "per_page": size,
            "_links": _page_links(kind, page, size, len(own)),
        }

    def _summary(self, job: Job) -> Body:
        return self.serializer.job(body_defects.JobSnapshot(job, self.store.state(job), job.id))

    def _query(self, *known: str) -> dict[str, str]:
        lenient = self.context.has_variant("td-free-unknown-query")
        return query(*known, lenient=lenient or self.context.has_defect("td-token-in-query"))


def _page_links(kind: str, page: int, size: int, total: int) -> Body:
    def link(number: int) -> Body:
        return {"href": f"/data/reports/{kind}/jobs?page={number}&per_page={size}"}

    links = {"self": link(page)}
    if page * size < total:
        links["next"] = link(page + 1)
    if page > 1:
        links["prev"] = link(page - 1)
    return links
