"""A directed tour: one job at least for each thing to ask for, each led to its end and beyond."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.access.target import PRIMARY
from conformance.contracts.inspection import SAFE
from conformance.contracts.naming import job_parameter
from conformance.failures import AllowanceSpent, Refused
from conformance.jobs.askers import LIFECYCLE
from conformance.jobs.handle import Handle
from conformance.jobs.pilot import Pilot
from conformance.requests.asked import Asked
from conformance.settings import Effort

MOST_JOBS: Final = {Effort.QUICK: 4, Effort.DEFAULT: 8, Effort.DEEP: 20}
# Seconds of the target's time between two rounds: moved by a control URL, else really waited.
ROUNDS: Final = {
    True: (3.0, 4.0, 8.0, 16.0, 30.0, 60.0),
    False: (0.1, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0),
}
KEPT_FOR_PROBES: Final = 2


class Tour:
    """Leads jobs along; all of them in step, so that one look can show many."""

    def __init__(self, pilot: Pilot, effort: Effort) -> None:
        self.pilot = pilot
        allowed = pilot.client.target.max_created
        self._most = min(MOST_JOBS[effort], max(1, (allowed or MOST_JOBS[effort] * 3) // 3))
        self._lifecycle = pilot.lifecycle
        self._control = pilot.client.has_control

    def existing(self) -> None:
        """Look twice at a job in each state that is there already, and ask for its file."""
        for name in dict.fromkeys(self._lists()):
            handle = Handle("", {})
            for _ in self.pilot.listed(name, handle, PRIMARY):
                pass
        for state in self._lifecycle.states:
            handle_ = next(self.pilot.known(state), None)
            if handle_ is not None:
                self._look_and_fetch(handle_)

    def _lists(self) -> Iterator[str]:
        for role in ("list", "poll"):
            if role in self._lifecycle.roles:
                operation = self._lifecycle.roles[role].operation
                if self._lifecycle.locations[operation].items is not None:
                    yield operation

    def _look_and_fetch(self, handle: Handle) -> None:
        self.pilot.poll(handle)
        if self.pilot.has("fetch"):
            self.pilot.fetch(handle)
        self.pilot.poll(handle)

    def lives(self) -> None:
        """Create the jobs and lead them to their ends, with a look before and after each step."""
        handles = list(self._created())
        for handle in handles:
            self._look_and_fetch(handle)
        for handle in handles[:-1]:
            self._start(handle)
        waiting = self._rounds(handles)
        for handle in handles:
            self._afterwards(handle)
        for handle in waiting[:1] + handles[:1]:
            self._start(handle)
        self._strays({handle.id for handle in handles})
        finished = [h for h in handles if self.pilot.states(h) & set(self.pilot.file_states)]
        for handle in finished[KEPT_FOR_PROBES:]:
            self._delete(handle)

    def _created(self) -> Iterator[Handle]:
        """Create the jobs, as many as the target file allows."""
        for asked in self._wanted():
            try:
                handle = self.pilot.create(asked)
            except AllowanceSpent:
                return
            if handle is not None:
                yield handle

    def _strays(self, led: set[str]) -> None:
        """Fetch the files of the oldest jobs that others made in this run and nobody led."""
        if not self.pilot.has("fetch"):
            return
        made = [j for j in self.pilot.client.jobs if j.request and j.request.sent.role == PRIMARY]
        for job in made[: self._most]:
            if job.id not in led:
                self._look_and_fetch(self.pilot.handle(job))

    def _wanted(self) -> list[Asked]:
        """Return a plain creation, and one for each other value, text or omission."""
        create = self._lifecycle.roles["create"].operation
        return list(self.pilot.requests.variants(create))[: self._most]

    def _start(self, handle: Handle) -> None:
        if self.pilot.has("start"):
            self.pilot.ask("start", handle)

    def _rounds(self, handles: Sequence[Handle]) -> list[Handle]:
        """Look at all jobs round by round; return those that did not end."""
        going = list(handles)
        fetched: set[tuple[str, frozenset[str]]] = set()
        for seconds in ROUNDS[self._control]:
            if not going or not self.pilot.client.wait(seconds):
                break
            going = [handle for handle in going if not self._round(handle, fetched)]
        return going

    def _round(self, handle: Handle, fetched: set[tuple[str, frozenset[str]]]) -> bool:
        """Look at a job, twice and with a fetch between in each new state; tell if it ended."""
        states = self.pilot.poll(handle)
        if (handle.id, states) not in fetched:
            fetched.add((handle.id, states))
            if self.pilot.has("fetch"):
                self.pilot.ask("fetch", handle)
            states = self.pilot.poll(handle)
        return bool(states) and not any(self._moves(state) for state in states)

    def _moves(self, state: str) -> bool:
        return bool(self._lifecycle.reachable(state, frozenset({"time"})))

    def _afterwards(self, handle: Handle) -> None:
        """Fetch an ended job's file twice, and see that nothing moves on."""
        if self.pilot.has("fetch"):
            self.pilot.fetch(handle)
            self.pilot.fetch(handle)
        self.pilot.poll(handle)
        for operation in self._other_reads():
            self.pilot.asked(operation, handle).send(self.pilot.client, LIFECYCLE)

    def _other_reads(self) -> Iterator[str]:
        parts = {role.operation for role in self._lifecycle.roles.values()}
        contract = self.pilot.client.contract
        for name, operation in contract.operations.items():
            if name not in parts and operation.method in SAFE and job_parameter(contract, name):
                yield name

    def _delete(self, handle: Handle) -> None:
        if self.pilot.has("delete"):
            self.pilot.ask("delete", handle)
            self._look_and_fetch(handle)
            self.pilot.poll(handle)

    def forced(self) -> None:
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
        if not self.pilot.client.force(handle.id, state):
            return
        if self.pilot.lead(handle, state):
            self._look_and_fetch(handle)
            self.pilot.client.wait(ROUNDS[True][-1])
            self._look_and_fetch(handle)
            self._start(handle)

    def _now(self, handle: Handle) -> frozenset[str]:
        return self.pilot.states(handle) or self.pilot.poll(handle)

    def _may_become(self, now: str, state: str) -> bool:
        return state in self._lifecycle.reachable(now, frozenset({"time"}))

    def cancelled(self) -> None:
        """Cancel a job at once, and one that is in work."""
        if not self.pilot.has("cancel"):
            return
        for seconds in (0.0, ROUNDS[self._control][2]):
            handle = self.pilot.create()
            if handle is None:
                return
            if seconds:
                self.pilot.client.wait(seconds)
            self.pilot.poll(handle)
            self.pilot.ask("cancel", handle)
            self._look_and_fetch(handle)

    def all(self) -> None:
        """Go the whole way; what the target does not allow is left out."""
        for part in (self.existing, self.lives, self.forced, self.cancelled):
            try:
                part()
            except Refused:
                continue
