"""Talkdesk's jobs, and the state that each is in."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.talkdesk.order import Order
from conformance.reference.world import TALKDESK_HELD, Caller

CREATED, PROCESSING, UPLOADING = "CREATED", "PROCESSING", "UPLOADING"
DONE, FAILED, DELETED, CANCELED = "DONE", "FAILED", "DELETED", "CANCELED"
STATES = (CREATED, PROCESSING, UPLOADING, DONE, FAILED, DELETED, CANCELED)

_SPAN = {"from": "2025-12-01T00:00:00Z", "to": "2025-12-02T00:00:00Z"}


@dataclass(slots=True)
class Job:
    """The facts of a job; ``number`` counts the created ones from 1, seeded jobs have 0."""

    id: str
    account: str
    kind: str
    order: Order
    created: datetime
    number: int
    outcome: str = DONE
    held: str | None = None
    deleted: bool = False
    cancelled: bool = False
    fetches: int = 0
    seen: Counter[str] = field(default_factory=Counter)


class Book:
    """All jobs of all accounts, in the order of their creation."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.jobs: dict[str, Job] = {}
        self._count = 0
        for state in TALKDESK_HELD:
            order = Order(f"Held {state.lower()}", "UTC", "csv", dict(_SPAN))
            job_id = self._new_id("seed", state)
            self.jobs[job_id] = Job(job_id, "acme", "calls", order, stage.now(), 0, held=state)

    def add(self, account: str, kind: str, order: Order) -> Job:
        """Take a new job in."""
        self._count += 1
        job = Job(
            self._new_id("job", self._count), account, kind, order, self._stage.now(), self._count
        )
        if self._stage.free("td-free-sometimes-fails") and job.number % 2 == 0:
            job.outcome = FAILED
        self.jobs[job.id] = job
        return job

    def _new_id(self, *parts: object) -> str:
        digest = self._stage.digest("talkdesk", *parts)
        if self._stage.free("td-free-plain-ids"):
            return f"rpt_{digest[:12]}"
        return str(uuid.UUID(digest[:32], version=4))

    def find(self, caller: Caller, kind: str, job_id: str, *, file: bool = False) -> Job:
        """The caller's own job of this type, else a 404."""
        self._stage.crash("td-crash-long-id", when=len(job_id) > 100)
        job = self.jobs.get(job_id)
        if job is None or not (self._owns(caller, job, file) and self._is_kind(job, kind)):
            raise Refusal(self._not_found(job), "there is no such report job")
        if self.state(job) == CREATED and not job.held and self._stage.broken("td-created-hidden"):
            raise Refusal(404, "there is no such report job")
        return job

    def _not_found(self, job: Job | None) -> int:
        if job is not None and self._stage.broken("td-foreign-409"):
            return 409
        return 400 if self._stage.broken("td-unknown-job-400") else 404

    def _owns(self, caller: Caller, job: Job, file: bool) -> bool:
        leak = "td-other-account-file" if file else "td-other-account-reads"
        return caller.account == job.account or self._stage.broken(leak)

    def _is_kind(self, job: Job, kind: str) -> bool:
        # An unknown type only comes this far where it is wrongly taken.
        loose = self._stage.broken("td-unknown-type-ok") or self._stage.broken(
            "td-other-type-reads"
        )
        return job.kind == kind or loose

    def state(self, job: Job) -> str:
        """The state that the facts and the clock give."""
        if job.deleted and not self._stage.broken("td-delete-nothing"):
            return DELETED
        if job.cancelled:
            return CANCELED
        return job.held or self._by_age(job, self._stage.now() - job.created)

    def _by_age(self, job: Job, age: timedelta) -> str:
        queued, finished = self._plan()
        if age < queued:
            return CREATED
        if age < finished:
            return self._at_work(finished - age)
        return self._finished(job, age - finished)

    def _plan(self) -> tuple[timedelta, timedelta]:
        queued, finished = 5, 30
        if self._stage.free("td-free-instant"):
            queued, finished = 0, 0
        elif self._stage.free("td-free-skip-processing"):
            queued = 30
        elif self._stage.free("td-free-slow"):
            queued, finished = 20, 105
        return timedelta(seconds=queued), timedelta(seconds=finished)

    def _at_work(self, left: timedelta) -> str:
        last = self._stage.profile == "observed" and left <= timedelta(seconds=5)
        return UPLOADING if last else PROCESSING

    def _finished(self, job: Job, since: timedelta) -> str:
        late = since >= timedelta(seconds=20)
        if job.outcome == FAILED and late and self._stage.broken("td-failed-recovers"):
            return DONE
        if job.outcome == FAILED and late and self._stage.broken("td-failed-to-deleted"):
            return DELETED
        if job.fetches and self._stage.broken("td-done-fails-later"):
            return FAILED
        return job.outcome

    def look(self, job: Job) -> str:
        """The state that one look at the job shows, which some slips make depend on the looks."""
        state = self.state(job)
        job.seen[state] += 1
        again = job.seen[state] == 2
        self._stage.crash("td-crash-failed", when=state == FAILED and again)
        if state == DONE and again and self._stage.broken("td-done-goes-back"):
            return PROCESSING
        if state == PROCESSING and again and self._stage.broken("td-processing-goes-back"):
            return CREATED
        if state == DELETED and again and self._stage.broken("td-deleted-returns"):
            return DONE
        return state
