"""Active checks of lists that are walked page by page."""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from conformance.checks.registry import ActiveCase, active_check
from conformance.contract_queries import value_at
from conformance.errors import NotPermitted, Untestable
from conformance.http.exchange import Exchange
from conformance.job_client import PROBE, page_position, widest_value
from conformance.request_data.factory import RequestFactory
from conformance.target.job_ids import created_ids
from conformance.verdict import CheckResult, failed, passed, skipped
from specs import Operation

# So many on a page, things of our own to look for, and pages that are read at most.
PAGE_SIZE: Final = 5
OWN_THINGS: Final = 8
MAX_PAGES: Final = 40
# The size of a page that shows many, where the contract gives no bound.
WIDE: Final = 100


class _List(NamedTuple):
    """How a list is asked for, and where its items and their ids are."""

    operation: Operation
    size: str
    page: str
    items: str
    key: str


class _Walk(NamedTuple):
    """How often each id came up, in which exchanges, and whether the end was reached."""

    ids: Counter[str]
    exchanges: tuple[Exchange, ...]
    complete: bool


@active_check("list_pages_complete", writes=True, requests=30)
def list_pages_complete(
    case: ActiveCase,
    *,
    size: str,
    page: str,
    items: str,
    key: str,
    resource: str,
    create: str,
) -> Iterator[CheckResult]:
    """Each thing that the run has made, and not deleted, is once in the pages of a list.

    A list moves while others write, so only what shows in two walks counts.
    """
    listing = _List(
        case.contract.operations[case.requirement.operation or ""], size, page, items, key
    )
    own, lost = _own_things(case, listing, resource, create)
    if lost is not None:
        yield failed("what was just created is not in the list", *lost)
        return
    if len(own) <= PAGE_SIZE:
        raise Untestable(f"fewer than {PAGE_SIZE + 1} things of this run are there to be listed")
    walk = _walk(case, listing)
    if not walk.complete:
        yield skipped("the list did not come to its end in pages of the size asked for")
    elif (reason := _fault(walk, own)) is None:
        yield passed(*walk.exchanges[:2])
    else:
        again = _walk(case, listing)
        reason = _fault(again, own) if again.complete else None
        yield failed(reason, *again.exchanges) if reason else skipped("the list moved on its own")


def _fault(walk: _Walk, own: tuple[str, ...]) -> str | None:
    for id_ in own:
        if walk.ids[id_] != 1:
            often = "on no page" if not walk.ids[id_] else f"{walk.ids[id_]} times on the pages"
            return f"{id_!r}, which this run has made, is {often} of the list"
    return None


def _own_things(
    case: ActiveCase, listing: _List, resource: str, create: str
) -> tuple[tuple[str, ...], tuple[Exchange, Exchange] | None]:
    """Return the ids that this run has made and one wide page shows, once enough were made.

    With them, a creation and the wide page after it that lacks what was created. Lists of jobs have
    a check of their own for that: they may show finished ones alone.
    """
    requests = RequestFactory(case.client)
    described = next(p for p in listing.operation.parameters if p["name"] == listing.size)
    size = widest_value(described) or WIDE
    wide = {**_flags(listing), listing.size: size, listing.page: _first(listing)}
    own: tuple[str, ...] = ()
    for _ in range(OWN_THINGS + 1):
        creation = _create(case, requests, create)
        page = requests.minimal(listing.operation.id, wide).send(case.client, PROBE)
        ids = _ids(page, listing)
        made = [*case.client.tracker.created(resource), *_created_jobs(case)]
        own = tuple(id_ for id_ in dict.fromkeys(made) if id_ in ids)
        new = dict(created_ids(case.contract, creation)).get(resource) if creation else None
        of_jobs = listing.operation.id in case.contract.lifecycle.locations
        if creation and new and new not in ids and 0 < len(ids) < size and not of_jobs:
            return own, (creation, page)
        if creation is None or len(own) >= OWN_THINGS:
            break
    return own, None


def _ids(page: Exchange, listing: _List) -> set[str]:
    shown = value_at(page.json, listing.items)
    items = shown if isinstance(shown, list) else []
    return {str(value_at(item, listing.key)) for item in items}


def _created_jobs(case: ActiveCase) -> Iterator[str]:
    yield from (job.id for job in case.client.jobs if job.created_by_us)


def _create(case: ActiveCase, requests: RequestFactory, create: str) -> Exchange | None:
    """Make one more thing; None where the target does not allow it, or refuses."""
    try:
        creation = requests.minimal(create).send(case.client, PROBE)
    except NotPermitted:
        return None
    return creation if creation.status is not None and creation.status < 400 else None


def _flags(listing: _List) -> dict[str, bool]:
    """Return the flags that let a list show more (EnergyCAP: runs in progress)."""
    parameters = listing.operation.parameters
    return {p["name"]: True for p in parameters if widest_value(p) is True}


def _first(listing: _List) -> int | None:
    described = next(p for p in listing.operation.parameters if p["name"] == listing.page)
    return page_position(described, 0, PAGE_SIZE)


def _walk(case: ActiveCase, listing: _List) -> _Walk:
    requests = RequestFactory(case.client)
    described = next(p for p in listing.operation.parameters if p["name"] == listing.page)
    ids: Counter[str] = Counter()
    exchanges: list[Exchange] = []
    before: list[str] = []
    for number in range(MAX_PAGES):
        place = page_position(described, number, PAGE_SIZE)
        given = {**_flags(listing), listing.size: PAGE_SIZE, listing.page: place}
        exchange = requests.minimal(listing.operation.id, given).send(case.client, PROBE)
        shown = value_at(exchange.json, listing.items)
        if exchange.status != listing.operation.success or not isinstance(shown, list):
            # Beyond the last page a server may refuse rather than show nothing.
            return _Walk(ids, tuple(exchanges), bool(number) and exchange.status in {400, 404})
        exchanges.append(exchange)
        found = [str(value_at(item, listing.key)) for item in shown]
        ids.update(found)
        if found == before:  # it would go on like this for ever
            return _Walk(ids, tuple(exchanges), complete=True)
        before = found
        if len(shown) != PAGE_SIZE:
            return _Walk(ids, tuple(exchanges), len(shown) < PAGE_SIZE)
    return _Walk(ids, tuple(exchanges), complete=False)
