"""What an active check sends for one requirement, and what is expected of the responses."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from conformance.checks import CheckResult, failed, passed, skipped
from conformance.contract_queries import has_parameter, job_parameter, parameter_schema
from conformance.errors import Untestable
from conformance.http import Exchange
from conformance.job_client import ACTIVE_CHECK, JobClient, JobRef
from conformance.request_data import OperationRequest
from conformance.target import PRIMARY
from conformance.target.client import Client
from conformance.target.tracker import created_ids
from specs import Requirement

NO_REQUEST_POSSIBLE: Final = (
    "there is nothing at the target that such a request could name "
    "(`known` in the target file names jobs, `values` other ids)"
)
# Jobs may fail at random, so another one is tried this often.
ATTEMPTS: Final = 3
NO_MEMBERS: Final[Mapping[str, Any]] = MappingProxyType({})
# A shorter id may be counted by account, or by what else is in its path.
SHORTEST_GLOBAL_ID: Final = 16
_OVERLOAD: Final = frozenset({429, 503})


class ActiveCase:
    """One requirement, and the client with which its check sends requests of its operation."""

    def __init__(self, requirement: Requirement, client: Client) -> None:
        self.requirement = requirement
        self.client = client
        self.contract = client.contract
        self.target = client.target
        self.jobs = JobClient(client, ACTIVE_CHECK)
        self.factory = self.jobs.factory
        self.operation = requirement.operation or ""

    def send(self, request: OperationRequest, **options: Any) -> Exchange:
        """Send a request; `options` are those of `OperationRequest.send`."""
        return request.send(self.client, ACTIVE_CHECK, **options)

    def send_minimal(self, operation_id: str, values: Mapping[str, Any] | None = None) -> Exchange:
        """Send the simplest request of an operation; see `RequestFactory.minimal`."""
        return self.send(self.factory.minimal(operation_id, values))

    def send_invalid(
        self,
        request: OperationRequest,
        subject: str,
        statuses: Sequence[int] = (),
        **options: Any,
    ) -> Iterator[CheckResult]:
        """Send a request that must be rejected; yield whether it was. See `expect_rejected`."""
        exchange = self.send(request, **{"valid": False, **options})
        yield from expect_rejected(exchange, subject, statuses)

    def send_valid(
        self,
        request: OperationRequest,
        subject: str,
        refusals: Sequence[int] = (),
        **options: Any,
    ) -> Iterator[CheckResult]:
        """Send a request that must be accepted; yield whether it was. See `expect_accepted`."""
        yield from expect_accepted(self.send(request, **options), subject, refusals)

    def request_for_rejection(self, *, any_state: bool = True) -> OperationRequest:
        """Return a valid request, to be rejected for one change that the check makes to it.

        It may name a job for which it succeeded before, because a rejected request changes nothing;
        with `any_state`, also a job whose state would be a reason to reject it.

        Raises:
            Untestable: the target has nothing that such a request could name.
        """
        job = self.newest_job() or self.consented_job()
        actions = {"start", "cancel"} if any_state else {"start"}
        if self._action() in actions and job is not None:
            return self.jobs.request_for(self.operation, job)
        return self._request({})

    def valid_request(self, parameters: Mapping[str, Any] | None = None) -> OperationRequest:
        """Return a request that should succeed.

        `parameters` are set in it (None omits one), and in the job that is created for it.

        Raises:
            Untestable: the target has nothing that such a request could name.
        """
        request = self._request(parameters or {})
        if self.names_unknown(request):
            raise Untestable(NO_REQUEST_POSSIBLE)
        return request

    def names_unknown(self, request: OperationRequest) -> bool:
        """Return True if a request names what exists nowhere, or what this run has deleted."""
        return any(self._is_unknown(name, str(value)) for name, value in request.path.items())

    def _is_unknown(self, name: str, id_: str) -> bool:
        """Return True for an id that exists nowhere, or that this run has deleted."""
        tracker = self.client.tracker
        created, existing = tracker.created(name), tracker.existing(name)
        unused = id_ in self.client.policy.unused_ids(name)
        return id_ not in existing and (unused or id_ in created)

    def _request(self, parameters: Mapping[str, Any]) -> OperationRequest:
        action = self._action()
        if action in {"poll", "fetch", "delete", "cancel", "start"} and self._names_job():
            job = required(self._job_for(action, parameters))
            request = self.jobs.request_for(self.operation, job)
        else:
            request = self._other_request(parameters)
        return self._with_parameters(request, parameters)

    def _with_parameters(
        self, request: OperationRequest, parameters: Mapping[str, Any]
    ) -> OperationRequest:
        operation = self.contract.operations[request.operation]
        for name, value in parameters.items():
            if has_parameter(operation, name):
                request = request.with_parameter(name, value)
        return request

    def _other_request(self, parameters: Mapping[str, Any]) -> OperationRequest:
        if self._names_job() and (job := self.newest_job()) is not None:
            return self.jobs.request_for(self.operation, job)
        values = {name: value for name, value in parameters.items() if value is not None}
        return self.factory.minimal(self.operation, values)

    def _action(self) -> str:
        """Return the operation's action in the lifecycle (create, poll, …), or an empty text."""
        actions = self.jobs.lifecycle.actions.values()
        return next((action.name for action in actions if action.operation == self.operation), "")

    def other_value(self, name: str, current: Any) -> Any:
        """Return a value of a parameter, from the target file or its enum, that is not `current`.

        Raises:
            Untestable: there is none.
        """
        operation = self.contract.operations[self.operation]
        parameter = next(p for p in operation.parameters if p["name"] == name)
        enum = parameter_schema(self.contract, parameter).get("enum", ())
        for value in (*self.target.values.get(name, ()), *enum):
            if value != current:
                return value
        raise Untestable(f"the target file names no other `values` of {name}")

    def _names_job(self) -> bool:
        return job_parameter(self.contract, self.operation) is not None

    def _job_for(self, action: str, parameters: Mapping[str, Any]) -> JobRef | None:
        if action == "poll":
            return self.newest_job() or self.new_job(parameters) or self.any_known_job()
        if action in {"fetch", "delete"}:
            return self.finished_job(parameters, ours=action == "delete")
        return self.new_job(parameters) or self.consented_job()

    def consented_job(self) -> JobRef | None:
        """Return a job for which the target file consents to the operation."""
        return next(self.consented_jobs(), None)

    def consented_jobs(self) -> Iterator[JobRef]:
        """Yield the jobs for which the target file consents to the operation."""
        consent = self.target.consent.get(self.operation)
        name = job_parameter(self.contract, self.operation) or ""
        rows = [row for rows in self.target.known.values() for row in rows]
        for id_ in consent.path.get(name, ()) if consent else ():
            known = next((row for row in rows if id_ in map(str, row.values())), {})
            yield JobRef(id_, known, ours=False)

    def create_resource(
        self, operation: str, members: Mapping[str, Any] = NO_MEMBERS
    ) -> tuple[Exchange, Mapping[str, str]]:
        """Create a resource with some `members` of the body, by pointer.

        Returns the exchange and the new ids by parameter name.

        Raises:
            Untestable: the creation does not succeed or answers without an id.
        """
        request = self.factory.minimal(operation)
        for pointer, value in members.items():
            request = request.with_member(pointer, value)
        creation = self.send(request)
        ids = dict(created_ids(self.contract, creation)) if creation.status else {}
        if creation.status is None or creation.status >= 300 or not ids:
            raise Untestable("no creation answered with an id")
        return creation, ids

    def own_jobs(self) -> Iterator[JobRef]:
        """Yield the jobs that this run created with its primary credential, the newest first."""
        for job in reversed(self.client.jobs):
            if job.creation is not None and job.creation.request.role == PRIMARY:
                yield self.jobs.ref(job)

    def newest_job(self) -> JobRef | None:
        """Return the first of `own_jobs`, None where there is none."""
        return next(self.own_jobs(), None)

    def any_known_job(self) -> JobRef | None:
        """Return a job that the target file names or a list has shown."""
        return next(self.jobs.known_jobs(*self.jobs.lifecycle.states), None)

    def new_job(self, parameters: Mapping[str, Any] | None = None) -> JobRef | None:
        """Create a job; None where that is not allowed or does not succeed."""
        if not self.target.writes:
            return None
        create = self.jobs.lifecycle.actions["create"].operation
        request = self.factory.minimal(create)
        return self.jobs.create(self._with_parameters(request, parameters or {}))

    def finished_job(self, parameters: Mapping[str, Any], *, ours: bool) -> JobRef | None:
        """Return a job that has a file: one seen before, or a new one after waiting for it."""
        states = self.jobs.file_states
        omitted = [name for name, value in parameters.items() if value is None]
        for job in self.jobs.known_jobs(*states):
            matches = all(job.parameters.get(name) is None for name in omitted)
            if (job.ours or not ours) and matches and self._is_still_in(job, states):
                return job
        for _ in range(ATTEMPTS):
            new = self.new_job(parameters)
            if new is None or self.jobs.start_and_wait_for_file(new):
                return new
        return None

    def _is_still_in(self, job: JobRef, states: tuple[str, ...]) -> bool:
        """Return True if a job is in `states` now; the target file is trusted about its jobs."""
        return not job.ours or bool(self.jobs.current_states(job, *states) & set(states))


