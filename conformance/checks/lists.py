"""Active checks of lists: pages, what is in them, and what another account sees."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from conformance.checks import CheckResult, active_check, failed, passed, result_of, skipped
from conformance.checks.active_case import SHORTEST_GLOBAL_ID, ActiveCase, required
from conformance.contract_queries import ABSENT, value_at
from conformance.errors import NotPermitted, Untestable
from conformance.http import Exchange
from conformance.job_client import MAX_OWN_PAGES, MAX_PAGES, JobRef, page_position, widest_value
from conformance.target import PRIMARY
from conformance.target.tracker import created_ids, shown_id
from specs import Operation

PAGE_SIZE: Final = 5
# So many resources of the run are listed, on so many pages at most.
MIN_RESOURCES: Final = 8
MAX_SMALL_PAGES: Final = 40
# The size of a page that shows many, where the contract gives no bound.
LARGE_PAGE_SIZE: Final = 100
# A list may lag behind what is written: so many seconds later it is looked at again.
LIST_LAG: Final = (1.0, 3.0)
_UNREADABLE: Final = (str(None), str(ABSENT))
_NO_LIST: Final = "the response has no list of items"
_NO_IDS: Final = (
    "no item of the list has an id where one is expected "
    "(`job_id` in the target file says where it is)"
)


class _List(NamedTuple):
    """The parameters of a list, and where its items and their ids are."""

    operation: Operation
    size: str
    page: str
    items: str
    key: str

    def parameter(self, name: str) -> Any:
        """Return the parameter of the operation with this name."""
        return next(p for p in self.operation.parameters if p["name"] == name)

    @property
    def large_size(self) -> int:
        """The size of a page that shows many."""
        return widest_value(self.parameter(self.size)) or LARGE_PAGE_SIZE

    def request_page(self, case: ActiveCase, number: int, size: int) -> Exchange:
        """Request page `number` (from 0), with every flag that makes the list show more."""
        flags = {p["name"]: True for p in self.operation.parameters if widest_value(p) is True}
        position = page_position(self.parameter(self.page), number, size)
        values = {**flags, self.size: size, self.page: position}
        return case.send_minimal(self.operation.id, values)

    def ids_in(self, page: Exchange) -> list[str] | None:
        """Return the ids on a page, None where it has no list of items."""
        shown = value_at(page.json, self.items)
        if not isinstance(shown, list):
            return None
        return [str(value_at(item, self.key)) for item in shown]

    def lacks(self, page: Exchange, id_: str | None, size: int) -> bool:
        """Return True if a page of at most `size` has room left, and no item with this id."""
        ids = self.ids_in(page)
        return ids is not None and len(ids) < size and not {id_, *_UNREADABLE} & {*ids}


class _Pages(NamedTuple):
    """How often each id is on the pages, their exchanges, and whether the end was reached."""

    ids: Counter[str]
    exchanges: tuple[Exchange, ...]
    complete: bool


@active_check("list_pages_complete", writes=True, requests=30)
def list_pages_complete(
    case: ActiveCase, *, size: str, page: str, items: str, key: str, resource: str, create: str
) -> Iterator[CheckResult]:
    """Each resource that the run has created, and not deleted, is once on the pages of a list.

    A list moves while others write, so only what shows twice counts.
    """
    listing = _List(case.contract.operations[case.operation], size, page, items, key)
    own, unlisted = _own_resources(case, listing, resource, create)
    if unlisted is not None:
        yield failed("what was just created is not in the list", *unlisted)
        return
    if len(own) <= PAGE_SIZE:
        raise Untestable(f"fewer than {PAGE_SIZE + 1} resources of this run can be listed")
    pages = _all_pages(case, listing)
    if not pages.complete:
        yield skipped("the list did not come to its end in pages of the requested size")
    elif (reason := _paging_error(pages, own)) is None:
        yield passed(*pages.exchanges[:2])
    else:
        again = _all_pages(case, listing)
        reason = _paging_error(again, own) if again.complete else None
        yield failed(reason, *again.exchanges) if reason else skipped("the list moved on its own")


def _paging_error(pages: _Pages, own: tuple[str, ...]) -> str | None:
    for id_ in own:
        if pages.ids[id_] != 1:
            often = "on no page" if not pages.ids[id_] else f"{pages.ids[id_]} times on the pages"
            return f"{id_!r}, which this run has created, is {often} of the list"
    return None


def _own_resources(
    case: ActiveCase, listing: _List, resource: str, create: str
) -> tuple[tuple[str, ...], tuple[Exchange, Exchange] | None]:
    """Return the ids that this run has created and one large page shows, once there are enough.

    With them, a creation and the large page after it that lacks what was created. Lists of jobs
    have a check of their own for that: they may show finished ones alone.
    """
    size = listing.large_size
    of_jobs = listing.operation.id in case.contract.lifecycle.locations
    own: tuple[str, ...] = ()
    for _ in range(MIN_RESOURCES + 1):
        creation = _create(case, create)
        new = dict(created_ids(case.contract, creation)).get(resource) if creation else None
        lag = LIST_LAG if new and not of_jobs else ()
        page = listing.request_page(case, 0, size)
        for seconds in lag:
            if not listing.lacks(page, new, size) or not case.client.wait(seconds):
                break
            page = listing.request_page(case, 0, size)
        ids = set(listing.ids_in(page) or ())
        jobs = (job.id for job in case.client.jobs if job.created_by_us)
        created = dict.fromkeys([*case.client.tracker.created(resource), *jobs])
        own = tuple(id_ for id_ in created if id_ in ids)
        if creation and new and listing.lacks(page, new, size) and not of_jobs:
            return own, (creation, page)
        if creation is None or len(own) >= MIN_RESOURCES:
            break
    return own, None


def _create(case: ActiveCase, create: str) -> Exchange | None:
    """Create a resource; None where the target does not allow it, or rejects it."""
    with suppress(NotPermitted):
        creation = case.send_minimal(create)
        return creation if creation.status is not None and creation.status < 400 else None
    return None


def _all_pages(case: ActiveCase, listing: _List) -> _Pages:
    ids: Counter[str] = Counter()
    exchanges: list[Exchange] = []
    before: list[str] = []
    for number in range(MAX_SMALL_PAGES):
        exchange = listing.request_page(case, number, PAGE_SIZE)
        shown = listing.ids_in(exchange)
        if exchange.status != listing.operation.success or shown is None:
            # Beyond the last page a server may reject the request rather than show nothing.
            return _Pages(ids, tuple(exchanges), bool(number) and exchange.status in {400, 404})
        exchanges.append(exchange)
        ids.update(shown)
        if shown == before:  # it would go on like this for ever
            return _Pages(ids, tuple(exchanges), complete=True)
        before = shown
        if len(shown) != PAGE_SIZE:
            return _Pages(ids, tuple(exchanges), len(shown) < PAGE_SIZE)
    return _Pages(ids, tuple(exchanges), complete=False)


@active_check("total_counts_items", requests=4)
def total_counts_items(
    case: ActiveCase, *, size: str, page: str, items: str, total: str
) -> Iterator[CheckResult]:
    """The total that a list states, on large pages and small ones, is the number of its items.

    `total` is a JSON pointer into the body, or else the name of a header. A list moves while others
    write, so only what shows twice counts.
    """
    listing = _List(case.contract.operations[case.operation], size, page, items, "")
    for _ in range(2):
        pages = _large_pages(case, listing)
        small = listing.request_page(case, 0, 1)
        totals = [_stated_number(exchange, total) for exchange in (*pages, small)]
        if None in totals or not pages:
            raise Untestable("the list states no total, or did not come to its end")
        count = sum(len(listing.ids_in(exchange) or ()) for exchange in pages)
        wrong = next((n for n in totals if n != count), None)
        if wrong is None:
            yield passed(*pages, small)
            return
    yield failed(f"the list has {count} items on its pages, its total says {wrong}", *pages, small)


def _large_pages(case: ActiveCase, listing: _List) -> list[Exchange]:
    """Return the pages of a list until one is empty; none where it does not come to its end."""
    pages: list[Exchange] = []
    for number in range(MAX_PAGES):
        exchange = listing.request_page(case, number, listing.large_size)
        shown = listing.ids_in(exchange) if exchange.status == HTTPStatus.OK else None
        beyond = exchange.status in {400, 404} and bool(pages)
        if beyond or shown == [] or (pages and exchange.json == pages[-1].json):
            return pages or [exchange]
        if shown is None:
            return []
        pages.append(exchange)
    return []


def _stated_number(exchange: Exchange, place: str) -> int | None:
    """Return a number at a JSON pointer, or in a header; None where there is none."""
    headers = exchange.response.headers if exchange.response else {}
    value: Any = value_at(exchange.json, place) if place.startswith("/") else headers.get(place)
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


@active_check("default_page_size", requests=MIN_RESOURCES)
def default_page_size(
    case: ActiveCase, *, size: str, items: str, default: int, create: str
) -> Iterator[CheckResult]:
    """A page whose size is not asked for has as many items as one of the size `default`.

    Where a list is short, and the target allows it, `create` makes it longer.
    """
    for attempt in range(3):  # a list moves while others write
        usual = case.send_minimal(case.operation)
        full = case.send_minimal(case.operation, {size: default})
        first, second = (_item_count(exchange, items) for exchange in (usual, full))
        if first is None or second is None:
            raise Untestable(_NO_LIST)
        if not attempt and case.target.writes and second < MIN_RESOURCES:
            for _ in range(MIN_RESOURCES - second):
                _create(case, create)
            continue
        if first >= second:
            yield passed(usual, full)
            return
    yield failed(
        f"{first} items where {size} is left out, {second} where it is {default}", full, usual
    )


def _item_count(exchange: Exchange, items: str) -> int | None:
    shown = value_at(exchange.json, items) if exchange.status == HTTPStatus.OK else None
    return len(shown) if isinstance(shown, list) else None


@active_check("list_pages_whole", writes=True, requests=30)
def list_pages_whole(case: ActiveCase, *, size: str) -> Iterator[CheckResult]:
    """Each job of the run that large pages show is once on small pages, as these lead on.

    A cursor or a link that a page has given is not refused. A list moves while others write, so
    only what shows twice counts.
    """
    _make_jobs(case, MIN_RESOURCES)
    for attempt in range(2):
        own = _own_on_pages(case)
        if len(own) <= SMALL_PAGE:
            raise Untestable(f"fewer than {SMALL_PAGE + 1} jobs of this run are in the list")
        pages = _small_pages(case, size)
        lost = _paging_error(pages.pages, own) if pages.pages.complete else None
        reason = pages.refusal or lost
        if reason is None or attempt:
            break
    if reason is not None:
        yield failed(reason, *pages.pages.exchanges)
    elif pages.pages.complete:
        yield passed(*pages.pages.exchanges[:2])
    else:
        yield skipped("the list did not come to its end in pages of the requested size")


def _make_jobs(case: ActiveCase, count: int) -> None:
    """Create jobs until the run has so many, as far as the target allows it."""
    for _ in range(count - len([*case.own_jobs()])):
        case.new_job()


SMALL_PAGE: Final = 3


class _Walk(NamedTuple):
    """Small pages, and why what they lead to is refused (None where it is not)."""

    pages: _Pages
    refusal: str | None = None


def _own_on_pages(case: ActiveCase) -> tuple[str, ...]:
    """Return the ids of the run's jobs that the list has, in pages as large as they may be."""
    job = required(case.newest_job())
    shown: set[str] = set()
    for exchange in case.jobs.list_pages(case.operation, job, PRIMARY):
        shown |= listed_jobs(case, exchange) or set()
    return tuple(own.id for own in case.own_jobs() if own.id in shown)


