"""One vendor's jobs in the store: create, find, list and apply transitions."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.errors import ApiError
from mockserver.jobs import Job, Schedule, serialization
from mockserver.jobs.schedule import (
    JobScript,
    current_state,
    force_outcome,
    from_steps,
    remaining_schedule,
    transition,
)
from mockserver.sandbox.sandbox import Sandbox
from mockserver.store.base import Conflict, Duplicate, NewRecord, Record, RecordId
from specs import Action, Lifecycle, State


class NewJob(Struct, frozen=True):
    """A job to create; `id` may be a function of its number in `group`.

    `extra_groups` list it too. `schedule` None is the lifecycle's; `created_at` None is now.
    """

    id: RecordId
    account: str
    group: str
    details: Mapping[str, Any] = {}
    extra_groups: tuple[str, ...] = ()
    schedule: Schedule | None = None
    created_at: int | None = None


class JobRepository:
    """Stores the facts of one vendor's jobs with compare-and-swap, never their states."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self.lifecycle = lifecycle
        self.default_schedule = from_steps(lifecycle.timeline)
        self.kind = f"{lifecycle.vendor}.job"
        self._beside = {
            name: from_steps(lifecycle.stages_from(name))
            for name, state in lifecycle.states.items()
            if state.seconds is not None
        }

    def create(self, sandbox: Sandbox, new_jobs: Iterable[NewJob]) -> list[Job]:
        """Create all of `new_jobs`, or none.

        Raises:
            Duplicate: an id exists.
        """
        rows = self.apply_scenario(sandbox, new_jobs)
        return self._created(
            sandbox, sandbox.records.insert_all(self.new_records(rows, sandbox.now()))
        )

    def apply_scenario(self, sandbox: Sandbox, new_jobs: Iterable[NewJob]) -> list[NewJob]:
        """Return `new_jobs` with the sandbox's job scripts applied, numbered in order."""
        scripts = sandbox.job_scripts.get(self.lifecycle.vendor, ())
        if not scripts:
            return list(new_jobs)
        return [self._with_script(sandbox, scripts, row) for row in new_jobs]

    def new_records(
        self, new_jobs: Iterable[NewJob], now: int, *, interned: bool = False
    ) -> list[NewRecord]:
        """Return the records of new jobs; `interned` for seed data."""
        return [self._new_record(row, now, interned) for row in new_jobs]

    def find(self, sandbox: Sandbox, job_id: str) -> Job | None:
        result = self.get_with_state(sandbox, job_id)
        return result and result[0]

    def get_with_state(self, sandbox: Sandbox, job_id: str) -> tuple[Job, State] | None:
        """Return a job with its current state, or None for an unknown id."""
        record = sandbox.records.get(self.kind, job_id)
        if record is None:
            return None
        job = self._job(record)
        state = current_state(job, sandbox.now())
        serialization.record_touch(sandbox, job_id, state, state)
        return job, self.lifecycle.states[state]

    def state(self, sandbox: Sandbox, job: Job) -> State:
        """Return the current state of a job."""
        return self.lifecycle.states[current_state(job, sandbox.now())]

    def first_state(self, job: Job) -> State:
        """Return the state of a job at its creation."""
        return self.lifecycle.states[current_state(job, job.created_at)]

    def count(self, sandbox: Sandbox, group: str) -> int:
        """Return the number of jobs in a group."""
        return sandbox.records.count(self.kind, group)

    def page(self, sandbox: Sandbox, group: str, offset: int, limit: int) -> list[Job]:
        """Return at most `limit` jobs of a group, newest first, after skipping `offset`."""
        records = sandbox.records
        last = records.last_number(self.kind, group)
        if last == records.count(self.kind, group):  # no gaps: numbers give positions
            rows = records.page(self.kind, group, before=last - offset + 1, limit=limit)
        else:
            rows = records.page(self.kind, group, offset=offset, limit=limit)
        return [self._job(row) for row in rows]

    def page_before(
        self, sandbox: Sandbox, group: str, before: int | None, limit: int
    ) -> list[Job]:
        """Return at most `limit` jobs of a group, newest first, older than number `before`."""
        rows = sandbox.records.page(self.kind, group, before=before, limit=limit)
        return [self._job(row) for row in rows]

    def remove(self, sandbox: Sandbox, job: Job) -> None:
        """Delete a job, whatever others change meanwhile."""
        while (record := sandbox.records.get(self.kind, job.id)) is not None:
            try:
                sandbox.records.remove(record)
            except Conflict:
                continue
            return

    def newest(self, sandbox: Sandbox, limit: int) -> list[Job]:
        """Return at most `limit` jobs of all groups, newest first."""
        groups = sandbox.records.groups(self.kind)
        jobs = [job for group in groups for job in self.page(sandbox, group, 0, limit)]
        jobs.sort(key=lambda job: (-job.created_at, -job.number, job.group))
        return jobs[:limit]

    def check(self, sandbox: Sandbox, action: Action, job: Job) -> str:
        """Return the job's state if it allows or ignores `action`.

        Raises:
            ApiError: with the status that the lifecycle names for the state.
        """
        state = current_state(job, sandbox.now())
        if state in action.allowed or state in action.ignored:
            return state
        raise ApiError(action.refusal(state), f"The job is {self.lifecycle.wire_name(state)}.")

    def apply_transition(self, sandbox: Sandbox, action: Action, job: Job) -> Job:
        """Return the job after `action`, unchanged if its state ignores the action.

        Raises:
            ApiError: with the status that the lifecycle names for the state.
        """

        def update(job: Job) -> Job:
            state = self.check(sandbox, action, job)
            if action.enters is None or state in action.ignored:
                return job
            return transition(
                job, action.enters, sandbox.now(), self._schedule_from(job, state, action.enters)
            )

        return self._change(sandbox, job, update)

    def force_state(self, sandbox: Sandbox, job: Job, outcome: str) -> Job:
        """Return the job, forced into `outcome` (a state's name or wire name).

        Raises:
            ApiError: 400 or 409, see `mockserver.jobs.schedule.force_outcome`.
        """

        def update(job: Job) -> Job:
            return force_outcome(self.lifecycle, job, outcome, sandbox.now())

        return self._change(sandbox, job, update)

    def _with_script(self, sandbox: Sandbox, scripts: tuple[JobScript, ...], row: NewJob) -> NewJob:
        number = (
            sandbox.records.next_number(f"{self.kind}.future") if sandbox.has_own_scripts else 1
        )
        script = next((script for script in scripts if number in script.occurrences), JobScript())
        schedule = script.schedule_for(row.schedule or self.default_schedule)
        return replace(row, schedule=schedule, details=script.details(row.details))

    def _schedule_from(self, job: Job, state: str, enters: str) -> Schedule:
        """Return the job's own schedule if it still contains `enters`, else that of the state."""
        ahead = [name for name, _ in remaining_schedule(job.schedule, state)][1:]
        if enters in ahead:
            return job.schedule
        return self._beside.get(enters, self.default_schedule)

    def _change(self, sandbox: Sandbox, job: Job, update: Callable[[Job], Job]) -> Job:
        """Apply `update` with compare-and-swap, retrying after concurrent changes."""
        while (changed := update(job)) is not job:
            record = Record(self.kind, job.id, job.group, job.number, job.version, {})
            try:
                data = serialization.changed(changed, self.default_schedule)
                changed = self._job(sandbox.records.replace(record, data))
            except Conflict:
                current = self.find(sandbox, job.id)
                if current is None:
                    raise ApiError(404, "The job was deleted.") from None
                job = current
            else:
                now = sandbox.now()
                serialization.record_touch(
                    sandbox, job.id, current_state(job, now), current_state(changed, now)
                )
                return changed
        return job

    def _new_record(self, row: NewJob, now: int, interned: bool) -> NewRecord:
        created_at = now if row.created_at is None else row.created_at
        schedule = None if row.schedule == self.default_schedule else row.schedule
        data = serialization.to_data(row.account, created_at, row.details, schedule)
        return NewRecord(self.kind, row.id, row.group, data, row.extra_groups, interned)

    def _created(self, sandbox: Sandbox, records: Iterable[Record]) -> list[Job]:
        jobs = [self._job(record) for record in records]
        for job in jobs:
            serialization.record_touch(sandbox, job.id, None, self.first_state(job).name)
        return jobs

    def _job(self, record: Record) -> Job:
        return serialization.from_record(record, self.lifecycle.vendor, self.default_schedule)