def required(job: JobRef | None) -> JobRef:
    """Return `job`.

    Raises:
        Untestable: it is None.
    """
    if job is None:
        raise Untestable(NO_REQUEST_POSSIBLE)
    return job


def expect_rejected(
    exchange: Exchange,
    subject: str,
    statuses: Sequence[int] = (),
    *,
    after: Sequence[Exchange] = (),
) -> Iterator[CheckResult]:
    """Yield whether a request was rejected, with one of `statuses` where there are any.

    Args:
        exchange: the request; nothing is yielded where no response came.
        subject: what should be rejected, to begin a sentence with.
        statuses: the statuses that the requirement allows; any 4xx if empty.
        after: exchanges that belong to the evidence of a failure.
    """
    status = exchange.status
    if status is None:
        return
    if other := _judged_elsewhere(status, subject):
        yield other
    elif status < 400:
        yield failed(f"{subject} was answered {status}", *after, exchange)
    elif statuses and status not in statuses:
        expected = " or ".join(map(str, statuses))
        yield failed(f"{subject} was rejected with {status}, not {expected}", *after, exchange)
    else:
        yield passed(exchange)


def expect_accepted(
    exchange: Exchange, subject: str, refusals: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """Yield whether a request was answered with none of `refusals` (if empty: with no 4xx).

    Nothing is yielded where no response came; `subject` begins the sentence of a failure.
    """
    status = exchange.status
    if status is None:
        return
    if other := _judged_elsewhere(status, subject):
        yield other
    elif status in refusals or (not refusals and status >= 400):
        yield failed(f"{subject} was rejected with {status}", exchange)
    else:
        yield passed(exchange)


def _judged_elsewhere(status: int, subject: str) -> CheckResult | None:
    if status >= 500 or status in _OVERLOAD:
        return skipped(f"{subject} was answered {status}, which another requirement judges")
    return None
