"""The operations of a user's vendor: on its jobs, and those without any state."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from msgspec.structs import replace

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import IndexedJobRepository, JobRepository, NewJob
from mockserver.openapi.examples import ExampleResponses
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors import Handler
from mockserver.vendors.generic.bodies import ABSENT, JobBodies, Maker
from mockserver.vendors.generic.context import INPUT, JobFacts, Links, is_signed
from mockserver.vendors.generic.files import FORMAT, Files
from mockserver.vendors.generic.lists import JobLists
from mockserver.vendors.generic.operations import IdMaker, Roles, signed_operations
from mockserver.vendors.generic.served import query_keys
from specs import Action, Contract, Operation, pointer
from specs.contract import json_schema_of
from specs.values import plain_name, words

DEFAULT_ACCOUNT = "default"
"""The account of callers of a contract without credentials."""

_FORMATS = words("format fileformat outputformat exportformat reportformat filetype")
_NAMES = words("name title exportname reportname jobname displayname")


class Jobs:
    """The handlers of one contract, by operationId."""

    def __init__(
        self,
        contract: Contract,
        roles: Roles,
        repository: JobRepository,
        links: Links,
        files: Files,
    ) -> None:
        self._contract = contract
        self._roles = roles
        self._repository = repository
        self._links = links
        self._files = files
        self._bodies = JobBodies(contract, roles, links)
        self._lists = JobLists(contract, repository, self._bodies, links)
        self._ids = IdMaker(contract)
        self._examples = ExampleResponses(contract.openapi)
        self._signed = signed_operations(contract)
        self._scope = scope_of(contract)
        self._header_inputs = _header_inputs(contract)
        self.handlers: Mapping[str, Handler] = {
            name: self._handler(row) for name, row in contract.operations.items()
        }

    def _handler(self, operation: Operation) -> Handler:
        if operation.id in self._roles.creations:
            return self._creation(operation)
        if operation.id in self._roles.lists:
            return self._list(operation)
        actions = {row.name: row for row in self._roles.actions.get(operation.id, ())}
        if actions:
            return self._action(operation, actions)
        if operation.id in self._roles.views:
            return self._view(operation)
        return self._stateless(operation)

    def _creation(self, operation: Operation) -> Handler:
        show = self._shower(operation)
        action = self._contract.lifecycle.actions["create"]
        statuses = action.answers if action.operation == operation.id else {}

        def create(request: Request) -> Response:
            account = account_of(request)
            inputs = self._inputs(request)
            group = self.group(account, request.path)
            new_job = NewJob("", account, group, self._details(inputs))
            job = self._insert(request.sandbox, new_job)
            facts = JobFacts(self._contract.lifecycle, request, job)
            return show(facts, statuses.get(facts.state, operation.success))

        return create

    def _insert(self, sandbox: Sandbox, new_job: NewJob) -> Job:
        if isinstance(self._repository, IndexedJobRepository):
            return self._repository.start(sandbox, [new_job])[0]
        kind = f"{self._repository.kind}/{new_job.group}"
        make = self._ids.of
        ids = sandbox.ids
        (job,) = self._repository.create(
            sandbox, [new_job._replace(id=lambda number: make(ids, kind, number))]
        )
        return job

    def _list(self, operation: Operation) -> Handler:
        answer = self._lists.compile(operation)

        def show_list(request: Request) -> Response:
            group = self.group(account_of(request), request.path)
            body, headers = answer(request, group)
            return Response(operation.success, body, headers)

        return show_list

    def _action(self, operation: Operation, actions: Mapping[str, Action]) -> Handler:
        show = self._shower(operation)
        poll, fetch = actions.get("poll"), actions.get("fetch")
        change = next((row for name, row in actions.items() if name not in ("poll", "fetch")), None)

        def act(request: Request) -> Response:
            job = self._find(request)
            if change is not None:
                return self._change(request, operation, change, job, show)
            facts = JobFacts(self._contract.lifecycle, request, job)
            is_ready = fetch is not None and facts.state in fetch.allowed | fetch.ignored
            if fetch is not None and (is_ready or poll is None):
                self._repository.check(request.sandbox, fetch, job)
                return self._with_headers(
                    operation, facts, self._files.response(request.sandbox, job)
                )
            assert poll is not None
            self._repository.check(request.sandbox, poll, job)
            return show(facts, poll.answers.get(facts.state, operation.success))

        return act

    def _change(
        self,
        request: Request,
        operation: Operation,
        action: Action,
        job: Job,
        show: Callable[[JobFacts, int], Response],
    ) -> Response:
        state = self._repository.check(request.sandbox, action, job)
        facts = JobFacts(self._contract.lifecycle, request, job)
        if action.enters is not None:
            job = self._repository.apply_transition(request.sandbox, action, job)
            facts = JobFacts(self._contract.lifecycle, request, job)
        elif action.name in ("delete", "cancel"):
            self._repository.remove(request.sandbox, job)
        return show(facts, action.answers.get(state, operation.success))

    def _view(self, operation: Operation) -> Handler:
        show = self._shower(operation)

        def view(request: Request) -> Response:
            job = self._find(request)
            return show(JobFacts(self._contract.lifecycle, request, job), operation.success)

        return view

    def _stateless(self, operation: Operation) -> Handler:
        make = self._examples.make

        def answer(request: Request) -> Response:
            rng = request.sandbox.ids.random(f"stateless {operation.id}", 0)
            return make(operation, operation.success, rng)

        return answer

    def _shower(self, operation: Operation) -> Callable[[JobFacts, int], Response]:
        """Return what makes the response that shows a job, by its status."""
        made: dict[int, tuple[Maker | None, Mapping[str, Maker], str | None]] = {}

        def compile_status(status: int) -> tuple[Maker | None, Mapping[str, Maker], str | None]:
            content = (operation.response(status) or {}).get("content", {})
            media = next(iter(content), None)
            return (
                self._bodies.of_status(operation, status) if content else None,
                self._bodies.headers(operation, status),
                None if media == "application/json" else media,
            )

        def show(facts: JobFacts, status: int) -> Response:
            if status not in made:
                made[status] = compile_status(status)
            body, headers, media = made[status]
            sent = _headers(headers, facts)
            if body is None:
                return Response(status, headers=sent)
            if media is not None:
                sent["Content-Type"] = media
            return Response(status, body(facts), sent)

        return show

    def _with_headers(self, operation: Operation, facts: JobFacts, response: Response) -> Response:
        headers = _headers(self._bodies.headers(operation, response.status), facts)
        return replace(response, headers={**headers, **response.headers})

    def _find(self, request: Request) -> Job:
        """Return the job of a request.

        Raises:
            ApiError: 404, it is unknown or another account's; 403, a link's signature is not valid.
        """
        operation = request.operation.id
        place, name = self._roles.parameters[operation]
        job_id = str((request.path if place == "path" else request.query).get(name))
        expires = self._signed_until(request, job_id) if operation in self._signed else None
        job = self._repository.find(request.sandbox, job_id)
        is_own = job is not None and (
            expires is not None
            or request.identity is None
            or job.account == request.identity.account
        )
        if job is None or not is_own or not self._in_scope(request, job):
            raise ApiError(404, f"Unknown {self._contract.lifecycle.job}.", field=name)
        return job

    def _in_scope(self, request: Request, job: Job) -> bool:
        """Return whether the parameters of a path are those that the job was created with."""
        created = job.details.get(INPUT, {}).get("path", {})
        return all(
            created.get(name, value) == value
            for name, value in request.path.items()
            if name in created
        )

    def _signed_until(self, request: Request, job_id: str) -> int | None:
        """Return the expiry of a signed link; None for a caller with credentials instead.

        Raises:
            ApiError: 403, the signature is missing, of something else, or has expired.
        """
        until, signature = self._links.signature_names(request.operation.id)
        expires, sent = request.query.get(until), request.query.get(signature)
        if expires is None and sent is None and request.identity is not None:
            return None
        number = int(str(expires)) if str(expires).isdecimal() else 0
        if not is_signed(request.sandbox, job_id, number, str(sent)):
            raise ApiError(403, "The signature of the link is not valid.", field=signature)
        if request.sandbox.now() >= number * 1000:
            raise ApiError(403, "The link has expired.", field=until)
        return number

    def group(self, account: str, path: Mapping[str, Any]) -> str:
        """Return the group of jobs of an account, and of what the path of a list names."""
        values = [f"{name}={path[name]}" for name in self._scope if name in path]
        if not values:
            return account
        return f"{account}?{blake2b('&'.join(values).encode(), digest_size=12).hexdigest()}"

    def _inputs(self, request: Request) -> dict[str, Any]:
        """Return what a creation was sent, by place."""
        secrets = query_keys(self._contract, request.operation)
        places = {
            "body": request.body,
            "path": dict(request.path),
            "query": {name: it for name, it in request.query.items() if name not in secrets},
            "header": {
                name: request.headers[name]
                for name in self._header_inputs
                if name in request.headers
            },
        }
        if isinstance(request.body, dict):
            places["body"] = {**self._defaults(request.operation), **request.body}
        return {place: sent for place, sent in places.items() if sent}

    def _defaults(self, operation: Operation) -> Mapping[str, Any]:
        schema = json_schema_of((operation.body or {}).get("content", {}))
        members = self._bodies.members(schema)
        return {name: row["default"] for name, row in members.items() if "default" in row}

    def _details(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the details of a job: its inputs, and the name and format among them."""
        details: dict[str, Any] = {INPUT: inputs}
        sent: dict[str, Any] = {}
        for place in ("query", "path", "body"):
            values = inputs.get(place)
            sent |= values if isinstance(values, dict) else {}
        for name, known in (("name", _NAMES), (FORMAT, _FORMATS)):
            found = next((v for key, v in sent.items() if plain_name(key) in known), None)
            if isinstance(found, str):
                details[name] = found
        spec = self._contract.lifecycle.file
        if spec is not None and spec.format is not None:
            facts_input = _read_input(inputs, spec.format)
            if facts_input is not None:
                details[FORMAT] = str(facts_input)
        return details