def _small_pages(case: ActiveCase, size: str) -> _Walk:
    request = case.jobs.request_for(case.operation, required(case.newest_job()))
    ids: Counter[str] = Counter()
    exchanges: list[Exchange] = []
    before: set[str] = set()
    for exchange in case.jobs.walk_pages(request.with_parameter(size, SMALL_PAGE)):
        shown = listed_jobs(case, exchange)
        if shown is None:
            paging = case.contract.paging(case.operation)
            led = paging is not None and paging.next is not None and exchanges
            refused = 400 <= (exchange.status or 0) < 500 and exchange.status != 429
            reason = f"the page that a page led to is answered {exchange.status}"
            refusal = reason if led and refused else None
            exchanges.append(exchange)
            ended = bool(exchanges[1:]) and exchange.status in {400, 404}
            return _Walk(_Pages(ids, tuple(exchanges), ended), refusal)
        exchanges.append(exchange)
        ids.update(shown)
        if shown == before and shown:  # it would go on like this for ever
            break
        before = shown
        if len(exchanges) >= MAX_SMALL_PAGES:
            return _Walk(_Pages(ids, tuple(exchanges), complete=False))
    return _Walk(_Pages(ids, tuple(exchanges), complete=True))


@active_check("respects_page_size")
def respects_page_size(case: ActiveCase, *, parameter: str, items: str) -> Iterator[CheckResult]:
    """A list with a page size of one has at most one item."""
    if case.contract.own and case.target.writes:
        _make_jobs(case, 2)
    exchange = case.send_minimal(case.operation, {parameter: 1})
    listed = value_at(exchange.json, items)
    if not isinstance(listed, list):
        raise Untestable(_NO_LIST)
    too_many = f"{len(listed)} items where {parameter} is 1" if len(listed) > 1 else None
    yield result_of(too_many, exchange)


