"""The facts of one job that fill the members of a body: inputs, times, links, progress."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hmac import compare_digest
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.clock import LATEST
from mockserver.http.messages import Request
from mockserver.jobs import Job, Transitions
from mockserver.jobs.schedule import current_state, timeline
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors.generic.operations import (
    EXPIRY_NAMES,
    SIGNATURE_NAMES,
    Roles,
    signature_parameter,
)
from specs import Contract, Lifecycle, Operation, pointer

INPUT = "input"
"""The detail of a job that holds what its creation was sent, by place."""

LINK_SECONDS = 3600
"""How long a signed link holds after it is shown; it has no longer life than its job's file."""

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Link:
    """The URL of one operation for a job; signed, it has an expiry and a signature."""

    parts: tuple[tuple[str, str | None], ...]
    query: str | None
    expires: str
    signature: str

    def path(self, job: "JobFacts", id_parameter: str | None) -> str:
        """Return the path, with the query that names the job."""
        path = "".join(
            literal + (quote(job.path_value(name, id_parameter), safe="") if name else "")
            for literal, name in self.parts
        )
        return path if self.query is None else f"{path}?{urlencode({self.query: job.job.id})}"


class Links:
    """The links to the operations of one contract, by operationId and by action."""

    def __init__(self, contract: Contract, roles: Roles, scheme: str) -> None:
        self._scheme = scheme
        self._roles = roles
        self._links = {name: _link(row, roles) for name, row in contract.operations.items()}
        self._operations = {
            **{name: name for name in contract.operations},
            **{name: row.operation for name, row in contract.lifecycle.actions.items()},
        }

    def knows(self, target: str) -> bool:
        """Return whether there is such an action or operation."""
        return target in self._operations

    def url(self, facts: "JobFacts", target: str, *, signed: bool = False) -> str:
        """Return the absolute URL of an action or operation for a job."""
        operation = self._operations[target]
        link = self._links[operation]
        place = self._roles.parameters.get(operation)
        path = link.path(facts, place[1] if place is not None and place[0] == "path" else None)
        if signed:
            expires = facts.link_expiry()
            query = {
                link.expires: expires,
                link.signature: facts.sandbox.tag_secret(
                    sign(facts.sandbox, facts.job.id, expires)
                ),
            }
            path += ("&" if "?" in path else "?") + urlencode(query)
        return f"{self.origin(facts.request)}{path}"

    def origin(self, request: Request) -> str:
        """Return what URLs of this server begin with, as the client knows it."""
        host = request.headers.get("host", "localhost")
        return f"{self._scheme}://{host}{request.root_path}"

    def signature_names(self, operation: str) -> tuple[str, str]:
        """Return the query parameters of the expiry and of the signature."""
        link = self._links[operation]
        return link.expires, link.signature


def _link(operation: Operation, roles: Roles) -> Link:
    parts: list[tuple[str, str | None]] = []
    rest = operation.path
    while "{" in rest:
        literal, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        parts.append((literal, name))
    place = roles.parameters.get(operation.id)
    return Link(
        parts=(*parts, (rest, None)),
        query=place[1] if place is not None and place[0] == "query" else None,
        expires=signature_parameter(operation, EXPIRY_NAMES) or "expires",
        signature=signature_parameter(operation, SIGNATURE_NAMES) or "signature",
    )


def sign(sandbox: Sandbox, job_id: str, expires: int) -> str:
    """Return the signature of a link to a job until `expires`, in seconds since the epoch."""
    return sandbox.ids.hex(f"link {job_id}", expires).lower()


def is_signed(sandbox: Sandbox, job_id: str, expires: int, signature: str) -> bool:
    """Return whether a signature is that of a link of this sandbox."""
    expected = sign(sandbox, job_id, expires)
    return compare_digest(sandbox.untag_secret(signature).encode(), expected.encode())


