"""Requests that should succeed, with the things they name: what probes then change."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.checks.registry import ActiveCase
from conformance.contract_queries import has_parameter, job_parameter
from conformance.http.exchange import Exchange
from conformance.job_client import PROBE, JobClient, JobRef
from conformance.request_data.operation_request import OperationRequest
from conformance.target.config import PRIMARY
from conformance.verdict import CheckResult, failed, passed, skipped

NO_REQUEST_POSSIBLE: Final = "there is nothing at the target that such a request could name"
# Jobs may fail at random: so often another one is tried.
ATTEMPTS: Final = 3
_LOAD: Final = frozenset({429, 503})


class ProbeContext:
    """The valid requests of one probe's operation."""

    def __init__(self, case: ActiveCase) -> None:
        self.case = case
        self.client = case.client
        self.jobs = JobClient(case.client, PROBE)
        self.operation = case.requirement.operation or ""

    def request_for_rejection(self) -> OperationRequest | None:
        """Return a request that should succeed, if it is not refused for what is changed in it.

        It may name a job for which it succeeded before: what is refused uses nothing up.
        """
        handle = next(iter(self.own_jobs()), None) or self._consented()
        if self._action() in {"start", "cancel"} and handle is not None:
            return self.jobs.request_for(self.operation, handle)
        return self.valid_request()

    def valid_request(self, given: Mapping[str, Any] | None = None) -> OperationRequest | None:
        """Return a request that should succeed, None where the target has nothing for it.

        `given` sets parameters (None leaves one out); a job that is made for the request is made
        with them too.
        """
        given = given or {}
        role = self._action()
        if role in {"poll", "fetch", "delete", "cancel", "start"} and self._names_job():
            handle = self._job(role, given)
            if handle is None:
                return None
            asked = self.jobs.request_for(self.operation, handle)
        else:
            asked = self._other(given)
        for name, value in given.items():
            if has_parameter(self.client.contract.operations[self.operation], name):
                asked = asked.with_parameter(name, value)
        return asked

    def send(self, asked: OperationRequest, **options: Any) -> Exchange:
        """Send a request of the probe."""
        return asked.send(self.client, PROBE, **options)

    def _other(self, given: Mapping[str, Any]) -> OperationRequest:
        requests = self.jobs.factory
        if self._names_job():
            handle = next(iter(self.own_jobs()), None)
            if handle is not None:
                return self.jobs.request_for(self.operation, handle)
        return requests.minimal(self.operation, {k: v for k, v in given.items() if v is not None})

    def _action(self) -> str:
        roles = self.jobs.lifecycle.roles.values()
        return next((role.name for role in roles if role.operation == self.operation), "")

    def _names_job(self) -> bool:
        return job_parameter(self.client.contract, self.operation) is not None

    def _job(self, role: str, given: Mapping[str, Any]) -> JobRef | None:
        if role == "poll":
            return next(iter(self.own_jobs()), None) or self.new_job(given) or self.any_known_job()
        if role in {"fetch", "delete"}:
            return self.finished_job(given, ours=role == "delete")
        return self.new_job(given) or self._consented()

    def _consented(self) -> JobRef | None:
        """Return a job that the target file lets the operation work on."""
        consent = self.client.target.consent.get(self.operation)
        name = job_parameter(self.client.contract, self.operation) or ""
        ids = consent.path.get(name, ()) if consent else ()
        return JobRef(ids[0], {}, ours=False) if ids else None

    def own_jobs(self) -> Iterator[JobRef]:
        """Yield the jobs that this run created for itself, the newest first."""
        for job in reversed(self.client.jobs):
            if job.creation is not None and job.creation.request.role == PRIMARY:
                yield self.jobs.ref(job)

    def any_known_job(self) -> JobRef | None:
        """Return a job that the target file names or a list has shown."""
        return next(self.jobs.known_jobs(*self.jobs.lifecycle.states), None)

    def new_job(self, given: Mapping[str, Any] | None = None) -> JobRef | None:
        """Create a job; None where that is not allowed or does not succeed."""
        create = self.jobs.lifecycle.roles["create"].operation
        operation = self.client.contract.operations[create]
        if not self.client.target.writes:
            return None
        asked = self.jobs.factory.minimal(create)
        for name, value in (given or {}).items():
            if has_parameter(operation, name):
                asked = asked.with_parameter(name, value)
        return self.jobs.create(asked)

    def finished_job(self, given: Mapping[str, Any], *, ours: bool) -> JobRef | None:
        """Return a job that has a file: one seen so before, or a new one led there."""
        files = self.jobs.file_states
        for handle in self.jobs.known_jobs(*files):
            fits = all(handle.parameters.get(k) == v for k, v in given.items() if v is None)
            if (handle.ours or not ours) and fits and self._is_still_in(handle, files):
                return handle
        for _ in range(ATTEMPTS):
            handle_ = self.new_job(given)
            if handle_ is None or self.jobs.wait_for_state(handle_, *files):
                return handle_
        return None

    def _is_still_in(self, handle: JobRef, states: tuple[str, ...]) -> bool:
        """Tell whether a job is in `states` now; one of the target file's is taken at its word."""
        return not handle.ours or bool(self.jobs.poll(handle) & set(states))


def expect_rejected(exchange: Exchange, what: str, statuses: tuple[int, ...]) -> CheckResult | None:
    """Judge an answer that should be a refusal, with one of `statuses` where there are any.

    None where no answer came; a server error and load are judged elsewhere.
    """
    status = exchange.status
    if status is None:
        return None
    if status >= 500 or status in _LOAD:
        return skipped(f"{what} was answered {status}, which another requirement judges")
    if status < 400:
        return failed(f"{what} was answered {status}", exchange)
    if statuses and status not in statuses:
        right = " or ".join(map(str, statuses))
        return failed(f"{what} was refused by {status}, not {right}", exchange)
    return passed(exchange)


def expect_accepted(exchange: Exchange, what: str, refusals: tuple[int, ...]) -> CheckResult | None:
    """Judge an answer that may be anything but one of `refusals` (none: any refusal is a breach).

    None where no answer came; a server error and load are judged elsewhere.
    """
    status = exchange.status
    if status is None:
        return None
    if status >= 500 or status in _LOAD:
        return skipped(f"{what} was answered {status}, which another requirement judges")
    if status in refusals or (not refusals and status >= 400):
        return failed(f"{what} was refused by {status}", exchange)
    return passed(exchange)
