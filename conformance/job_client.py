"""Who asks, as exchanges and reports name it: the drivers of this folder that know their jobs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from conformance.contract_queries import (
    has_parameter,
    job_parameter,
    link_pointers,
    match_path,
    operation_at,
    request_parameters,
    strings_in,
    value_at,
)
from conformance.http.exchange import Exchange, ExchangeInfo
from conformance.http.request import HttpRequest, parse_url
from conformance.request_data.factory import RequestFactory
from conformance.request_data.operation_request import OperationRequest
from conformance.target.client import Client
from conformance.target.config import PRIMARY
from conformance.target.tracker import JobHistory
from specs import Contract, Operation

LIFECYCLE: Final = "lifecycle"
PROBE: Final = "probe"
DOWNLOAD: Final = "download"
NEGATIVE: Final = "negative"


@dataclass(frozen=True, slots=True)
class JobRef:
    """A job by its id, and by the other parameters that its requests carry."""

    id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ours: bool = False

    def own_parameters(self, operation: Operation) -> dict[str, Any]:
        """Return the parameters that the job was made with; other optional ones are left out.

        Values that do for new jobs may belong to others.
        """
        optional = {p["name"]: None for p in operation.parameters if not p.get("required")}
        own = {key: v for key, v in self.parameters.items() if has_parameter(operation, key)}
        return {**optional, **own}


def follow_redirect(client: Client, exchange: Exchange, handle: JobRef) -> Exchange | None:
    """Fetch what the Location of a redirect names; None without one, or if its host is strange.

    The exchange belongs to no operation; its parameters are those of the job. One of the target's
    download hosts is asked without credentials.
    """
    received = exchange.response
    if received is None or not 300 <= received.status < 400:
        return None
    location = received.headers.get("Location")
    there = parse_url(location, exchange.request.url) if location is not None else None
    # Where it is no URL the checks of links say what is wrong with it.
    return download(client, there, handle) if there is not None else None


def download(client: Client, there: SplitResult, handle: JobRef) -> Exchange | None:
    """Fetch a job's file from where the target says it is; None if that host is strange."""
    base = urlsplit(client.target.base_url)
    label = ExchangeInfo(None, DOWNLOAD, PRIMARY, None, {**handle.parameters, "id": handle.id})
    if (there.scheme, there.netloc) != (base.scheme, base.netloc):
        known = there.hostname in client.target.download_hosts
        return client.download(there, replace(label, role=None)) if known else None
    fetch = client.contract.operations[client.contract.lifecycle.actions["fetch"].operation]
    path = there.path.removeprefix(base.path) + (f"?{there.query}" if there.query else "")
    return client.send(fetch, HttpRequest("GET", path), {"Accept": "*/*"}, info=label)


MAX_PAGES: Final = 5
MAX_PAGE_SIZE: Final = 1000


def paginate(
    requests: RequestFactory, operation: Operation, handle: JobRef
) -> Iterator[OperationRequest]:
    """Yield requests for the list that a job should be in, from its first page on."""
    wide = {p["name"]: widest_value(p) for p in operation.parameters if widest_value(p) is not None}
    size = next((v for v in wide.values() if v is not True), 1)
    for number in range(MAX_PAGES):
        place = {
            p["name"]: page_position(p, number, size)
            for p in operation.parameters
            if _is_page_or_offset(p)
        }
        yield requests.minimal(operation.id, {**handle.own_parameters(operation), **wide, **place})


def file_place(contract: Contract, exchange: Exchange) -> SplitResult | None:
    """Return where an answer says that a job's file is, None where it is the usual place.

    That is the Location of a redirect, else the link in the body; Location's usual place is a mere
    default (Talkdesk's page on the status of a job), so any other address is right as well.
    """
    response = exchange.response
    if response is None:
        return None
    fetch = contract.lifecycle.actions["fetch"].operation
    found = [value_at(exchange.json, pointer) for pointer in link_pointers(contract, fetch)]
    if 300 <= response.status < 400:
        found.insert(0, response.headers.get("Location"))
    text = next((place for place in found if isinstance(place, str)), None)
    there = parse_url(text, exchange.request.url) if text is not None else None
    if there is None or there.netloc != urlsplit(exchange.request.url).netloc:
        return there
    known = operation_at(contract, there.path) is not None or there.path in {"", "/"}
    return None if known else there


