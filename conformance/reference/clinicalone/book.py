"""Clinical One's report jobs, and the state that each is in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.world import CLINICALONE_JOBS, CLINICALONE_REPORTS, Caller

WAITING, RUNNING, SUCCEEDED, FAILED = "WAITING", "RUNNING", "SUCCEEDED", "FAILED"
STATES = (WAITING, RUNNING, SUCCEEDED, FAILED)


@dataclass(frozen=True, slots=True)
class Order:
    """What a job was created for; ``study`` is None for a tenant report."""

    study: str | None
    mode: str
    report: str
    format: str


@dataclass(slots=True)
class Job:
    """The facts of a job; ``number`` counts the created ones from 1, seeded jobs have 0."""

    id: str
    tenant: str
    order: Order
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
        return dict(CLINICALONE_REPORTS).get(self.order.report, "Subject Data Extract")


class Book:
    """All jobs of all tenants, in the order of their creation."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.jobs: dict[str, Job] = {}
        self._count = 0
        for job_id, state, study, report in CLINICALONE_JOBS:
            order = Order(study, "test", CLINICALONE_REPORTS[report][0], "CSV")
            now = stage.now()
            self.jobs[job_id] = Job(job_id, "acme", order, now, 0, due=now, held=state)

    def add(self, tenant: str, order: Order) -> Job:
        """Take a new job in; it waits until it is kicked off or its time comes."""
        self._count += 1
        job_id = self._stage.digest("clinicalone", self._count)[:32].upper()
        now = self._stage.now()
        job = Job(job_id, tenant, order, now, self._count, due=now + timedelta(seconds=20))
        if self._stage.free("c1-free-sometimes-fails") and job.number % 2 == 0:
            job.outcome = FAILED
        self.jobs[job.id] = job
        return job

    def find(self, caller: Caller, job_id: str, *, leak: str) -> Job:
        """The caller's own job, else a 404; ``leak`` is the defect that lets others in."""
        job = self.jobs.get(job_id)
        if job is None or (job.tenant != caller.account and not self._stage.broken(leak)):
            raise Refusal(404, "there is no such report job")
        return job

    def check(self, job: Job, study: str | None, mode: str | None) -> None:
        """A 404 if the job is not of this study or mode; None asks for any."""
        other_study = study is not None and study != job.order.study
        if other_study and not self._stage.free("c1-free-study-ignored"):
            raise Refusal(404, "the study has no such report job")
        if mode is not None and mode != job.order.mode:
            raise Refusal(404, "the mode has no such report job")

    def state(self, job: Job) -> str:
        """The state that the facts and the clock give."""
        if job.held:
            return job.held
        start = job.started or job.due
        now = self._stage.now()
        if job.kickoffs and self._stage.broken("c1-kickoff-nothing"):
            return WAITING
        if now < start:
            return WAITING
        return RUNNING if now < start + self._length() else job.outcome

    def _length(self) -> timedelta:
        if self._stage.free("c1-free-instant"):
            return timedelta()
        return timedelta(seconds=95 if self._stage.free("c1-free-slow") else 40)

    def start(self, job: Job) -> None:
        """Kick off: a waiting job starts now, a failed one again; others go on as they are."""
        state = self.state(job)
        job.kickoffs += 1
        if state in {WAITING, FAILED}:
            job.started, job.held = self._stage.now(), None
            job.outcome = SUCCEEDED if state == FAILED else job.outcome