@active_check("created_is_listed", writes=True, requests=3)
def created_is_listed(case: ActiveCase) -> Iterator[CheckResult]:
    """A new job is in the list, at once or some seconds later."""
    job = required(case.new_job())
    pages, listed = _pages_to(case, job)
    for seconds in LIST_LAG:
        if listed or not pages or not case.client.wait(seconds):
            break
        pages, listed = _pages_to(case, job)
    if listed:
        yield passed(pages[-1])
        return
    if not pages:
        raise Untestable(_NO_LIST)
    most = MAX_OWN_PAGES if case.contract.own else MAX_PAGES
    if len(pages) == most and listed_jobs(case, pages[-1]):
        raise Untestable(f"the list goes on behind its first {most} pages")
    history = case.jobs.history(job)
    creation = (history.creation,) if history and history.creation else ()
    yield failed(f"the job {job.id} is not in the list", *creation, *pages)


def _pages_to(case: ActiveCase, job: JobRef) -> tuple[list[Exchange], bool]:
    """Return the pages of a list up to the one with a job, and whether one has it.

    Raises:
        Untestable: there are items, but none has an id that can be read.
    """
    pages: list[Exchange] = []
    shown: set[str] = set()
    for exchange in case.jobs.list_pages(case.operation, job, PRIMARY):
        ids = listed_jobs(case, exchange)
        if ids is None:
            break
        pages.append(exchange)
        shown |= ids
        if job.id in ids:
            return pages, True
    if shown == {_UNREADABLE[0]}:
        raise Untestable(_NO_IDS)
    return pages, False