def account_of(request: Request) -> str:
    """Return the account of the caller."""
    return DEFAULT_ACCOUNT if request.identity is None else request.identity.account


def scope_of(contract: Contract) -> tuple[str, ...]:
    """Return the parameters of a list's path that the path of the creation has too."""
    actions = contract.lifecycle.actions
    names = [
        {
            row["name"]
            for row in contract.operations[action.operation].parameters
            if row["in"] == "path"
        }
        for action in (actions["create"], actions.get("list"))
        if action is not None
    ]
    return tuple(sorted(names[0] & names[1])) if len(names) > 1 else ()


def _header_inputs(contract: Contract) -> frozenset[str]:
    """Return the request headers, in lower case, that a declared value is taken from."""
    rows = (row for rows in contract.lifecycle.values.values() for row in rows)
    named = (str(row.argument) for row in rows if row.kind == "input")
    return frozenset(n.partition(" ")[2].lower() for n in named if n.startswith("header "))


def _read_input(inputs: Mapping[str, Any], source: str) -> Any:
    try:
        if source.startswith("/"):
            return pointer.find(inputs.get("body"), source)
        place, _, name = source.partition(" ")
        return inputs[place][name] if name else inputs[place]
    except (LookupError, TypeError):
        return None


def _headers(makers: Mapping[str, Maker], facts: JobFacts) -> dict[str, str]:
    values = ((name, maker(facts)) for name, maker in makers.items())
    return {name: _text(value) for name, value in values if value is not ABSENT}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
