"""A directed tour: one job at least for each thing to ask for, each led to its end and beyond."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.contract_queries import SAFE_METHODS, job_parameter
from conformance.drivers import DriverCase
from conformance.drivers.state_machine import run_state_machine
from conformance.errors import NotPermitted, QuotaExceeded
from conformance.job_client import LIFECYCLE, JobClient, JobRef
from conformance.request_data.operation_request import OperationRequest
from conformance.settings import Effort
from conformance.target.config import PRIMARY

MAX_JOBS: Final = {Effort.QUICK: 4, Effort.DEFAULT: 12, Effort.DEEP: 24}
# Seconds of the target's time between two rounds: moved by a control URL, else really waited.
POLL_INTERVALS: Final = {
    True: (3.0, 4.0, 8.0, 16.0, 30.0, 60.0),
    False: (0.1, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0),
}
RESERVED_FOR_PROBES: Final = 2


class LifecycleScript:
    """Leads jobs along; all of them in step, so that one look can show many."""

    def __init__(self, pilot: JobClient, effort: Effort) -> None:
        self.pilot = pilot
        allowed = pilot.client.target.max_created
        self._max_jobs = min(MAX_JOBS[effort], max(1, (allowed or MAX_JOBS[effort] * 3) // 3))
        self._lifecycle = pilot.lifecycle
        self._control = pilot.client.has_control

    def observe_existing(self) -> None:
        """Look twice at a job in each state that is there already, and ask for its file."""
        for name in dict.fromkeys(self._lists()):
            handle = JobRef("", {})
            for _ in self.pilot.list_pages(name, handle, PRIMARY):
                pass
        for state in self._lifecycle.states:
            handle_ = next(self.pilot.known_jobs(state), None)
            if handle_ is not None:
                self._look_and_fetch(handle_)

    def _lists(self) -> Iterator[str]:
        for action in ("list", "poll"):
            if action in self._lifecycle.actions:
                operation = self._lifecycle.actions[action].operation
                if self._lifecycle.locations[operation].items is not None:
                    yield operation

    def _look_and_fetch(self, handle: JobRef) -> None:
        self.pilot.poll(handle)
        if self.pilot.supports("fetch"):
            self.pilot.fetch(handle)
        self.pilot.poll(handle)

    def run_to_completion(self) -> None:
        """Create the jobs and lead them to their ends, with a look before and after each step."""
        handles = list(self._created())
        for handle in handles:
            self._look_and_fetch(handle)
        for handle in handles[:-1]:
            self._start(handle)
        waiting = self._rounds(handles)
        for handle in handles:
            self._after_completion(handle)
        for handle in waiting[:1] + handles[:1]:
            self._start(handle)
        self._observe_other_jobs({handle.id for handle in handles})
        finished = [h for h in handles if self.pilot.last_states(h) & set(self.pilot.file_states)]
        for handle in finished[RESERVED_FOR_PROBES:]:
            self._delete(handle)

    def _created(self) -> Iterator[JobRef]:
        """Create the jobs, as many as the target file allows."""
        for asked in self._creation_requests():
            try:
                handle = self.pilot.create(asked)
            except QuotaExceeded:
                return
            if handle is not None:
                yield handle

    def _observe_other_jobs(self, led: set[str]) -> None:
        """Fetch the files of the oldest jobs that others made in this run and nobody led."""
        if not self.pilot.supports("fetch"):
            return
        made = [
            j for j in self.pilot.client.jobs if j.creation and j.creation.request.role == PRIMARY
        ]
        for job in made[: self._max_jobs]:
            if job.id not in led:
                self._look_and_fetch(self.pilot.ref(job))

    def _creation_requests(self) -> list[OperationRequest]:
        """Return a plain creation, and one for each other value, text or omission."""
        create = self._lifecycle.actions["create"].operation
        plain, *others = self.pilot.factory.variants(create)
        # What comes of a closed list first: a format that nobody asks for is never fetched.
        closed = self.pilot.factory.enum_names(create)
        others.sort(key=lambda other: not _differs_in(other, plain, closed))
        return [plain, *others][: self._max_jobs]

    def _start(self, handle: JobRef) -> None:
        if self.pilot.supports("start"):
            self.pilot.perform("start", handle)

    def _rounds(self, handles: Sequence[JobRef]) -> list[JobRef]:
        """Look at all jobs round by round; return those that did not end."""
        going = list(handles)
        fetched: set[tuple[str, frozenset[str]]] = set()
        waited = 0.0
        for seconds in POLL_INTERVALS[self._control]:
            if not going or not self.pilot.client.wait(seconds):
                break
            waited += seconds
            going = [handle for handle in going if not self._round(handle, fetched)]
            if not self._control and self._is_vain(going, waited):
                break
        return going

    def _is_vain(self, going: Sequence[JobRef], waited: float) -> bool:
        """Return True where really waiting on would show nothing new.

        That is where jobs show no state, or all that are left have to be started first.
        """
        states = [self.pilot.last_states(handle) for handle in going]
        if not any(states):
            return waited >= self.pilot.client.patience.blind_wait
        unstarted = self.pilot.supports("start") and all(
            found <= {self._lifecycle.initial} for found in states
        )
        return unstarted and len(going) == 1

    def _round(self, handle: JobRef, fetched: set[tuple[str, frozenset[str]]]) -> bool:
        """Look at a job, twice and with a fetch between in each new state; tell if it ended."""
        states = self.pilot.poll(handle)
        if (handle.id, states) not in fetched:
            fetched.add((handle.id, states))
            if self.pilot.supports("fetch"):
                self.pilot.fetch(handle)
            states = self.pilot.poll(handle)
        return bool(states) and not any(self._moves(state) for state in states)

    def _moves(self, state: str) -> bool:
        return bool(self._lifecycle.reachable(state, frozenset({"time"})))

    def _after_completion(self, handle: JobRef) -> None:
        """Fetch an ended job's file twice, and see that nothing moves on."""
        if self.pilot.supports("fetch"):
            self.pilot.fetch(handle)
            self.pilot.fetch(handle)
        self.pilot.poll(handle)
        for operation in self._other_reads():
            self.pilot.request_for(operation, handle).send(self.pilot.client, LIFECYCLE)

    def _other_reads(self) -> Iterator[str]:
        parts = {action.operation for action in self._lifecycle.actions.values()}
        contract = self.pilot.client.contract
        for name, operation in contract.operations.items():
            if (
                name not in parts
                and operation.method in SAFE_METHODS
                and job_parameter(contract, name)
            ):
                yield name

    def _delete(self, handle: JobRef) -> None:
        if self.pilot.supports("delete"):
            self.pilot.perform("delete", handle)
            self._look_and_fetch(handle)
            self.pilot.poll(handle)

    def force_outcomes(self) -> None:
        """Force each end that a client cannot cause, and see that it lasts."""
        if not self._control:
            return
        for state in self._lifecycle.states.values():
            if self._only_by_time(state.name) and not self._moves(state.name):
                self._force(state.name)

    def _only_by_time(self, state: str) -> bool:
        return any(e.end == state and e.by == "time" for e in self._lifecycle.edges)

    def _force(self, state: str) -> None:
        handle = self.pilot.create()
        # Nothing is forced that could not come by itself: that would be our doing.
        if handle is None or not any(self._may_become(now, state) for now in self._now(handle)):
            return
        if not self.pilot.client.force_outcome(handle.id, state):
            return
        if self.pilot.wait_for_state(handle, state):
            self._look_and_fetch(handle)
            self.pilot.client.wait(POLL_INTERVALS[True][-1])
            self._look_and_fetch(handle)
            self._start(handle)

    def _now(self, handle: JobRef) -> frozenset[str]:
        return self.pilot.last_states(handle) or self.pilot.poll(handle)

    def _may_become(self, now: str, state: str) -> bool:
        return state in self._lifecycle.reachable(now, frozenset({"time"}))

    def cancel_jobs(self) -> None:
        """Cancel a job at once, and one that is in work."""
        if not self.pilot.supports("cancel"):
            return
        for seconds in (0.0, POLL_INTERVALS[self._control][2]):
            handle = self.pilot.create()
            if handle is None:
                return
            if seconds:
                self.pilot.client.wait(seconds)
            self.pilot.poll(handle)
            self.pilot.perform("cancel", handle)
            self._look_and_fetch(handle)

    def run(self) -> None:
        """Go the whole way; what the target does not allow is left out."""
        for part in (
            self.observe_existing,
            self.run_to_completion,
            self.force_outcomes,
            self.cancel_jobs,
        ):
            try:
                part()
            except NotPermitted:
                continue


def _differs_in(one: OperationRequest, other: OperationRequest, names: frozenset[str]) -> bool:
    """Return True where two requests differ in a member or parameter of these names."""
    sides = [
        {**side.query, **side.path, **(side.json if isinstance(side.json, dict) else {})}
        for side in (one, other)
    ]
    return any(sides[0].get(name) != sides[1].get(name) for name in names)


def drive(case: DriverCase) -> None:
    """Record the lives of jobs; where nothing may be written, only of those that are there."""
    pilot = JobClient(case.client, LIFECYCLE)
    LifecycleScript(pilot, case.effort).run()
    if case.target.writes:
        run_state_machine(pilot, case.seed, case.effort)
