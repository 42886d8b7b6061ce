"""A client of the jobs at a target: creates, polls, waits, fetches, deletes, cancels, starts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import islice
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from conformance.contract_queries import (
    has_parameter,
    job_parameter,
    link_pointers,
    match_path,
    operation_at,
    request_parameters,
    value_at,
)
from conformance.http import Exchange, ExchangeInfo
from conformance.http.request import HttpRequest, parse_url
from conformance.request_data import OperationRequest, following_page
from conformance.request_data.factory import RequestFactory
from conformance.target import PRIMARY
from conformance.target.client import Client
from conformance.target.tracker import JobHistory
from specs import Contract, Operation

# What sends a request, as `Exchange.driver` and the reports name it.
LIFECYCLE: Final = "lifecycle"
ACTIVE_CHECK: Final = "active check"
DOWNLOAD: Final = "download"
NEGATIVE: Final = "negative"

# Seconds of the target's time, with a control URL (which moves it) and without (really waited).
FIRST_POLL_INTERVAL: Final = {True: 5.0, False: 0.1}
MAX_POLL_INTERVAL: Final = {True: 60.0, False: 5.0}
MAX_WAIT: Final = 300.0
MAX_PAGES: Final = 5
MAX_PAGE_SIZE: Final = 1000
# So many redirects are followed, and so often the same one, until a file counts as out of reach.
MAX_REDIRECTS: Final = 10
MAX_REPEATED: Final = 3
UNFOLLOWED: Final = (
    "the file is at another place, from which nothing was fetched "
    "(`download_hosts` in the target file allows hosts)"
)
# A storage may take a signature or a credential, but not both.
_UNSIGNED: Final = frozenset({400, 401, 403})
# Of a list of a user's own vendor, whose pages may be small.
MAX_OWN_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class JobRef:
    """A job by its id and the other parameters of its requests; `ours`: this run created it."""

    id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ours: bool = False

    def own_parameters(self, operation: Operation) -> dict[str, Any]:
        """Return the parameters with which the job was created; None omits other optional ones.

        The values that suit new jobs need not suit this one.
        """
        optional = {p["name"]: None for p in operation.parameters if not p.get("required")}
        own = {name: v for name, v in self.parameters.items() if has_parameter(operation, name)}
        return {**optional, **own}


def redirect_url(exchange: Exchange) -> SplitResult | None:
    """Return where a redirect leads; None where there is none, or its Location is no URL."""
    response = exchange.response
    if response is None or not 300 <= response.status < 400:
        return None
    location = response.headers.get("Location")
    # What is wrong with an invalid URL is left to the checks of links.
    return parse_url(location, exchange.request.url) if location is not None else None


def follow_redirects(client: Client, exchange: Exchange, job: JobRef) -> tuple[Exchange, ...]:
    """Fetch what a redirect leads to, from one Location to the next; return these exchanges.

    It ends at a response that is no redirect, before a host that is not allowed, and where it would
    go on for ever.
    """
    seen = [exchange]
    while not is_endless(seen) and (url := redirect_url(seen[-1])) is not None:
        following = download(client, url, job)
        if following is None:
            break
        seen.append(following)
    return tuple(seen[1:])


def is_endless(redirected: Sequence[Exchange]) -> bool:
    """Return True for redirects, each followed, that only lead on: in a circle, or too often."""
    url = redirect_url(redirected[-1])
    if url is None:
        return False
    urls = [exchange.request.url.partition("#")[0] for exchange in redirected]
    repeated = urls.count(url._replace(fragment="").geturl())
    return repeated >= MAX_REPEATED or len(redirected) > MAX_REDIRECTS


def download(client: Client, url: SplitResult, job: JobRef) -> Exchange | None:
    """Fetch a job's file from another URL; None where its host is not allowed.

    The exchange belongs to no operation; its parameters are those of the job. A download host of
    the target gets no credentials. On the target's own host a storage that refuses them is asked
    again without.
    """
    base = urlsplit(client.target.base_url)
    info = ExchangeInfo(None, DOWNLOAD, PRIMARY, None, {**job.parameters, "id": job.id})
    if (url.scheme, url.netloc) != (base.scheme, base.netloc):
        allowed = url.hostname in client.target.download_hosts
        return client.download(url, replace(info, role=None)) if allowed else None
    actions = client.contract.lifecycle.actions
    fetch = client.contract.operations[actions.get("fetch", actions["poll"]).operation]
    path = url.path.removeprefix(base.path) + (f"?{url.query}" if url.query else "")
    if client.contract.own and (named := match_path(fetch.path, url.path)) is not None:
        info = replace(info, operation=fetch.id, path_parameters=named)
    request = HttpRequest("GET", client.restore_url(path))
    headers = {"Accept": "*/*"}
    exchange = client.send(fetch, request, headers, info=info)
    if exchange.status not in _UNSIGNED or operation_at(client.contract, url.path) is not None:
        return exchange
    unsigned = client.send(fetch, request, headers, info=replace(info, role=None))
    refused = unsigned.status is None or unsigned.status >= HTTPStatus.BAD_REQUEST
    return exchange if refused else unsigned


def paginate(
    factory: RequestFactory, operation: Operation, job: JobRef
) -> Iterator[OperationRequest]:
    """Yield requests for the pages of a list of jobs, with the widest filters."""
    own = job.own_parameters(operation)
    filters = {p["name"]: v for p in operation.parameters if (v := widest_value(p)) is not None}
    size = next((value for value in filters.values() if value is not True), 1)
    for number in range(MAX_PAGES):
        positions = {
            p["name"]: page_position(p, number, size)
            for p in operation.parameters
            if _is_page_or_offset(p)
        }
        yield factory.minimal(operation.id, {**own, **filters, **positions})


def file_url(contract: Contract, exchange: Exchange) -> SplitResult | None:
    """Return the URL that a response gives for a job's file, None where it is the usual one.

    That is the Location of a redirect, else the link in the body. The contract's URL is only a
    default (Talkdesk's page on the status of a job), so any other address is valid as well.
    """
    response = exchange.response
    if response is None:
        return None
    fetch = contract.lifecycle.actions.get("fetch")
    if fetch is None:
        return None
    urls = [
        value_at(exchange.json, pointer) for pointer in link_pointers(contract, fetch.operation)
    ]
    if 300 <= response.status < 400:
        urls.insert(0, response.headers.get("Location"))
    text = next((url for url in urls if isinstance(url, str)), None)
    url = parse_url(text, exchange.request.url) if text is not None else None
    if url is None or url.netloc != urlsplit(exchange.request.url).netloc:
        return url
    if url.query:  # a signature, without which the same path is refused
        return url
    target = match_path(contract.operations[fetch.operation].path, url.path)
    if target is not None:  # a file may have an id of its own
        own = {unquote(str(value)) for value in exchange.path_parameters.values()}
        return None if own.issuperset(map(unquote, target.values())) else url
    known = operation_at(contract, url.path) is not None or url.path in {"", "/"}
    return None if known else url


def widest_value(parameter: Mapping[str, Any]) -> Any:
    """Return the value with which a list shows the most, None where there is none."""
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
    schema = parameter.get("schema", {})
    is_integer = parameter["in"] == "query" and schema.get("type") == "integer"
    return is_integer and bool(schema.get("maximum", 0) > MAX_PAGE_SIZE)


def page_position(parameter: Mapping[str, Any], number: int, size: int) -> int | None:
    """Return the page number or offset of page `number` (from 0); the first one needs none."""
    if not number and not parameter.get("required"):
        return None
    start = int(parameter["schema"].get("minimum", 0))
    return start + number * (size if start == 0 else 1)


class JobClient:
    """Performs the actions of lifecycle.yaml on jobs; `driver` names the sender of its requests."""

    def __init__(self, client: Client, driver: str) -> None:
        self.client = client
        self.factory = RequestFactory(client)
        self.lifecycle = client.contract.lifecycle
        self._driver = driver

    def supports(self, action: str) -> bool:
        """Return True if the vendor has an operation for an action."""
        return action in self.lifecycle.actions

    def create(self, request: OperationRequest | None = None) -> JobRef | None:
        """Create a job; a rejected request is sent again without the optional body members.

        None where no job was created.
        """
        operation = self.lifecycle.actions["create"].operation
        request = request or self.factory.minimal(operation)
        exchange = request.send(self.client, self._driver)
        reduced = self.factory.required_only(request)
        if reduced is not None and exchange.status in {400, 422}:
            exchange = reduced.send(self.client, self._driver)
        return self.created_job(exchange)

    def created_job(self, exchange: Exchange) -> JobRef | None:
        """Return the job that a creation created, None where it created none."""
        if exchange.status is None or exchange.status >= 300:
            return None
        ids = (job.id for job in self.client.jobs if job.creation is exchange)
        id_ = next(ids, None)
        return None if id_ is None else JobRef(id_, request_parameters(exchange), ours=True)

    def ref(self, job: JobHistory) -> JobRef:
        """Return the reference to an observed job."""
        shown = [observation.exchange for observation in job.observations[:1]]
        origin = next(e for e in (job.creation, *shown, job.file) if e is not None)
        return JobRef(job.id, request_parameters(origin), job.created_by_us)

    def history(self, job: JobRef) -> JobHistory | None:
        """Return what the run has observed of a job."""
        return next((history for history in self.client.jobs if history.id == job.id), None)

    def last_states(self, job: JobRef) -> frozenset[str]:
        """Return the states that a job was last observed in; none if it never was.

        A job that shows no state, or one in words that the contract does not know, counts as
        finished once its file was served.
        """
        return self._last_states(self.history(job))

    def shows_states(self, job: JobRef) -> bool:
        """Return True if a job showed its state otherwise than at its creation."""
        history = self.history(job)
        create = self.lifecycle.actions["create"].operation
        seen = history.observations if history is not None else ()
        return any(observation.exchange.operation != create for observation in seen)

    def _last_states(self, history: JobHistory | None) -> frozenset[str]:
        if history is None:
            return frozenset()
        states = history.observations[-1].states if history.observations else frozenset()
        return frozenset(self.file_states) if not states and history.file else states

    def known_jobs(self, *states: str) -> Iterator[JobRef]:
        """Yield the jobs that the target file names in `states`, then those last observed there."""
        actions = self.lifecycle.actions
        operation = actions.get("fetch", actions["poll"]).operation
        name = job_parameter(self.client.contract, operation)
        for state in states:
            for row in self.client.target.known.get(state, ()):
                if name is not None and name in row:
                    yield JobRef(str(row[name]), row)
        for job in self.client.jobs:
            foreign = job.creation is not None and job.creation.request.role != PRIMARY
            if self._last_states(job) & set(states) and not foreign:
                yield self.ref(job)

    def perform(self, action: str, job: JobRef) -> Exchange:
        """Send the request of an action on a job."""
        request = self.request_for(self.lifecycle.actions[action].operation, job)
        return request.send(self.client, self._driver)

    def request_for(self, operation_id: str, job: JobRef) -> OperationRequest:
        """Return the request of an operation for a job."""
        values = job.own_parameters(self.client.contract.operations[operation_id])
        name = job_parameter(self.client.contract, operation_id)
        if name is not None:
            values[name] = job.id
        return self.factory.minimal(operation_id, values)

    def poll(self, job: JobRef) -> frozenset[str]:
        """Poll a job and return its possible states; none where the response did not show it."""
        operation = self.lifecycle.actions["poll"].operation
        location = self.lifecycle.locations.get(operation)
        if location is None or location.items is None:
            return self._states_in(self.perform("poll", job), job)
        for exchange in self.list_pages(operation, job, PRIMARY):
            if states := self._states_in(exchange, job):
                return states
        return frozenset()

    def current_states(self, job: JobRef, *states: str) -> frozenset[str]:
        """Poll a job for one of `states`; where it shows none, its file tells whether it has one.

        No document may say how a state is written (Clinical One's do not).
        """
        current = self.poll(job)
        if current or not set(states) & set(self.file_states) or not self.supports("fetch"):
            return current
        has_file = self.fetch(job).status == HTTPStatus.OK
        return frozenset(self.file_states) if has_file else current

    def _states_in(self, exchange: Exchange, job: JobRef) -> frozenset[str]:
        history = self.history(job)
        if history and history.observations and history.observations[-1].exchange is exchange:
            return self._last_states(history)
        return frozenset()

    def list_pages(self, operation_id: str, job: JobRef, role: str) -> Iterator[Exchange]:
        """Request the list that a job should be in, page by page until one is empty.

        A page with fewer items than requested is not the last: a server may have smaller pages.
        """
        if self.client.contract.own:
            yield from self._own_pages(operation_id, job, role)
            return
        operation = self.client.contract.operations[operation_id]
        items = self.lifecycle.locations[operation_id].items or ""
        has_pages = any(map(_is_page_or_offset, operation.parameters))
        for request in paginate(self.factory, operation, job):
            exchange = request.send(self.client, self._driver, role=role)
            yield exchange
            if not has_pages or not value_at(exchange.json, items):
                return

    def _own_pages(self, operation_id: str, job: JobRef, role: str) -> Iterator[Exchange]:
        request = self.request_for(operation_id, job)
        paging = self.client.contract.paging(operation_id)
        if paging is not None and paging.size is not None:
            request = request.with_parameter(paging.size, paging.max_size)
        yield from islice(self.walk_pages(request, role), MAX_OWN_PAGES)

    def walk_pages(self, request: OperationRequest, role: str = PRIMARY) -> Iterator[Exchange]:
        """Request the pages of a list of the user's own vendor, from `request` to the last.

        A page that leads back to one that was requested is the last.
        """
        contract = self.client.contract
        paging = contract.paging(request.operation)
        requested: list[Mapping[str, Any]] = []
        page: OperationRequest | None = request
        while page is not None and page.query not in requested:
            requested.append(page.query)
            exchange = page.send(self.client, self._driver, role=role)
            yield exchange
            page = following_page(contract, paging, page, exchange) if paging else None

    def wait_for_state(self, job: JobRef, *states: str, seconds: float | None = None) -> bool:
        """Poll until a job is in one of `states`; return False where it does not get there.

        The wait takes `seconds`, or as long as the run has patience.
        """
        control, patience = self.client.has_control, self.client.patience
        interval, waited = FIRST_POLL_INTERVAL[control], 0.0
        while True:
            current = self.current_states(job, *states)
            if current & set(states):
                patience.reached(waited)
                return True
            if current and not any(self._can_reach(state, states) for state in current):
                return False
            shows = self.shows_states(job)
            limit = MAX_WAIT if control else patience.wait_for(shows_states=shows)
            limit = limit if seconds is None else seconds
            if waited >= limit or not self.client.wait(interval):
                if not control:
                    patience.missed(waited, shows_states=shows)
                return False
            waited += interval
            interval = min(interval * 2, MAX_POLL_INTERVAL[control])

    def start_and_wait_for_file(self, job: JobRef) -> bool:
        """Start a job where it has to be started; return whether it comes to have a file."""
        if self.supports("start"):
            self.perform("start", job)
        return self.wait_for_state(job, *self.file_states)

    def _can_reach(self, state: str, states: tuple[str, ...]) -> bool:
        return bool(self.lifecycle.reachable(state, frozenset({"time"})) & set(states))

    @property
    def file_states(self) -> tuple[str, ...]:
        """The states in which a job has a file."""
        return tuple(state.name for state in self.lifecycle.states.values() if state.file)

    def fetch(self, job: JobRef) -> Exchange:
        """Fetch the file of a job from its last given URL, and what that redirects to."""
        history = self.history(job)
        seen = history.observations[-1].exchange if history and history.observations else None
        url = file_url(self.client.contract, seen) if seen else None
        downloaded = download(self.client, url, job) if url is not None else None
        exchange = downloaded or self.perform("fetch", job)
        return [exchange, *follow_redirects(self.client, exchange, job)][-1]