_PRUNE_LIMIT = 20
_PAGE = 500


class IndexedJobRepository(JobRepository):
    """Numbers its jobs from 1, and keeps an index of those that may still be running.

    Reads do not write, so entries of ended jobs remain until the next job is created.
    """

    @property
    def _active_kind(self) -> str:
        return f"{self.kind}.running"

    def start(self, sandbox: Sandbox, new_jobs: Iterable[NewJob]) -> list[Job]:
        """Create jobs with the next numbers as ids; their `id` is ignored."""
        rows = self.apply_scenario(sandbox, new_jobs)
        for group in {row.group for row in rows}:
            self._prune(sandbox, group)
        while True:
            numbered = [
                replace(row, id=str(sandbox.records.next_number(self.kind))) for row in rows
            ]
            try:
                created = sandbox.records.insert_all(
                    [*self.new_records(numbered, sandbox.now()), *self.active_index(numbered)]
                )
            except Duplicate:  # a number used by seed data
                continue
            return self._created(sandbox, created[: len(rows)])

    def active_index(self, new_jobs: Iterable[NewJob]) -> list[NewRecord]:
        """Return the index entries of new jobs."""
        return [NewRecord(self._active_kind, row.id, row.group, {}) for row in new_jobs]

    def running(self, sandbox: Sandbox, group: str) -> list[Job]:
        """Return the running jobs of a group, newest first."""
        return [job for job, _ in self._active(sandbox, group) if not self._is_final(sandbox, job)]

    def ended_page(self, sandbox: Sandbox, group: str, offset: int, limit: int) -> list[Job]:
        """Return at most `limit` ended jobs, newest first, after skipping `offset`."""
        running = {job.number for job in self.running(sandbox, group)}
        jobs = self.page(sandbox, group, offset, limit + 2 * len(running))
        if not jobs:
            return []
        # Running jobs newer than this page shifted its start.
        skip = sum(number > jobs[0].number for number in running)
        return [job for job in jobs if job.number not in running][skip : skip + limit]

    def discard_ended(
        self,
        sandbox: Sandbox,
        group: str,
        until: int,
        *,
        keep: int = 0,
        series: Callable[[Job], Hashable] = lambda _: None,
    ) -> None:
        """Delete the jobs that had ended at `until` (milliseconds since the epoch).

        The newest `keep` jobs of each series are kept.
        """
        newer: Counter[Hashable] = Counter()
        before: int | None = None
        while rows := sandbox.records.page(self.kind, group, before=before, limit=_PAGE):
            for record in rows:
                job = self._job(record)
                newer[series(job)] += 1
                had_ended = (
                    job.created_at <= until
                    and self.lifecycle.states[current_state(job, until)].final
                )
                if had_ended and newer[series(job)] > keep:
                    self._delete(sandbox, record)
            before = rows[-1].number

    def remove(self, sandbox: Sandbox, job: Job) -> None:
        """Delete a job with its entry in the index."""
        super().remove(sandbox, job)
        if entry := sandbox.records.get(self._active_kind, job.id):
            self._remove(sandbox, entry)

    def _is_final(self, sandbox: Sandbox, job: Job) -> bool:
        return self.state(sandbox, job).final

    def _active(self, sandbox: Sandbox, group: str) -> Iterator[tuple[Job, Record]]:
        before: int | None = None
        while entries := sandbox.records.page(self._active_kind, group, before=before, limit=_PAGE):
            for entry in entries:
                if job := self.find(sandbox, entry.id):
                    yield job, entry
            before = entries[-1].number

    def _prune(self, sandbox: Sandbox, group: str) -> None:
        for entry in sandbox.records.page(
            self._active_kind, group, limit=_PRUNE_LIMIT, newest_first=False
        ):
            job = self.find(sandbox, entry.id)
            if job is None or self._is_final(sandbox, job):
                self._remove(sandbox, entry)

    def _delete(self, sandbox: Sandbox, record: Record) -> None:
        self._remove(sandbox, record)
        if entry := sandbox.records.get(self._active_kind, record.id):
            self._remove(sandbox, entry)

    def _remove(self, sandbox: Sandbox, record: Record) -> None:
        try:
            sandbox.records.remove(record)
        except Conflict:  # changed or removed concurrently
            return
