"""Leads jobs through their lives: creates, looks, waits, fetches, deletes, cancels, starts."""

from collections.abc import Iterator
from typing import Final

from conformance.access.client import Client
from conformance.access.ledger import JobHistory
from conformance.access.target import PRIMARY
from conformance.contracts.naming import given, job_parameter
from conformance.contracts.pointing import texts, value_at
from conformance.contracts.templates import match
from conformance.jobs.following import follow
from conformance.jobs.handle import Handle
from conformance.jobs.listing import is_full, pages
from conformance.requests.asked import Asked
from conformance.requests.strategies import Requests
from conformance.traffic.exchange import Exchange
from conformance.traffic.urls import read_url

# Seconds of the target's time: moved at once with a control URL, else really waited.
FIRST_WAIT: Final = {True: 5.0, False: 0.1}
LONGEST_WAIT: Final = {True: 60.0, False: 5.0}
PATIENCE: Final = {True: 300.0, False: 20.0}


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
            parts = read_url(text)
            if parts is not None and (found := match(template, parts.path)):
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
        values = handle.own(operation)
        if name is not None:
            values[name] = handle.id
        return self.requests.plain(operation_id, values)

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
        items = self.lifecycle.locations[operation_id].items or ""
        for asked in pages(self.requests, operation, handle):
            exchange = asked.send(self.client, self._driver, role=role)
            yield exchange
            if not is_full(exchange, items):
                return

    def _seen(self, handle: Handle, exchange: Exchange) -> frozenset[str]:
        job = self.history(handle)
        if job and job.sightings and job.sightings[-1].exchange is exchange:
            return self.lifecycle.named(job.sightings[-1].state)
        return frozenset()

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
        return follow(self.client, exchange, handle) or exchange
