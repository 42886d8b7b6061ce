"""Jobs of which the running ones are kept count of, so that a list can leave them out."""

from collections.abc import Iterable, Iterator

from mockserver.jobs.desk import Desk, Opening
from mockserver.jobs.lifecycle import status
from mockserver.jobs.model import Job
from mockserver.sandbox import Sandbox
from mockserver.store.base import Conflict, Draft, Duplicate, Record

_SWEPT = 20
_PAGE = 500


class RunningDesk(Desk):
    """Numbers its jobs 1, 2, 3, and has a note beside each that may still be running.

    Reads change nothing, so a note stays until the next job opens and sweeps.
    """

    @property
    def _notes(self) -> str:
        return f"{self.kind}.running"

    def start(self, sandbox: Sandbox, openings: Iterable[Opening]) -> list[Job]:
        """Open jobs under the next numbers; their `id` is not looked at."""
        rows = self.foresee(sandbox, openings)
        for group in {row.group for row in rows}:
            self._sweep(sandbox, group)
        while True:
            named = [row._replace(id=str(sandbox.records.next_number(self.kind))) for row in rows]
            try:
                made = sandbox.records.insert_all(
                    [*self.drafts(named, sandbox.now()), *self.notes(named)]
                )
            except Duplicate:  # a number of the seed data
                continue
            return self._opened(made[: len(rows)])

    def notes(self, openings: Iterable[Opening]) -> list[Draft]:
        """Return the notes that go with jobs to be."""
        return [Draft(self._notes, row.id, row.group, {}) for row in openings]

    def running(self, sandbox: Sandbox, group: str) -> list[Job]:
        """Return the jobs of a group that run, newest first."""
        return [job for job, _ in self._noted(sandbox, group) if not self._has_ended(sandbox, job)]

    def ended_page(self, sandbox: Sandbox, group: str, offset: int, limit: int) -> list[Job]:
        """Return at most `limit` jobs that have ended, newest first, after `offset` others."""
        running = {job.number for job in self.running(sandbox, group)}
        jobs = self.page(sandbox, group, offset, limit + 2 * len(running))
        if not jobs:
            return []
        # The running ones before this stretch made it begin so many too early.
        skip = sum(number > jobs[0].number for number in running)
        return [job for job in jobs if job.number not in running][skip : skip + limit]

    def discard_ended(self, sandbox: Sandbox, group: str, until: int) -> None:
        """Forget the jobs that had ended at `until`, in milliseconds since the epoch."""
        before: int | None = None
        while rows := sandbox.records.page(self.kind, group, before=before, limit=_PAGE):
            for record in rows:
                job = self._job(record)
                if job.created_at <= until and self.lifecycle.states[status(job, until)].final:
                    self._forget(sandbox, record)
            before = rows[-1].number

    def _has_ended(self, sandbox: Sandbox, job: Job) -> bool:
        return self.state(sandbox, job).final

    def _noted(self, sandbox: Sandbox, group: str) -> Iterator[tuple[Job, Record]]:
        before: int | None = None
        while notes := sandbox.records.page(self._notes, group, before=before, limit=_PAGE):
            for note in notes:
                if job := self.find(sandbox, note.id):
                    yield job, note
            before = notes[-1].number

    def _sweep(self, sandbox: Sandbox, group: str) -> None:
        for note in sandbox.records.page(self._notes, group, limit=_SWEPT, newest_first=False):
            job = self.find(sandbox, note.id)
            if job is None or self._has_ended(sandbox, job):
                self._remove(sandbox, note)

    def _forget(self, sandbox: Sandbox, record: Record) -> None:
        self._remove(sandbox, record)
        if note := sandbox.records.get(self._notes, record.id):
            self._remove(sandbox, note)

    def _remove(self, sandbox: Sandbox, record: Record) -> None:
        try:
            sandbox.records.remove(record)
        except Conflict:  # changed or removed by somebody else: it is theirs
            return
