"""Leads jobs through their lives: creates, looks, waits, fetches, deletes, cancels, starts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from conformance.asked import Asked
from conformance.client import Client
from conformance.draft import Draft
from conformance.exchange import Exchange
from conformance.ledger import JobHistory
from conformance.naming import given, job_parameter, takes
from conformance.pointing import texts, value_at
from conformance.strategies import Requests
from conformance.target import PRIMARY
from conformance.templates import match
from conformance.transport import Label
from specs import Operation

# Who asks, as the exchanges name it.
LIFECYCLE: Final = "lifecycle"
PROBE: Final = "probe"
DOWNLOAD: Final = "download"
HOSTILE: Final = "hostile"
PAGES: Final = 5
WIDEST: Final = 1000
# Seconds of the target's time: moved at once with a control URL, else really waited.
FIRST_WAIT: Final = {True: 5.0, False: 0.1}
LONGEST_WAIT: Final = {True: 60.0, False: 5.0}
PATIENCE: Final = {True: 300.0, False: 20.0}


@dataclass(frozen=True, slots=True)
class Handle:
    """A job by its id, and by the other parameters that its requests carry."""

    id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ours: bool = False


class Pilot:
    """Speaks to jobs of a client's target in the roles that lifecycle.yaml names."""

    def __init__(self, client: Client, driver: str) -> None:
        self.client = client
        self.requests = Requests(client)
        self.lifecycle = client.contract.lifecycle
        self._driver = driver

    def has(self, role: str) -> bool:
        """Tell whether the vendor knows an operation in this part."""
        return role in self.lifecycle.roles

    def create(self, asked: Asked | None = None) -> Handle | None:
        """Create a job; where a request of our own making is refused, a barer one is tried.

        None where no job came of it.
        """
        operation = self.lifecycle.roles["create"].operation
        plain = asked or self.requests.plain(operation)
        exchange = plain.send(self.client, self._driver)
        if (bare := self.requests.bare(plain)) is not None and exchange.status in {400, 422}:
            exchange = bare.send(self.client, self._driver)
        return self.created(exchange)

    def created(self, exchange: Exchange) -> Handle | None:
        """Return the job that a creation made, None where it made none.

        Its id is the one of its own link, should the body spell it in another way.
        """
        if exchange.status is None or exchange.status >= 300:
            return None
        if (linked := self._linked(exchange)) is not None:
            return Handle(linked, given(exchange), ours=True)
        for job in self.client.jobs:
            if job.request is exchange:
                return Handle(job.id, given(exchange), ours=True)
        return None

    def _linked(self, exchange: Exchange) -> str | None:
        """Return the id in a link to the look at the job, where the body's own is no text."""
        poll = self.lifecycle.roles["poll"].operation
        name = job_parameter(self.client.contract, poll)
        create = self.lifecycle.locations[self.lifecycle.roles["create"].operation]
        if name is None or isinstance(value_at(exchange.json, create.id), str):
            return None
        template = self.client.contract.operations[poll].path
        for text in texts(exchange.json):
            if found := match(template, urlsplit(text).path):
                return found[name]
        return None

    def handle(self, job: JobHistory) -> Handle:
        """Return the handle of a job that the run has seen."""
        origin = job.request or job.sightings[0].exchange
        return Handle(job.id, given(origin), job.created_by_us)

    def history(self, handle: Handle) -> JobHistory | None:
        """Return what the run has seen of a job."""
        return next((job for job in self.client.jobs if job.id == handle.id), None)

    def states(self, handle: Handle) -> frozenset[str]:
        """Return the states that a job was last seen in; none if it never was."""
        job = self.history(handle)
        seen = job.sightings[-1].state if job and job.sightings else None
        return self.lifecycle.named(seen) if seen is not None else frozenset()

    def known(self, *states: str) -> Iterator[Handle]:
        """Yield the jobs that the target file names in `states`, then those last seen there."""
        name = job_parameter(self.client.contract, self._named_operation())
        for state in states:
            for row in self.client.target.known.get(state, ()):
                if name is not None and name in row:
                    yield Handle(str(row[name]), row)
        for job in self.client.jobs:
            others = job.request is not None and job.request.sent.role != PRIMARY
            seen = job.sightings[-1].state if job.sightings else ""
            if self.lifecycle.named(seen) & set(states) and not others:
                yield self.handle(job)

    def _named_operation(self) -> str:
        role = self.lifecycle.roles.get("fetch", self.lifecycle.roles["poll"])
        return role.operation

    def ask(self, role: str, handle: Handle, *, as_role: str | None = PRIMARY) -> Exchange:
        """Send the request of a part of the lifecycle for a job."""
        asked = self.asked(self.lifecycle.roles[role].operation, handle)
        return asked.send(self.client, self._driver, role=as_role, valid=as_role == PRIMARY or None)

    def asked(self, operation_id: str, handle: Handle) -> Asked:
        """Return the request of an operation that names a job."""
        operation = self.client.contract.operations[operation_id]
        name = job_parameter(self.client.contract, operation_id)
        values = self._own(operation, handle)
        if name is not None:
            values[name] = handle.id
        return self.requests.plain(operation_id, values)

    @staticmethod
    def _own(operation: Operation, handle: Handle) -> dict[str, Any]:
        """Return the parameters that a job was made with; all other optional ones are left out.

        Values that do for new jobs may belong to others.
        """
        optional = {p["name"]: None for p in operation.parameters if not p.get("required")}
        own = {key: v for key, v in handle.parameters.items() if takes(operation, key)}
        return {**optional, **own}

    def poll(self, handle: Handle) -> frozenset[str]:
        """Look at a job and return the states it may be in; none where it did not show."""
        operation = self.lifecycle.roles["poll"].operation
        if self.lifecycle.locations[operation].items is None:
            exchange = self.ask("poll", handle)
            return self._seen(handle, exchange)
        for exchange in self.listed(operation, handle, PRIMARY):
            if found := self._seen(handle, exchange):
                return found
        return frozenset()

    def listed(self, operation_id: str, handle: Handle, role: str) -> Iterator[Exchange]:
        """Ask for the list that a job should be in, page by page until one is not full."""
        operation = self.client.contract.operations[operation_id]
        for asked in self._pages(operation, handle):
            exchange = asked.send(self.client, self._driver, role=role)
            yield exchange
            if not self._is_full(operation_id, exchange):
                return

    def _seen(self, handle: Handle, exchange: Exchange) -> frozenset[str]:
        job = self.history(handle)
        if job and job.sightings and job.sightings[-1].exchange is exchange:
            return self.lifecycle.named(job.sightings[-1].state)
        return frozenset()

    def _pages(self, operation: Operation, handle: Handle) -> Iterator[Asked]:
        """Yield requests for the list of jobs at its widest, page by page."""
        wide = {p["name"]: _widest(p) for p in operation.parameters if _widest(p) is not None}
        size = next((v for v in wide.values() if v is not True), 1)
        for number in range(PAGES):
            place = {
                p["name"]: start + number * (size if start == 0 else 1)
                if number or p.get("required")
                else None
                for p in operation.parameters
                if (start := _start(p)) is not None
            }
            own = self._own(operation, handle)
            yield self.requests.plain(operation.id, {**own, **wide, **place})

    def _is_full(self, operation_id: str, exchange: Exchange) -> bool:
        """Tell whether a list has as many items as were asked for, so that more may follow."""
        sizes = [int(text) for _, text in exchange.sent.query if text.isdigit()]
        items = value_at(exchange.json, self.lifecycle.locations[operation_id].items or "")
        return isinstance(items, list) and bool(sizes) and len(items) >= max(sizes)

    def lead(self, handle: Handle, *states: str) -> bool:
        """Wait until a job is in one of `states`; False where it cannot be, or takes too long."""
        control = self.client.has_control
        wait, waited = FIRST_WAIT[control], 0.0
        while True:
            found = self.poll(handle)
            if found & set(states):
                return True
            if found and not any(self._may_reach(state, states) for state in found):
                return False
            if waited >= PATIENCE[control] or not self.client.wait(wait):
                return False
            waited += wait
            wait = min(wait * 2, LONGEST_WAIT[control])

    def _may_reach(self, state: str, states: tuple[str, ...]) -> bool:
        return bool(self.lifecycle.reachable(state, frozenset({"time"})) & set(states))

    @property
    def file_states(self) -> tuple[str, ...]:
        """The states in which a job has a file."""
        return tuple(state.name for state in self.lifecycle.states.values() if state.file)

    def fetch(self, handle: Handle) -> Exchange:
        """Fetch the file of a job, and what it redirects to on the same host."""
        exchange = self.ask("fetch", handle)
        followed = self.follow(exchange, handle)
        return followed or exchange

    def follow(self, exchange: Exchange, handle: Handle) -> Exchange | None:
        """Fetch what the Location of a redirect names; None where it leads off this host."""
        received = exchange.received
        if received is None or not 300 <= received.status < 400:
            return None
        location = received.headers.get("Location")
        if location is None:
            return None
        base = urlsplit(self.client.target.base_url)
        there = urlsplit(urljoin(exchange.sent.url, location))
        if (there.scheme, there.netloc) != (base.scheme, base.netloc):
            return None
        fetch = self.client.contract.operations[self.lifecycle.roles["fetch"].operation]
        path = there.path.removeprefix(base.path) + (f"?{there.query}" if there.query else "")
        label = Label(None, DOWNLOAD, PRIMARY, None, {**handle.parameters, "id": handle.id})
        return self.client.send(fetch, Draft("GET", path), {"Accept": "*/*"}, label=label)


def _widest(parameter: Mapping[str, Any]) -> Any:
    """Return the value by which a parameter of a list shows the most, None where it has none."""
    schema = parameter.get("schema", {})
    if parameter["in"] != "query":
        return None
    if schema.get("type") == "boolean":
        return True
    if schema.get("type") == "integer" and schema.get("maximum", WIDEST + 1) <= WIDEST:
        return schema["maximum"]
    return None


def _start(parameter: Mapping[str, Any]) -> int | None:
    """Return the first value of a parameter that tells the page or the offset."""
    schema = parameter.get("schema", {})
    counts = parameter["in"] == "query" and schema.get("type") == "integer"
    return int(schema.get("minimum", 0)) if counts and schema.get("maximum", 0) > WIDEST else None
