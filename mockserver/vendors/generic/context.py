"""The facts of one job that fill the members of a body: inputs, times, progress; and links."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from hmac import compare_digest
from operator import itemgetter
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from msgspec import Struct

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
from specs import Contract, Lifecycle, pointer

PLACES = ("body", "path", "query", "header")
"""The details of a job that hold what its creation was sent, by place."""

ABSENT: Any = object()
"""Stands for an input that was not sent, and for a member that is left out of a body."""

LINK_SECONDS = 3600
"""How long a signed link holds after it is shown; it has no longer life than its job's file."""

_DAY_MS = 86_400_000
_NAME = re.compile(r"%\((.*?)\)s")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+").fullmatch

Url = Callable[["JobFacts"], str]


class JobFacts(Struct, dict=True, eq=False):
    """A job at the time of a request; all times in milliseconds since the epoch."""

    lifecycle: Lifecycle
    request: Request
    job: Job
    details: Mapping[str, Any]
    state: str
    link_values: Mapping[str, str] | None = None

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox of the request."""
        return self.request.sandbox

    @cached_property
    def now(self) -> int:
        """The time of the request, or that of the creation in the answer to it."""
        return self.request.sandbox.now()

    @cached_property
    def entered(self) -> Transitions:
        """The states entered so far, each with its time."""
        return timeline(self.job, self.now)

    @cached_property
    def ahead(self) -> Transitions:
        """All states of the job's life as it is planned now."""
        return timeline(self.job, LATEST)

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


def facts_at(lifecycle: Lifecycle, request: Request, job: Job, now: int) -> JobFacts:
    """Return the facts of a job at a time."""
    facts = JobFacts(lifecycle, request, job, job.details, current_state(job, now))
    facts.now = now
    return facts


class HasDetails(Protocol):
    """A job, its facts, or a new one."""

    @property
    def details(self) -> Mapping[str, Any]: ...


def input_reader(source: str) -> Callable[[HasDetails], Any]:
    """Return what reads an input of a creation from the details of its job.

    `source` is a JSON pointer into the body, or `PLACE NAME`, or a place. It reads ABSENT for
    null, and for what was not sent and has no default.
    """
    place, _, name = ("body", "", source) if source.startswith("/") else source.partition(" ")
    if place == "header":
        name = name.lower()
    steps = pointer.tokens(name) if name.startswith("/") else [name] * bool(name)
    if len(steps) != 1:
        return lambda job: _found(job.details, place, name)
    (key,) = steps

    def read(job: HasDetails) -> Any:
        sent = job.details.get(place)
        value = sent.get(key) if isinstance(sent, dict) else None
        return ABSENT if value is None else value

    return read


def _found(details: Mapping[str, Any], place: str, at: str) -> Any:
    try:
        value = pointer.find(details.get(place), at)
    except LookupError:
        return ABSENT
    return ABSENT if value is None else value