@active_check("list_hides_foreign_jobs", requests=3)
def list_hides_foreign_jobs(
    case: ActiveCase, *, role: str = PRIMARY, parameter: str = ""
) -> Iterator[CheckResult]:
    """The list of another account, or of another value of a parameter, has no job of this one."""
    job = case.newest_job() or required(case.new_job())
    current = job.parameters.get(parameter)
    own = {one.id for one in case.own_jobs() if one.parameters.get(parameter) == current}
    whose = "another account's list"
    if parameter:
        own = {id_ for id_ in own if len(id_) >= SHORTEST_GLOBAL_ID}
        other = case.other_value(parameter, current)
        job = replace(job, parameters={**job.parameters, parameter: other})
        whose = f"the list of {parameter} {other}"
    for exchange in case.jobs.list_pages(case.operation, job, role):
        ids = listed_jobs(case, exchange)
        if ids is None or not own:
            raise Untestable(_NO_LIST)
        if visible := sorted(own & ids):
            yield failed(f"{whose} shows the job {visible[0]}", exchange)
            return
        yield passed(exchange)


def listed_jobs(case: ActiveCase, exchange: Exchange) -> set[str] | None:
    """Return the ids of the jobs on a page of a list; None where it has none."""
    operation = exchange.operation or ""
    location = case.jobs.lifecycle.locations.get(operation)
    items = value_at(exchange.json, location.items or "") if location else None
    if exchange.status != 200 or not isinstance(items, list) or location is None:
        return None
    ids = (shown_id(case.contract, operation, exchange, item) for item in items)
    return {str(id_) for id_ in ids}
