"""Talkdesk's jobs, and the state of each."""

import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError
from conformance.reference.seed_data import TALKDESK_HELD, Caller
from conformance.reference.talkdesk.schemas import JobRequest

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
    requested: JobRequest
    created: datetime
    number: int
    outcome: str = DONE
    held: str | None = None
    deleted: bool = False
    cancelled: bool = False
    fetches: int = 0
    seen: Counter[str] = field(default_factory=Counter)


class JobStore:
    """All jobs of all accounts, in the order of their creation."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self.jobs: dict[str, Job] = {}
        self._count = self.create_requests = 0
        for state in TALKDESK_HELD:
            requested = JobRequest(f"Held {state.lower()}", "UTC", "csv", dict(_SPAN))
            job_id = self._new_id("seed", state)
            self.jobs[job_id] = Job(
                job_id, "acme", "calls", requested, context.now(), 0, held=state
            )

    def add(self, account: str, kind: str, requested: JobRequest) -> Job:
        """Add a job."""
        self._count += 1
        job = Job(
            self._new_id("job", self._count),
            account,
            kind,
            requested,
            self._context.now(),
            self._count,
        )
        if self._context.has_variant("td-free-sometimes-fails") and job.number % 2 == 0:
            job.outcome = FAILED
        self.jobs[job.id] = job
        return job

    def _new_id(self, *parts: object) -> str:
        digest = self._context.digest("talkdesk", *parts)
        forms = {
            "td-free-plain-ids": f"rpt_{digest[:12]}",
            "td-free-opaque-ids": f"rpt:{digest[:12]}+~=,;@$!",
            "td-free-digit-ids": f"{int(digest[:12], 16):018d}",
            "td-free-long-ids": (digest * 4)[:200],
        }
        for variant, job_id in forms.items():
            if self._context.has_variant(variant):
                return job_id
        return str(uuid.UUID(digest[:32], version=4))

    def ticket(self, job: Job) -> str:
        """Return the secret part of a signed URL of the job's file."""
        return self._context.digest("ticket", job.id)[:40]

    def get(self, caller: Caller, kind: str, job_id: str, *, file: bool = False) -> Job:
        """Return the caller's own job of this type, else raise a 404."""
        self._context.raise_if_planted("td-crash-long-id", when=len(job_id) > 100)
        if self._context.has_defect("td-id-beginning-enough"):
            own = [known for known in self.jobs if job_id.startswith(known[:-1])]
            job_id = own[0] if own else job_id
        job = self.jobs.get(job_id)
        if job is None or not (self._owns(caller, job, file) and self._is_kind(job, kind)):
            raise ApiError(self._not_found(job), "unknown report job")
        if (
            self.state(job) == CREATED
            and not job.held
            and self._context.has_defect("td-created-hidden")
        ):
            raise ApiError(404, "unknown report job")
        return job

    def writer(self, caller: Caller, job_id: str) -> Caller:
        """Return who deletes or cancels a job: with a defect its owner, whoever asks."""
        job = self.jobs.get(job_id)
        if job is None or not self._context.has_defect("td-other-account-ends"):
            return caller
        return replace(caller, account=job.account)

    def _not_found(self, job: Job | None) -> int:
        if job is not None and self._context.has_defect("td-foreign-409"):
            return 409
        return 400 if self._context.has_defect("td-unknown-job-400") else 404

    def _owns(self, caller: Caller, job: Job, file: bool) -> bool:
        leak = "td-other-account-file" if file else "td-other-account-reads"
        return caller.account == job.account or self._context.has_defect(leak)

    def _is_kind(self, job: Job, kind: str) -> bool:
        # An unknown type only gets here where a defect accepts it.
        loose = self._context.has_defect("td-unknown-type-ok") or self._context.has_defect(
            "td-other-type-reads"
        )
        return job.kind == kind or loose

    def state(self, job: Job) -> str:
        """Return the state that follows from the facts and the clock."""
        if job.deleted and not self._context.has_defect("td-delete-nothing"):
            return DELETED
        if job.cancelled:
            return CANCELED
        return job.held or self._by_age(job, self._context.now() - job.created)

    def _by_age(self, job: Job, age: timedelta) -> str:
        queued, finished = self._plan()
        if age < queued:
            return CREATED
        if age < finished:
            return self._at_work(finished - age)
        return self._finished(job, age - finished)

    def _plan(self) -> tuple[timedelta, timedelta]:
        queued, finished = 5, 30
        if self._context.has_variant("td-free-instant"):
            queued, finished = 0, 0
        elif self._context.has_variant("td-free-skip-processing"):
            queued = 30
        elif self._context.has_variant("td-free-slow"):
            queued, finished = 20, 105
        if self._context.has_defect("td-job-never-ends"):
            finished = 10**9
        return timedelta(seconds=queued), timedelta(seconds=finished)

    def _at_work(self, left: timedelta) -> str:
        last = self._context.profile == "observed" and left <= timedelta(seconds=5)
        return UPLOADING if last else PROCESSING

    def _finished(self, job: Job, since: timedelta) -> str:
        late = since >= timedelta(seconds=20)
        if job.outcome == FAILED and late and self._context.has_defect("td-failed-recovers"):
            return DONE
        if job.outcome == FAILED and late and self._context.has_defect("td-failed-to-deleted"):
            return DELETED
        if job.fetches and self._context.has_defect("td-done-fails-later"):
            return FAILED
        return job.outcome

    def observe(self, job: Job) -> str:
        """Return the state that one request sees; some defects change it after several."""
        state = self.state(job)
        job.seen[state] += 1
        again = job.seen[state] == 2
        self._context.raise_if_planted("td-crash-failed", when=state == FAILED and again)
        if state == DONE and again and self._context.has_defect("td-done-goes-back"):
            return PROCESSING
        if state == PROCESSING and again and self._context.has_defect("td-processing-goes-back"):
            return CREATED
        if state == DELETED and again and self._context.has_defect("td-deleted-returns"):
            return DONE
        return state
