"""The ordinary operations of a vendor: on its jobs, and those without any state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import IndexedJobRepository, JobRepository, NewJob
from mockserver.jobs.schedule import current_state
from mockserver.openapi.examples import ExampleResponses
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors import Handler
from mockserver.vendors.generic.bodies import JobBodies
from mockserver.vendors.generic.context import (
    ABSENT,
    JobFacts,
    Links,
    facts_at,
    is_signed,
)
from mockserver.vendors.generic.inputs import Inputs, account_of
from mockserver.vendors.generic.lists import JobLists
from mockserver.vendors.generic.members import Maker
from mockserver.vendors.generic.operations import IdMaker, Roles, read_roles, signed_operations
from specs import Action, Contract, Operation

Show = Callable[[JobFacts], Response]
FileOf = Callable[[Sandbox, Job], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What a vendor's module has of its own; what is None is as the contract says.

    `check_list` raises the error for a list of what is not there, `check_job` for a job that a
    request must not see; `unknown_job` returns that for a job that is not there. `details` reads
    a creation, or `new_job` returns its job. `bodies` make bodies by operationId.
    """

    check_list: Callable[[Request], None] = lambda _request: None
    check_job: Callable[[Request, Job], None] = lambda _request, _job: None
    details: Callable[[Request], Mapping[str, Any]] | None = None
    new_job: Callable[[Request], NewJob] | None = None
    unknown_job: Callable[[Request], ApiError] | None = None
    bodies: Mapping[str, Maker] = field(default_factory=dict)


_NO_HOOKS = Hooks()


