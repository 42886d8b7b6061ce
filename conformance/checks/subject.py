"""Requests that should succeed, with the things they name: what probes then change."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.access.target import PRIMARY
from conformance.checks.base import ProbeCase
from conformance.contracts.naming import job_parameter, takes
from conformance.jobs.askers import PROBE
from conformance.jobs.handle import Handle
from conformance.jobs.pilot import Pilot
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.requests.asked import Asked
from conformance.traffic.exchange import Exchange

NO_SUBJECT: Final = "there is nothing at the target that such a request could name"
# Jobs may fail at random: so often another one is tried.
ATTEMPTS: Final = 3
_LOAD: Final = frozenset({429, 503})


class Subject:
    """The valid requests of one probe's operation."""

    def __init__(self, case: ProbeCase) -> None:
        self.case = case
        self.client = case.client
        self.pilot = Pilot(case.client, PROBE)
        self.operation = case.requirement.operation or ""

    def refusable(self) -> Asked | None:
        """Return a request that should succeed, if it is not refused for what is changed in it.

        It may name a job for which it succeeded before: what is refused uses nothing up.
        """
        handle = next(iter(self.own()), None) or self._consented()
        if self._role() in {"start", "cancel"} and handle is not None:
            return self.pilot.asked(self.operation, handle)
        return self.ready()

    def ready(self, given: Mapping[str, Any] | None = None) -> Asked | None:
        """Return a request that should succeed, None where the target has nothing for it.

        `given` sets parameters (None leaves one out); a job that is made for the request is made
        with them too.
        """
        given = given or {}
        role = self._role()
        if role in {"poll", "fetch", "delete", "cancel", "start"} and self._names_job():
            handle = self._job(role, given)
            if handle is None:
                return None
            asked = self.pilot.asked(self.operation, handle)
        else:
            asked = self._other(given)
        for name, value in given.items():
            if takes(self.client.contract.operations[self.operation], name):
                asked = asked.with_parameter(name, value)
        return asked

    def send(self, asked: Asked, **options: Any) -> Exchange:
        """Send a request of the probe."""
        return asked.send(self.client, PROBE, **options)

    def _other(self, given: Mapping[str, Any]) -> Asked:
        requests = self.pilot.requests
        if self._names_job():
            handle = next(iter(self.own()), None)
            if handle is not None:
                return self.pilot.asked(self.operation, handle)
        return requests.plain(self.operation, {k: v for k, v in given.items() if v is not None})

    def _role(self) -> str:
        roles = self.pilot.lifecycle.roles.values()
        return next((role.name for role in roles if role.operation == self.operation), "")

    def _names_job(self) -> bool:
        return job_parameter(self.client.contract, self.operation) is not None

    def _job(self, role: str, given: Mapping[str, Any]) -> Handle | None:
        if role == "poll":
            return next(iter(self.own()), None) or self.fresh(given) or self.any_known()
        if role in {"fetch", "delete"}:
            return self.finished(given, ours=role == "delete")
        return self.fresh(given) or self._consented()

    def _consented(self) -> Handle | None:
        """Return a job that the target file lets the operation work on."""
        consent = self.client.target.consent.get(self.operation)
        name = job_parameter(self.client.contract, self.operation) or ""
        ids = consent.path.get(name, ()) if consent else ()
        return Handle(ids[0], {}, ours=False) if ids else None

    def own(self) -> Iterator[Handle]:
        """Yield the jobs that this run created for itself, the newest first."""
        for job in reversed(self.client.jobs):
            if job.request is not None and job.request.sent.role == PRIMARY:
                yield self.pilot.handle(job)

    def any_known(self) -> Handle | None:
        """Return a job that the target file names or a list has shown."""
        return next(self.pilot.known(*self.pilot.lifecycle.states), None)

    def fresh(self, given: Mapping[str, Any] | None = None) -> Handle | None:
        """Create a job; None where that is not allowed or does not succeed."""
        create = self.pilot.lifecycle.roles["create"].operation
        operation = self.client.contract.operations[create]
        if not self.client.target.writes:
            return None
        asked = self.pilot.requests.plain(create)
        for name, value in (given or {}).items():
            if takes(operation, name):
                asked = asked.with_parameter(name, value)
        return self.pilot.create(asked)

    def finished(self, given: Mapping[str, Any], *, ours: bool) -> Handle | None:
        """Return a job that has a file: one seen so before, or a new one led there."""
        files = self.pilot.file_states
        for handle in self.pilot.known(*files):
            fits = all(handle.parameters.get(k) == v for k, v in given.items() if v is None)
            if (handle.ours or not ours) and fits and self._still(handle, files):
                return handle
        for _ in range(ATTEMPTS):
            handle_ = self.fresh(given)
            if handle_ is None or self.pilot.lead(handle_, *files):
                return handle_
        return None

    def _still(self, handle: Handle, states: tuple[str, ...]) -> bool:
        """Tell whether a job is in `states` now; one of the target file's is taken at its word."""
        return not handle.ours or bool(self.pilot.poll(handle) & set(states))


def refusal(exchange: Exchange, what: str, statuses: tuple[int, ...]) -> Judgement | None:
    """Judge an answer that should be a refusal, with one of `statuses` where there are any.

    None where no answer came; a server error and load are judged elsewhere.
    """
    status = exchange.status
    if status is None:
        return None
    if status >= 500 or status in _LOAD:
        return skipped(f"{what} was answered {status}, which another requirement judges")
    if status < 400:
        return broken(f"{what} was answered {status}", exchange)
    if statuses and status not in statuses:
        right = " or ".join(map(str, statuses))
        return broken(f"{what} was refused by {status}, not {right}", exchange)
    return kept(exchange)


def acceptance(exchange: Exchange, what: str, refusals: tuple[int, ...]) -> Judgement | None:
    """Judge an answer that may be anything but one of `refusals` (none: any refusal is a breach).

    None where no answer came; a server error and load are judged elsewhere.
    """
    status = exchange.status
    if status is None:
        return None
    if status >= 500 or status in _LOAD:
        return skipped(f"{what} was answered {status}, which another requirement judges")
    if status in refusals or (not refusals and status >= 400):
        return broken(f"{what} was refused by {status}", exchange)
    return kept(exchange)
