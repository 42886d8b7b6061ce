"""Talkdesk's operations on jobs: create, list, status and cancel."""

from dataclasses import dataclass
from typing import Any

from flask import Response

from conformance.reference.inputs import integer, query
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Body, Stage
from conformance.reference.talkdesk import slips
from conformance.reference.talkdesk.book import (
    CREATED,
    DELETED,
    DONE,
    FAILED,
    PROCESSING,
    UPLOADING,
    Book,
    Job,
)
from conformance.reference.talkdesk.door import Door
from conformance.reference.talkdesk.order import read_order
from conformance.reference.talkdesk.replies import Replies
from conformance.reference.transport import html_response, json_response
from conformance.reference.world import READ, TALKDESK_TYPES, WRITE


def check_kind(stage: Stage, kind: str) -> None:
    """A 400 for a report type that does not exist."""
    if kind in TALKDESK_TYPES or stage.broken("td-unknown-type-ok"):
        return
    status = 404 if stage.broken("td-unknown-type-404") else 400
    raise Refusal(status, "the report type is invalid", (("type", "is not a report type"),))


@dataclass(frozen=True, slots=True)
class JobViews:
    """Handlers under /data/reports/{type}/jobs."""

    stage: Stage
    book: Book
    door: Door
    replies: Replies

    def create(self, kind: str) -> Response:
        caller = self.door.admit(WRITE)
        check_kind(self.stage, kind)
        self._query()
        job = self.book.add(caller.account, kind, read_order(self.stage))
        response = json_response(self.replies.job_body(job, self.book.state(job)), 202)
        if self.stage.free("td-free-create-200"):
            response.status_code = 200
        if self.stage.free("td-free-create-201"):
            response.status_code = 201
            response.headers["Location"] = f"/data/reports/{kind}/jobs/{job.id}"
        return response

    def show(self, kind: str, job_id: str) -> Response:
        """The documented operation: 200 with the job, a redirect once it is done."""
        caller = self.door.admit(READ)
        check_kind(self.stage, kind)
        self._query()
        if job_id not in self.book.jobs and self.stage.broken("td-unknown-job-ok"):
            return json_response({})
        job = self.book.find(caller, kind, job_id)
        state = self.book.look(job)
        self.stage.crash("td-crash-bulk", when=state == DONE and job.order.format == "json_bulk")
        if self._redirects(job, state):
            return self._redirect(job, state)
        if self.stage.broken("td-status-html"):
            return html_response(200)
        body = self.replies.job_body(job, state)
        return json_response(body, 203 if self.stage.broken("td-status-203") else 200)

    def _redirects(self, job: Job, state: str) -> bool:
        if state == DONE:
            return not self.stage.free("td-free-ok-at-done")
        early = {
            CREATED: job.seen[CREATED] == 1 and self.stage.broken("td-redirect-created"),
            PROCESSING: self.stage.broken("td-redirect-early"),
            FAILED: self.stage.broken("td-redirect-failed"),
            DELETED: self.stage.broken("td-redirect-deleted"),
        }
        return early.get(state, False)

    def _redirect(self, job: Job, state: str) -> Response:
        status = 303 if self.stage.profile == "observed" else 300
        stale = self.stage.broken("td-redirect-stale-status")
        body = self.replies.job_body(job, PROCESSING if stale else state)
        response = json_response(self.stage.slip(body, slips.REDIRECT, body), status)
        if self.stage.broken("td-redirect-html"):
            response = html_response(status)
        if not self.stage.free("td-free-no-location"):
            response.headers["Location"] = self.replies.location(job)
        return response

    def cancel(self, kind: str, job_id: str) -> Response:
        caller = self.door.admit(WRITE)
        check_kind(self.stage, kind)
        self._query()
        job = self.book.find(caller, kind, job_id)
        at_work = self.book.state(job) in {CREATED, PROCESSING, UPLOADING}
        if not at_work and not self.stage.broken("td-cancel-finished"):
            raise Refusal(403, "the job is finished and cannot be cancelled")
        if not self.stage.broken("td-cancel-nothing"):
            job.cancelled = job.cancelled or at_work
        return Response(status=204)

    def index(self, kind: str) -> Response:
        caller = self.door.admit(READ)
        check_kind(self.stage, kind)
        asked = self._query("page", "per_page")
        page = integer(asked.get("page", "1"), "page", 1)
        size = integer(asked.get("per_page", "20"), "per_page", 1, 200)
        if self.stage.broken("td-list-too-long"):
            size = 200
        own = [
            job
            for job in reversed(self.book.jobs.values())
            if job.kind == kind and job.account == caller.account
        ]
        return json_response(self._page(kind, own, page, size))

    def _page(self, kind: str, own: list[Job], page: int, size: int) -> Body:
        shown = own[(page - 1) * size : page * size]
        total: Any = str(len(own)) if self.stage.broken("td-list-total-string") else len(own)
        return {
            "_embedded": {"jobs": [self._summary(job) for job in shown]},
            "total": total,
            "page": page,
            "per_page": size,
            "_links": _page_links(kind, page, size, len(own)),
        }

    def _summary(self, job: Job) -> Body:
        return self.replies.job(slips.At(job, self.book.state(job), job.id))

    def _query(self, *known: str) -> dict[str, str]:
        return query(*known, lenient=self.stage.free("td-free-unknown-query"))


def _page_links(kind: str, page: int, size: int, total: int) -> Body:
    def link(number: int) -> Body:
        return {"href": f"/data/reports/{kind}/jobs?page={number}&per_page={size}"}

    links = {"self": link(page)}
    if page * size < total:
        links["next"] = link(page + 1)
    if page > 1:
        links["prev"] = link(page - 1)
    return links
