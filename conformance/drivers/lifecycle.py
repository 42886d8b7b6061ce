"""Takes jobs through their lifecycle by a script, then at random by a state machine."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.contract_queries import file_formats, job_parameter, jobs_for_formats
from conformance.drivers import DriverCase
from conformance.drivers.state_machine import run_state_machine, shrink_histories
from conformance.errors import NotPermitted, QuotaExceeded
from conformance.http import SAFE_METHODS
from conformance.job_client import LIFECYCLE, JobClient, JobRef
from conformance.request_data import OperationRequest
from conformance.settings import Effort
from conformance.target import PRIMARY

MAX_JOBS: Final = {Effort.QUICK: 4, Effort.DEFAULT: 12, Effort.DEEP: 24}
# Seconds of the target's time between two rounds, with a control URL (which moves it) and without.
POLL_INTERVALS: Final = {
    True: (3.0, 4.0, 8.0, 16.0, 30.0, 60.0),
    False: (0.1, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0),
}
RESERVED_FOR_CHECKS: Final = 2
# So often a job is created anew where the one of a format has failed.
RETRIES: Final = 2
CLOSE_POLLS: Final = 80
_BY_TIME: Final = frozenset({"time"})


def drive(case: DriverCase) -> None:
    """Record histories of jobs; on a read-only target only those of existing jobs."""
    jobs = JobClient(case.client, LIFECYCLE)
    LifecycleScript(jobs, case.effort).run()
    if case.target.writes:
        run_state_machine(jobs, case.seed, case.effort)
        if case.shrinks:
            shrink_histories(jobs, case.seed, case.effort, case.evaluator)


class LifecycleScript:
    """Takes jobs through the lifecycle in parallel, so that one poll of a list can show many."""

    def __init__(self, jobs: JobClient, effort: Effort) -> None:
        self.jobs = jobs
        allowed = jobs.client.target.max_created or MAX_JOBS[effort] * 3
        needed = self._needed = min(jobs_for_formats(jobs.client.contract), allowed - 1)
        self._requests: dict[str, OperationRequest] = {}
        self._format_names = frozenset(file_formats(jobs.client.contract))
        self._max_jobs = min(MAX_JOBS[effort], max(1, needed, allowed // 3))
        self._lifecycle = jobs.lifecycle
        self._control = jobs.client.has_control
        self._effort = effort

    def run(self) -> None:
        """Run all parts; what the target does not allow is omitted."""
        for part in (
            self.observe_existing,
            self.run_to_completion,
            self.watch_closely,
            self.force_outcomes,
            self.cancel_jobs,
        ):
            try:
                part()
            except NotPermitted:
                continue

    def observe_existing(self) -> None:
        """Poll an existing job in each state twice, with a fetch of its file between."""
        for name in dict.fromkeys(self._lists()):
            for _ in self.jobs.list_pages(name, JobRef(""), PRIMARY):
                pass
        for state in self._lifecycle.states:
            known = next(self.jobs.known_jobs(state), None)
            if known is not None:
                self._poll_and_fetch(known)

    def _lists(self) -> Iterator[str]:
        for action in ("list", "poll"):
            if action in self._lifecycle.actions:
                operation = self._lifecycle.actions[action].operation
                location = self._lifecycle.locations.get(operation)
                if location is not None and location.items is not None:
                    yield operation

    def _poll_and_fetch(self, job: JobRef) -> None:
        self.jobs.poll(job)
        if self.jobs.supports("fetch"):
            self.jobs.fetch(job)
        self.jobs.poll(job)

    def run_to_completion(self) -> None:
        """Create jobs and wait for their final states, with a poll before and after each step."""
        created = list(self._created())
        for job in created:
            self._poll_and_fetch(job)
        for job in created[1:]:
            self._start(job)
        poll = self._lifecycle.actions["poll"].operation
        if created and poll in self._lists():  # as a client asks for the list that has no wish
            self.jobs.request_for(poll, created[0]).send(self.jobs.client, LIFECYCLE)
        unfinished = self._poll_rounds(created)
        created += list(self._in_place_of_failed(created[: self._needed]))
        for job in created:
            self._after_completion(job)
        for job in unfinished[:1] + created[-1:]:
            self._start(job)
        self._observe_other_jobs({job.id for job in created})
        files = set(self.jobs.file_states)
        finished = [job for job in created if self.jobs.last_states(job) & files]
        for job in finished[RESERVED_FOR_CHECKS:]:
            self._delete(job)

    def _in_place_of_failed(self, jobs: Sequence[JobRef]) -> Iterator[JobRef]:
        """Create jobs of the same format where one has ended without a file: any job may fail."""
        for job in jobs:
            request, attempt = self._requests[job.id], job
            for _ in range(RETRIES):
                states = self.jobs.last_states(attempt)
                ended = states and all(self._lifecycle.states[state].final for state in states)
                if not ended or states & set(self.jobs.file_states):
                    break
                try:
                    again = self.jobs.create(request)
                except QuotaExceeded:
                    return
                if again is None:
                    break
                self._start(again)
                self._poll_rounds([again])
                attempt = again
                yield again

    def _created(self) -> Iterator[JobRef]:
        """Create the jobs, as many as the target file allows."""
        for request in self._creation_requests():
            try:
                job = self.jobs.create(request)
            except QuotaExceeded:
                return
            if job is not None:
                self._requests[job.id] = request
                yield job

    def _creation_requests(self) -> list[OperationRequest]:
        """Return a minimal creation, and one for each other value or omission.

        Variants of the format of the file come first, for one that is not requested is never
        fetched; then those of other enums.
        """
        create = self._lifecycle.actions["create"].operation
        minimal, *variants = self.jobs.factory.variants(create)
        by_value = (self._format_names, self.jobs.factory.enum_names(create))
        variants.sort(key=lambda v: [not _differs_in(v, minimal, names) for names in by_value])
        return [minimal, *variants][: self._max_jobs]

    def _observe_other_jobs(self, observed: set[str]) -> None:
        """Fetch the files of the oldest jobs that other drivers created in this run."""
        if not self.jobs.supports("fetch"):
            return
        own = [
            job
            for job in self.jobs.client.jobs
            if job.creation and job.creation.request.role == PRIMARY
        ]
        for job in own[: self._max_jobs]:
            if job.id not in observed:
                self._poll_and_fetch(self.jobs.ref(job))

    def _start(self, job: JobRef) -> None:
        if self.jobs.supports("start"):
            self.jobs.perform("start", job)

    def _poll_rounds(self, jobs: Sequence[JobRef]) -> list[JobRef]:
        """Poll all jobs in rounds; return those that did not reach a final state."""
        unfinished = list(jobs)
        fetched: set[tuple[str, frozenset[str]]] = set()
        waited = 0.0
        for seconds in POLL_INTERVALS[self._control]:
            if not unfinished or not self.jobs.client.wait(seconds):
                break
            waited += seconds
            unfinished = [job for job in unfinished if not self._is_finished(job, fetched)]
            if not self._control and self._is_pointless(unfinished, waited):
                break
        return unfinished

    def _is_pointless(self, unfinished: Sequence[JobRef], waited: float) -> bool:
        """Return True if waiting longer would show nothing new.

        That is where jobs show no state, or the only one left must be started first.
        """
        if not any(map(self.jobs.shows_states, unfinished)):
            return waited >= self.jobs.client.patience.blind_wait
        unstarted = self.jobs.supports("start") and all(
            self.jobs.last_states(job) <= {self._lifecycle.initial} for job in unfinished
        )
        return unstarted and len(unfinished) == 1

    def _is_finished(self, job: JobRef, fetched: set[tuple[str, frozenset[str]]]) -> bool:
        """Poll a job, in a new state twice with a fetch between; return whether it is final.

        A job that shows no state is fetched each time: its file is the only sign of an end.
        """
        states = self.jobs.poll(job)
        if not states or (job.id, states) not in fetched:
            fetched.add((job.id, states))
            if self.jobs.supports("fetch"):
                self.jobs.fetch(job)
            states = self.jobs.poll(job) or self.jobs.last_states(job)
        return bool(states) and not any(self._changes_by_time(state) for state in states)

    def _changes_by_time(self, state: str) -> bool:
        return bool(self._lifecycle.reachable(state, _BY_TIME))

    def _after_completion(self, job: JobRef) -> None:
        """Fetch a job's file twice, poll again, and call the other operations that read it."""
        if self.jobs.supports("fetch"):
            self.jobs.fetch(job)
            self.jobs.fetch(job)
        self.jobs.poll(job)
        for operation in self._other_reads():
            self.jobs.request_for(operation, job).send(self.jobs.client, LIFECYCLE)

    def _other_reads(self) -> Iterator[str]:
        acting = {action.operation for action in self._lifecycle.actions.values()}
        contract = self.jobs.client.contract
        for name, operation in contract.operations.items():
            reads = name not in acting and operation.method in SAFE_METHODS
            if reads and job_parameter(contract, name):
                yield name

    def _delete(self, job: JobRef) -> None:
        if self.jobs.supports("delete"):
            self.jobs.perform("delete", job)
            self._poll_and_fetch(job)
            self.jobs.poll(job)

    def watch_closely(self) -> None:
        """Poll jobs so often that no state is missed, and each duration is known to a tenth.

        No verdict needs it: it is what `conformance compare` compares. Only a clock that can be
        moved makes it cheap. Where jobs can be started, one is started and one is not.
        """
        if not self._control or self._effort is Effort.QUICK:
            return
        jobs = [self.jobs.create() for _ in range(2 if self.jobs.supports("start") else 1)]
        pending = [job for job in jobs if job is not None]
        for job in pending[1:]:
            self._start(job)
        self.jobs.client.watched |= {job.id for job in pending}
        seen: list[frozenset[str]] = []
        seconds = 0.0
        for _ in range(CLOSE_POLLS):
            states = [self.jobs.poll(job) for job in pending]
            seconds = 0.0 if states != seen else seconds
            ended = [bool(s) and not any(map(self._changes_by_time, s)) for s in states]
            pending = [job for job, end in zip(pending, ended, strict=True) if not end]
            seen = [s for s, end in zip(states, ended, strict=True) if not end]
            step = max(1.0, seconds / 10)
            if not pending or not self.jobs.client.wait(step):
                return
            seconds += step

    def force_outcomes(self) -> None:
        """Force each final state that a client cannot cause, and observe that it stays."""
        if not self._control:
            return
        for state in self._lifecycle.states:
            by_time = any(e.end == state and e.by == "time" for e in self._lifecycle.edges)
            if by_time and not self._changes_by_time(state):
                self._force(state)

    def _force(self, state: str) -> None:
        job = self.jobs.create()
        if job is None:
            return
        # Only a state that the job could reach by itself is forced.
        current = self.jobs.last_states(job) or self.jobs.poll(job)
        if not any(state in self._lifecycle.reachable(start, _BY_TIME) for start in current):
            return
        if self.jobs.client.force_outcome(job.id, state) and self.jobs.wait_for_state(job, state):
            self._poll_and_fetch(job)
            self.jobs.client.wait(POLL_INTERVALS[True][-1])
            self._poll_and_fetch(job)
            self._start(job)

    def cancel_jobs(self) -> None:
        """Cancel a job at once, and another one after some time."""
        if not self.jobs.supports("cancel"):
            return
        for seconds in (0.0, POLL_INTERVALS[self._control][2]):
            job = self.jobs.create()
            if job is None:
                return
            if seconds:
                self.jobs.client.wait(seconds)
            self.jobs.poll(job)
            self.jobs.perform("cancel", job)
            self._poll_and_fetch(job)


def _differs_in(one: OperationRequest, other: OperationRequest, names: frozenset[str]) -> bool:
    """Return True if two requests differ in a body member or parameter of these names."""
    first, second = (
        {
            **request.query,
            **request.path,
            **(request.json if isinstance(request.json, dict) else {}),
        }
        for request in (one, other)
    )
    return any(first.get(name) != second.get(name) for name in names)