class JobFacts:
    """A job at the time of a request; all times in milliseconds since the epoch."""

    __slots__ = ("__dict__", "job", "lifecycle", "now", "request", "sandbox", "state")

    def __init__(self, lifecycle: Lifecycle, request: Request, job: Job) -> None:
        self.lifecycle = lifecycle
        self.request = request
        self.sandbox = request.sandbox
        self.job = job
        self.now = request.sandbox.now()
        self.state = current_state(job, self.now)

    @cached_property
    def entered(self) -> Transitions:
        """The states entered so far, each with its time."""
        return timeline(self.job, self.now)

    @cached_property
    def ahead(self) -> Transitions:
        """All states of the job's life as it is planned now."""
        return timeline(self.job, LATEST)

    def input(self, source: str) -> Any:
        """Return an input of the creation; LookupError if it was not sent and has no default."""
        inputs: Mapping[str, Any] = self.job.details.get(INPUT, {})
        if source == "body":
            return inputs["body"]
        if source.startswith("/"):
            return pointer.find(inputs.get("body"), source)
        place, _, name = source.partition(" ")
        return inputs[place][name.lower() if place == "header" else name]

    def path_value(self, name: str, id_parameter: str | None) -> str:
        """Return the value of a path parameter in a link to the job."""
        if name == id_parameter:
            return self.job.id
        inputs: Mapping[str, Any] = self.job.details.get(INPUT, {})
        for place in ("path", "query", "body"):
            values = inputs.get(place)
            if isinstance(values, dict) and name in values:
                return str(values[name])
        sent = self.request.path.get(name)
        return self.job.account if sent is None else str(sent)

    def time(self, name: str) -> int | None:
        """Return a time of the job by name; None if it has none so far."""
        return _TIMES[name](self)

    def retry_after(self) -> int | None:
        """Return the whole seconds until the next state, at least 1; None without one."""
        following = next((at for _, at in self.ahead if at > self.now), None)
        return None if following is None else max(-(-(following - self.now) // 1000), 1)

    def progress(self) -> int:
        """Return how far the job is, 0 to 100."""
        states = self.lifecycle.states
        end = next((at for s, at in self.ahead if states[s].file or states[s].final), None)
        if end is None or end <= self.job.created_at:
            return 100 if states[self.state].file else 0
        share = 100 * (min(self.now, end) - self.job.created_at) // (end - self.job.created_at)
        return share if states[self.state].file or states[self.state].final else min(share, 99)

    def link_expiry(self) -> int:
        """Return when a signed link that is shown now expires, in seconds since the epoch."""
        return min(self.now // 1000 + LINK_SECONDS, _expires(self) // 1000)

    def number(self, kind: str, low: int, high: int) -> int:
        """Return an invented number, the same for the same job."""
        return self.sandbox.ids.random(f"{kind} of {self.job.id}", 0).randint(low, high)


def _started(facts: JobFacts) -> int | None:
    states, initial = facts.lifecycle.states, facts.lifecycle.initial
    return next(
        (at for s, at in facts.entered if s != initial and (states[s].file or not states[s].final)),
        None,
    )


def _ended(facts: JobFacts) -> int | None:
    states = facts.lifecycle.states
    return next((at for s, at in facts.entered if states[s].file or states[s].final), None)


def _expires(facts: JobFacts) -> int:
    """Return when the file goes, or a day after it came, where nothing takes it away."""
    states = facts.lifecycle.states
    at = facts.job.created_at
    has_file = False
    for state, entered in facts.ahead:
        if has_file and not states[state].file:
            return entered
        if states[state].file and not has_file:
            at, has_file = entered, True
    return at + DAY_SECONDS * 1000


_TIMES: Mapping[str, Callable[[JobFacts], int | None]] = {
    "created_at": lambda facts: facts.job.created_at,
    "updated_at": lambda facts: facts.entered[-1][1],
    "started_at": _started,
    "ended_at": _ended,
    "expires_at": _expires,
    "now": lambda facts: facts.now,
}