class Jobs:
    """The handlers of one contract, by operationId; `file` returns the response with a file."""

    def __init__(
        self,
        contract: Contract,
        repository: JobRepository,
        file: FileOf,
        *,
        roles: Roles | None = None,
        scheme: str = "http",
        hooks: Hooks = _NO_HOOKS,
    ) -> None:
        self._contract = contract
        self._lifecycle = contract.lifecycle
        self._roles = roles or read_roles(contract)
        self._repository = repository
        self._links = Links(contract, self._roles, scheme)
        self._file = file
        self._bodies = JobBodies(contract, self._roles, self._links)
        self._lists = JobLists(contract, repository, self._bodies, self._links)
        self._ids = IdMaker(contract)
        self._inputs = Inputs(contract)
        self.group = self._inputs.group
        self._hooks = hooks
        self._details = hooks.details or self._inputs.details
        self._new_job = hooks.new_job or self._read_creation
        self._unknown_job = hooks.unknown_job or self._not_found
        self._examples = ExampleResponses(contract.openapi)
        self._signed = signed_operations(contract)
        self.handlers: Mapping[str, Handler] = {
            name: self._handler(row) for name, row in contract.operations.items()
        }

    def _handler(self, operation: Operation) -> Handler:
        if operation.id in self._roles.creations:
            return self._creation(operation)
        if operation.id in self._roles.lists:
            return self._list(operation)
        actions = {row.name: row for row in self._roles.actions.get(operation.id, ())}
        poll, fetch = actions.pop("poll", None), actions.pop("fetch", None)
        if actions:
            return self._change(operation, next(iter(actions.values())))
        if fetch is not None:
            return self._fetch(operation, fetch, poll)
        if poll is not None:
            return self._poll(operation, poll)
        return (
            self._view(operation)
            if operation.id in self._roles.views
            else self._stateless(operation)
        )

    def _creation(self, operation: Operation) -> Handler:
        action = self._lifecycle.actions["create"]
        answers = action.answers if action.operation == operation.id else {}
        show = self._shown(operation, answers)
        lifecycle, insert = self._lifecycle, self._insert

        def create(request: Request) -> Response:
            job = insert(request)
            state = current_state(job, job.created_at)
            return show[state](JobFacts(lifecycle, request, job, job.details, state))

        return create

    def _insert(self, request: Request) -> Job:
        repository, new_jobs = self._repository, [self._new_job(request)]
        if isinstance(repository, IndexedJobRepository):
            return repository.start(request.sandbox, new_jobs)[0]
        return repository.create(request.sandbox, new_jobs)[0]

    def _read_creation(self, request: Request) -> NewJob:
        account, ids = account_of(request), request.sandbox.ids
        group, details = self.group(account, request.path), self._details(request)
        kind, make = f"{self._repository.kind}/{group}", self._ids.of
        return NewJob(lambda number: make(ids, kind, number), account, group, details)

    def _list(self, operation: Operation) -> Handler:
        answer, check = self._lists.compile(operation), self._hooks.check_list

        def show_list(request: Request) -> Response:
            check(request)
            return answer(request, self.group(account_of(request), request.path))

        return show_list

    def _poll(self, operation: Operation, poll: Action) -> Handler:
        find = self._finder(operation)
        shown = self._shown(operation, poll.answers, poll.allowed | poll.ignored)
        check = self._repository.check

        def answer(request: Request) -> Response:
            facts = find(request)
            show = shown.get(facts.state)
            if show is None:
                show = shown[check(request.sandbox, poll, facts.job)]  # which refuses
            return show(facts)

        return answer

    def _fetch(self, operation: Operation, fetch: Action, poll: Action | None) -> Handler:
        """Return the handler of a file; without one it may show the job, as a poll does."""
        find, headers = self._finder(operation), self._headers(operation)
        ready = fetch.allowed | fetch.ignored
        show_job = None if poll is None else self._poll(operation, poll)

        def answer(request: Request) -> Response:
            facts = find(request)
            if facts.state not in ready and show_job is not None:
                return show_job(request)
            self._repository.check(request.sandbox, fetch, facts.job)
            response = self._file(request.sandbox, facts.job)
            own = headers(facts, response.status)
            return replace(response, headers={**own, **response.headers}) if own else response

        return answer

    def _change(self, operation: Operation, action: Action) -> Handler:
        find = self._finder(operation)
        shown = self._shown(operation, action.answers)
        repository, is_end = self._repository, action.name in ("delete", "cancel")

        def change(request: Request) -> Response:
            facts = find(request)
            job, sandbox, show = facts.job, request.sandbox, shown[facts.state]
            if action.enters is not None:
                job = repository.apply_transition(sandbox, action, job)
                return show(facts_at(self._lifecycle, request, job, sandbox.now()))
            repository.check(sandbox, action, job)
            if is_end:
                repository.remove(sandbox, job)
            return show(facts)

        return change

    def _view(self, operation: Operation) -> Handler:
        find, show = self._finder(operation), self._shower(operation, operation.success)
        return lambda request: show(find(request))

    def _stateless(self, operation: Operation) -> Handler:
        make = self._examples.make

        def answer(request: Request) -> Response:
            rng = request.sandbox.ids.random(f"stateless {operation.id}", 0)
            return make(operation, operation.success, rng)

        return answer

    def _shown(
        self,
        operation: Operation,
        answers: Mapping[str, int],
        states: frozenset[str] | None = None,
    ) -> Mapping[str, Show]:
        """Return what makes the response that shows a job, by its state."""
        statuses = {
            state: answers.get(state, operation.success)
            for state in self._lifecycle.states
            if states is None or state in states
        }
        by_status = {
            status: self._shower(operation, status) for status in sorted(set(statuses.values()))
        }
        return {state: by_status[status] for state, status in statuses.items()}

    def _shower(self, operation: Operation, status: int) -> Show:
        """Return what makes a response with a status that shows a job."""
        content = (operation.response(status) or {}).get("content", {})
        body = self._hooks.bodies.get(operation.id)
        if body is None and content:
            body = self._bodies.of_status(operation, status)
        makers = tuple(self._bodies.headers(operation, status).items())
        media = next(iter(content), "application/json")
        fixed = {} if media == "application/json" else {"Content-Type": media}

        if body is not None and not makers and not fixed:
            return lambda facts: Response(status, body(facts))

        def show(facts: JobFacts) -> Response:
            headers = {**_header_texts(makers, facts), **fixed} if makers else fixed
            return Response(status, None if body is None else body(facts), headers)

        return show

    def _headers(self, operation: Operation) -> Callable[[JobFacts, int], dict[str, str]]:
        """Return what makes the headers of a response by status, each compiled at its first use."""
        made: dict[int, tuple[tuple[str, Maker], ...]] = {}

        def headers(facts: JobFacts, status: int) -> dict[str, str]:
            if status not in made:
                made[status] = tuple(self._bodies.headers(operation, status).items())
            return _header_texts(made[status], facts)

        return headers

    def _finder(self, operation: Operation) -> Callable[[Request], JobFacts]:
        """Return what finds the job of a request.

        It raises:
            ApiError: 404, it is unknown or another account's; 403, a link's signature is not valid.
        """
        place, name = self._roles.parameters[operation.id]
        find, lifecycle = self._repository.get_with_state, self._lifecycle
        check = self._hooks.check_job
        is_in_path, is_signed_link = place == "path", operation.id in self._signed
        names = [row["name"] for row in operation.parameters if row["in"] == "path"]
        scope = frozenset(names) - ({name} if is_in_path else set())
        is_in = _compare(scope, self._roles, self._contract)

        def find_job(request: Request) -> JobFacts:
            job_id = str((request.path if is_in_path else request.query).get(name))
            is_free = is_signed_link and self._is_signed(request, job_id)
            found = find(request.sandbox, job_id)
            if found is None:
                raise self._unknown_job(request)
            job, state = found
            identity = request.identity
            is_own = is_free or identity is None or job.account == identity.account
            sent = job.details.get("path")
            if not is_own or (sent and scope and not is_in(request.path, sent)):
                raise self._unknown_job(request)
            check(request, job)
            return JobFacts(lifecycle, request, job, job.details, state.name)

        return find_job

    def _not_found(self, request: Request) -> ApiError:
        name = self._roles.parameters[request.operation.id][1]
        return ApiError(404, f"Unknown {self._lifecycle.job}.", field=name)

    def _is_signed(self, request: Request, job_id: str) -> bool:
        """Return whether a link's signature lets a request in; False for a caller with credentials.

        Raises:
            ApiError: 403, the signature is missing, of something else, or has expired.
        """
        until, signature = self._links.signature_names(request.operation.id)
        expires, sent = request.query.get(until), request.query.get(signature)
        if expires is None and sent is None and request.identity is not None:
            return False
        number = int(str(expires)) if str(expires).isdecimal() else 0
        if not is_signed(request.sandbox, job_id, number, str(sent)):
            raise ApiError(403, "The signature of the link is not valid.", field=signature)
        if request.sandbox.now() >= number * 1000:
            raise ApiError(403, "The link has expired.", field=until)
        return True


def _compare(
    scope: frozenset[str], roles: Roles, contract: Contract
) -> Callable[[Mapping[str, Any], Mapping[str, Any]], bool]:
    """Return what says whether a path has the values that a job was created with.

    `scope` are the parameters of the path but for the job's id.
    """
    creations = [contract.operations[name] for name in roles.creations]
    created = {row["name"] for it in creations for row in it.parameters if row["in"] == "path"}
    if created <= scope:
        return lambda asked, sent: sent.items() <= asked.items()
    return lambda asked, sent: all(sent.get(name, asked[name]) == asked[name] for name in scope)


def _header_texts(makers: tuple[tuple[str, Maker], ...], facts: JobFacts) -> dict[str, str]:
    values = ((name, maker(facts)) for name, maker in makers)
    return {name: _text(value) for name, value in values if value is not ABSENT}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