def is_full(exchange: Exchange, items: str) -> bool:
    """Tell whether a list has as many items as were asked for, so that more may follow."""
    sizes = [int(text) for _, text in exchange.request.query if text.isdigit()]
    found = value_at(exchange.json, items)
    return isinstance(found, list) and bool(sizes) and len(found) >= max(sizes)


def widest_value(parameter: Mapping[str, Any]) -> Any:
    """Return the value by which a parameter of a list shows the most, None where it has none."""
    schema = parameter.get("schema", {})
    if parameter["in"] != "query":
        return None
    if schema.get("type") == "boolean":
        return True
    if (
        schema.get("type") == "integer"
        and schema.get("maximum", MAX_PAGE_SIZE + 1) <= MAX_PAGE_SIZE
    ):
        return schema["maximum"]
    return None


def _is_page_or_offset(parameter: Mapping[str, Any]) -> bool:
    """Tell whether a parameter is the page or the offset."""
    schema = parameter.get("schema", {})
    counts = parameter["in"] == "query" and schema.get("type") == "integer"
    return counts and bool(schema.get("maximum", 0) > MAX_PAGE_SIZE)


def page_position(parameter: Mapping[str, Any], number: int, size: int) -> int | None:
    """Return the page or offset of the page `number` (from 0); the first one needs none."""
    if not number and not parameter.get("required"):
        return None
    start = int(parameter["schema"].get("minimum", 0))
    return start + number * (size if start == 0 else 1)


# Seconds of the target's time: moved at once with a control URL, else really waited.
FIRST_POLL_INTERVAL: Final = {True: 5.0, False: 0.1}
MAX_POLL_INTERVAL: Final = {True: 60.0, False: 5.0}
MAX_WAIT: Final = 300.0