class Links:
    """The links to the operations of one contract, by operationId and by action."""

    def __init__(self, contract: Contract, roles: Roles, scheme: str) -> None:
        self._scheme = scheme
        self._parameters = roles.parameters
        self._contract = contract
        actions = {name: row.operation for name, row in contract.lifecycle.actions.items()}
        if actions["poll"] not in roles.parameters:  # a list, which is not about one job
            actions["poll"] = actions.get("fetch", actions["poll"])
        self._operations = {**{name: name for name in contract.operations}, **actions}
        self._values: dict[str, Callable[[JobFacts], str]] = {}
        self._has_origin = False

    def knows(self, target: str) -> bool:
        """Return whether there is such an action or operation."""
        return target in self._operations

    def link(self, target: str, *, signed: bool = False, is_relative: bool = False) -> Url:
        """Return what makes the URL of an action or operation for a job.

        It is absolute, or begins with the path where it is relative.
        """
        operation = self._operations[target]
        named = ("%(/)s" if is_relative else "%(//)s") + self._template(operation)
        self._has_origin |= not is_relative
        # Values by position are put in twice as fast as by name.
        template, pick = _NAME.sub("%s", named), itemgetter(*_NAME.findall(named))
        values = self._values_of

        def url(facts: JobFacts) -> str:
            text: str = template % pick(facts.link_values or values(facts))
            return text

        return self._signed(url, operation) if signed else url

    def _template(self, operation: str) -> str:
        """Return the path of an operation for the operator %, with the query that names the job.

        What stands for a job's id has no name; see `_values_of`.
        """
        place, name = self._parameters.get(operation, ("", ""))
        path = self._contract.operations[operation].path.replace("%", "%%")
        for other in _names(path):
            if (place, name) != ("path", other):
                self._values.setdefault(other, _path_value(other))
        if place == "path":
            path = path.replace(f"{{{name}}}", "%()s")
        elif place == "query":
            path += f"?{name}=%()s"
        return path.replace("{", "%(").replace("}", ")s")

    def _values_of(self, facts: JobFacts) -> Mapping[str, str]:
        """Return what stands in links to a job: the same for all links of a body.

        No parameter has the names of its id ("") and of what URLs begin with, relative and not.
        """
        asked = facts.request.path
        values = {"": quoted(facts.job.id), "/": facts.request.root_path}
        for name, find in self._values.items():
            values[name] = quoted(str(asked[name]) if name in asked else find(facts))
        if self._has_origin:
            values["//"] = self.origin(facts.request)
        facts.link_values = values
        return values

    def _signed(self, url: Url, operation: str) -> Url:
        until, signature = self.signature_names(operation)

        def make(facts: JobFacts) -> str:
            expires = facts.link_expiry()
            sandbox = facts.sandbox
            text = sandbox.tag_secret(sign(sandbox, facts.job.id, expires))
            plain = url(facts)
            query = urlencode({until: expires, signature: text})
            return f"{plain}{'&' if '?' in plain else '?'}{query}"

        return make

    def origin(self, request: Request, *, is_relative: bool = False) -> str:
        """Return what URLs of this server begin with, as the client knows it."""
        if is_relative:
            return request.root_path
        host = request.headers.get("host", "localhost")
        return f"{self._scheme}://{host}{request.root_path}"

    def signature_names(self, operation: str) -> tuple[str, str]:
        """Return the query parameters of the expiry and of the signature."""
        row = self._contract.operations[operation]
        return (
            signature_parameter(row, EXPIRY_NAMES) or "expires",
            signature_parameter(row, SIGNATURE_NAMES) or "signature",
        )


def _names(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def _path_value(name: str) -> Callable[[JobFacts], str]:
    """Return what finds the value of a path parameter that the request does not have."""
    readers = [input_reader(f"{place} {name}") for place in ("path", "query", "body")]

    def value(facts: JobFacts) -> str:
        found = (read(facts) for read in readers)
        return str(next((sent for sent in found if sent is not ABSENT), facts.job.account))

    return value


@lru_cache(maxsize=1024)  # clients poll the same few
def quoted(text: str) -> str:
    """Return a text as it stands in a segment of a path."""
    return text if _UNRESERVED(text) else quote(text, safe="")  # which takes five times as long


def sign(sandbox: Sandbox, job_id: str, expires: int) -> str:
    """Return the signature of a link to a job until `expires`, in seconds since the epoch."""
    return sandbox.ids.hex(f"link {job_id}", expires).lower()


def is_signed(sandbox: Sandbox, job_id: str, expires: int, signature: str) -> bool:
    """Return whether a signature is that of a link of this sandbox."""
    expected = sign(sandbox, job_id, expires)
    return compare_digest(sandbox.untag_secret(signature).encode(), expected.encode())


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
    return at + _DAY_MS


_TIMES: Mapping[str, Callable[[JobFacts], int | None]] = {
    "created_at": lambda facts: facts.job.created_at,
    "updated_at": lambda facts: facts.entered[-1][1],
    "started_at": _started,
    "ended_at": _ended,
    "expires_at": _expires,
    "now": lambda facts: facts.now,
}
