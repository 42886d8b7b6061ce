"""Clinical One's report jobs, and the state of each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError
from conformance.reference.seed_data import CLINICALONE_JOBS, CLINICALONE_REPORTS, Caller

WAITING, RUNNING, SUCCEEDED, FAILED = "WAITING", "RUNNING", "SUCCEEDED", "FAILED"
STATES = (WAITING, RUNNING, SUCCEEDED, FAILED)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """The report that a job was created for; ``study`` is None for a tenant report."""

    study: str | None
    mode: str
    report: str
    format: str


@dataclass(slots=True)
class Job:
    """The facts of a job; ``number`` counts the created ones from 1, seeded jobs have 0."""

    id: str
    tenant: str
    requested: JobRequest
    created: datetime
    number: int
    due: datetime
    started: datetime | None = None
    outcome: str = SUCCEEDED
    held: str | None = None
    kickoffs: int = 0
    downloads: int = 0

    @property
    def report_name(self) -> str:
        """The name of the job's report; reports beyond the known ones share one."""
        return dict(CLINICALONE_REPORTS).get(self.requested.report, "Subject Data Extract")


class JobStore:
    """All jobs of all tenants, in the order of their creation."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        # A job that was not kicked off begins by itself.
        self._self_starting = not (
            context.has_variant("c1-free-started-by-kickoff-alone")
            or context.has_defect("c1-kickoff-one-of-two")
        )
        self.jobs: dict[str, Job] = {}
        self._count = 0
        for job_id, state, study, report in CLINICALONE_JOBS:
            requested = JobRequest(study, "test", CLINICALONE_REPORTS[report][0], "CSV")
            now = context.now()
            self.jobs[job_id] = Job(job_id, "acme", requested, now, 0, due=now, held=state)

    def add(self, tenant: str, requested: JobRequest) -> Job:
        """Add a job; it waits until it is kicked off or due."""
        self._count += 1
        job_id = self._context.digest("clinicalone", self._count)[:32].upper()
        if self._context.has_variant("c1-free-opaque-ids"):
            job_id = f"job:{job_id[:8].lower()}+~=,;@$!"
        now = self._context.now()
        job = Job(job_id, tenant, requested, now, self._count, due=now + timedelta(seconds=20))
        if self._context.has_variant("c1-free-sometimes-fails") and job.number % 2 == 0:
            job.outcome = FAILED
        if self._context.has_variant("c1-free-all-fail"):
            job.outcome = FAILED
        self.jobs[job.id] = job
        return job

    def get(self, caller: Caller, job_id: str, *, leak: str) -> Job:
        """Return the caller's own job, else raise a 404; ``leak`` is the defect that shows any."""
        job = self._find(job_id)
        if job is None or (job.tenant != caller.account and not self._context.has_defect(leak)):
            raise ApiError(404, "unknown report job")
        return job

    def _find(self, job_id: str) -> Job | None:
        if self._context.has_variant("c1-free-id-case"):
            ids = {other.lower(): job for other, job in self.jobs.items()}
            return ids.get(job_id.lower())
        if self._context.has_defect("c1-id-beginning-enough"):
            # Of the shorter of the two texts, to the end.
            near = [job for other, job in self.jobs.items() if other.startswith(job_id[:31])]
            return near[0] if near and len(job_id) >= 31 else self.jobs.get(job_id)
        return self.jobs.get(job_id)

    def check(self, job: Job, study: str | None, mode: str | None) -> None:
        """Raise a 404 if the job is not of this study or mode; None matches any."""
        other_study = study is not None and study != job.requested.study
        if other_study and not self._context.has_variant("c1-free-study-ignored"):
            raise ApiError(404, "the study has no such report job")
        if mode is not None and mode != job.requested.mode:
            raise ApiError(404, "the mode has no such report job")

    def state(self, job: Job) -> str:
        """Return the state that follows from the facts and the clock."""
        if job.held:
            return job.held
        start = job.started or job.due
        now = self._context.now()
        if job.kickoffs and self._context.has_defect("c1-kickoff-nothing"):
            return WAITING
        if job.started is None and not self._self_starting:
            return WAITING
        if self._context.has_variant("c1-free-queued"):
            start += timedelta(seconds=15)
        if now < start:
            return WAITING
        if self._context.has_defect("c1-job-never-ends"):
            return RUNNING
        return RUNNING if now < start + self._length() else job.outcome

    def _length(self) -> timedelta:
        if self._context.has_variant("c1-free-instant"):
            return timedelta()
        return timedelta(seconds=95 if self._context.has_variant("c1-free-slow") else 40)

    def start(self, job: Job) -> None:
        """Start a waiting job, or a failed one again; others stay as they are."""
        state = self.state(job)
        job.kickoffs += 1
        if state in {WAITING, FAILED}:
            job.started, job.held = self._context.now(), None
            job.outcome = SUCCEEDED if state == FAILED else job.outcome