class JobClient:
    """Speaks to jobs of a client's target by the actions that lifecycle.yaml names."""

    def __init__(self, client: Client, driver: str) -> None:
        self.client = client
        self.factory = RequestFactory(client)
        self.lifecycle = client.contract.lifecycle
        self._driver = driver

    def supports(self, action: str) -> bool:
        """Tell whether the vendor knows an operation in this part."""
        return action in self.lifecycle.actions

    def create(self, asked: OperationRequest | None = None) -> JobRef | None:
        """Create a job; where a request of our own making is refused, a barer one is tried.

        None where no job came of it.
        """
        operation = self.lifecycle.actions["create"].operation
        plain = asked or self.factory.minimal(operation)
        exchange = plain.send(self.client, self._driver)
        if (bare := self.factory.required_only(plain)) is not None and exchange.status in {
            400,
            422,
        }:
            exchange = bare.send(self.client, self._driver)
        return self.created_job(exchange)

    def created_job(self, exchange: Exchange) -> JobRef | None:
        """Return the job that a creation made, None where it made none.

        Its id is the one of its own link, should the body spell it in another way.
        """
        if exchange.status is None or exchange.status >= 300:
            return None
        if (linked := self._linked(exchange)) is not None:
            return JobRef(linked, request_parameters(exchange), ours=True)
        for job in self.client.jobs:
            if job.creation is exchange:
                return JobRef(job.id, request_parameters(exchange), ours=True)
        return None

    def _linked(self, exchange: Exchange) -> str | None:
        """Return the id in a link to the look at the job, where the body's own is no text."""
        poll = self.lifecycle.actions["poll"].operation
        name = job_parameter(self.client.contract, poll)
        create = self.lifecycle.locations[self.lifecycle.actions["create"].operation]
        if name is None or isinstance(value_at(exchange.json, create.id), str):
            return None
        template = self.client.contract.operations[poll].path
        for text in strings_in(exchange.json):
            parts = parse_url(text)
            if parts is not None and (found := match_path(template, parts.path)):
                return found[name]
        return None

    def ref(self, job: JobHistory) -> JobRef:
        """Return the handle of a job that the run has seen."""
        origin = job.creation or job.observations[0].exchange
        return JobRef(job.id, request_parameters(origin), job.created_by_us)

    def history(self, handle: JobRef) -> JobHistory | None:
        """Return what the run has seen of a job."""
        return next((job for job in self.client.jobs if job.id == handle.id), None)

    def last_states(self, handle: JobRef) -> frozenset[str]:
        """Return the states that a job was last seen in; none if it never was."""
        job = self.history(handle)
        seen = job.observations[-1].state if job and job.observations else None
        return self.lifecycle.states_named(seen) if seen is not None else frozenset()

    def known_jobs(self, *states: str) -> Iterator[JobRef]:
        """Yield the jobs that the target file names in `states`, then those last seen there."""
        name = job_parameter(self.client.contract, self._named_operation())
        for state in states:
            for row in self.client.target.known.get(state, ()):
                if name is not None and name in row:
                    yield JobRef(str(row[name]), row)
        for job in self.client.jobs:
            others = job.creation is not None and job.creation.request.role != PRIMARY
            seen = job.observations[-1].state if job.observations else ""
            if self.lifecycle.states_named(seen) & set(states) and not others:
                yield self.ref(job)

    def _named_operation(self) -> str:
        action = self.lifecycle.actions.get("fetch", self.lifecycle.actions["poll"])
        return action.operation

    def perform(self, action: str, handle: JobRef, *, as_role: str | None = PRIMARY) -> Exchange:
        """Send the request of a part of the lifecycle for a job."""
        asked = self.request_for(self.lifecycle.actions[action].operation, handle)
        return asked.send(self.client, self._driver, role=as_role, valid=as_role == PRIMARY or None)

    def request_for(self, operation_id: str, handle: JobRef) -> OperationRequest:
        """Return the request of an operation that names a job."""
        operation = self.client.contract.operations[operation_id]
        name = job_parameter(self.client.contract, operation_id)
        values = handle.own_parameters(operation)
        if name is not None:
            values[name] = handle.id
        return self.factory.minimal(operation_id, values)

    def poll(self, handle: JobRef) -> frozenset[str]:
        """Look at a job and return the states it may be in; none where it did not show."""
        operation = self.lifecycle.actions["poll"].operation
        if self.lifecycle.locations[operation].items is None:
            exchange = self.perform("poll", handle)
            return self._seen(handle, exchange)
        for exchange in self.list_pages(operation, handle, PRIMARY):
            if found := self._seen(handle, exchange):
                return found
        return frozenset()

    def list_pages(self, operation_id: str, handle: JobRef, role: str) -> Iterator[Exchange]:
        """Ask for the list that a job should be in, page by page until one is not full."""
        operation = self.client.contract.operations[operation_id]
        items = self.lifecycle.locations[operation_id].items or ""
        for asked in paginate(self.factory, operation, handle):
            exchange = asked.send(self.client, self._driver, role=role)
            yield exchange
            if not is_full(exchange, items):
                return

    def _seen(self, handle: JobRef, exchange: Exchange) -> frozenset[str]:
        job = self.history(handle)
        if job and job.observations and job.observations[-1].exchange is exchange:
            return self.lifecycle.states_named(job.observations[-1].state)
        return frozenset()

    def wait_for_state(self, handle: JobRef, *states: str) -> bool:
        """Wait until a job is in one of `states`; False where it cannot be, or takes too long."""
        control, patience = self.client.has_control, self.client.patience
        wait, waited = FIRST_POLL_INTERVAL[control], 0.0
        while True:
            found = self.poll(handle)
            if found & set(states):
                patience.reached(waited)
                return True
            if found and not any(self._may_reach(state, states) for state in found):
                return False
            shows = bool(found or self.last_states(handle))
            most = MAX_WAIT if control else patience.wait_for(shows_states=shows)
            if waited >= most or not self.client.wait(wait):
                if not control:
                    patience.missed(waited, shows_states=shows)
                return False
            waited += wait
            wait = min(wait * 2, MAX_POLL_INTERVAL[control])

    def _may_reach(self, state: str, states: tuple[str, ...]) -> bool:
        return bool(self.lifecycle.reachable(state, frozenset({"time"})) & set(states))

    @property
    def file_states(self) -> tuple[str, ...]:
        """The states in which a job has a file."""
        return tuple(state.name for state in self.lifecycle.states.values() if state.file)

    def fetch(self, handle: JobRef) -> Exchange:
        """Fetch the file of a job from where it was last said to be, and what it redirects to."""
        job = self.history(handle)
        seen = job.observations[-1].exchange if job and job.observations else None
        place = file_place(self.client.contract, seen) if seen else None
        found = download(self.client, place, handle) if place is not None else None
        exchange = found or self.perform("fetch", handle)
        return follow_redirect(self.client, exchange, handle) or exchange
