"""Checks of resources that are created, read back and deleted."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from conformance.checks import (
    CheckResult,
    Responses,
    active_check,
    exchange_check,
    failed,
    passed,
    result_of,
    skipped,
)
from conformance.checks.active_case import ActiveCase, expect_rejected
from conformance.checks.cases import ExchangeCase
from conformance.checks.lists import LIST_LAG, listed_jobs
from conformance.contract_queries import ABSENT, value_at, values_at
from conformance.errors import Untestable
from conformance.http import Exchange
from conformance.job_client import widest_value
from conformance.request_data import OperationRequest
from conformance.target import PRIMARY
from specs.pointer import properties


@exchange_check("response_echoes_request", responses=Responses.SUCCESSFUL)
def response_echoes_request(
    case: ExchangeCase, *, pointer: str, requested: str, upper: bool = False
) -> CheckResult | None:
    """The response has at `pointer` the text or integer that the request has at `requested`.

    Args:
        case: the exchange.
        pointer: a JSON pointer into the response body.
        requested: a JSON pointer into the request body.
        upper: the response has it in upper case.
    """
    sent = value_at(case.exchange.request.json, requested)
    shown = value_at(case.response.json, pointer)
    if type(sent) not in {str, int} or sent == "" or type(shown) is not type(sent):
        return None
    expected = sent.upper() if upper else sent
    # Beyond ASCII it depends on the language what upper case is.
    same = upper and not sent.isascii() and shown.casefold() == sent.casefold()
    if shown != expected and not same:
        return failed(f"{pointer} is {shown!r}, not {expected!r}")
    return passed()


@active_check("rejects_duplicate", writes=True, requests=3)
def rejects_duplicate(case: ActiveCase, *, member: str) -> Iterator[CheckResult]:
    """A second creation with the same value at `member`, in the same or another case, fails."""
    request = case.valid_request()
    first = case.send(request)
    if first.status is None or first.status >= 400:
        raise Untestable("the first one could not be created")
    value = value_at(request.json, member)
    for duplicate in dict.fromkeys((value, str(value).lower())):
        second = request.with_member(member, duplicate)
        yield from case.send_invalid(second, f"a second one with {duplicate!r}", valid=None)


@active_check("created_reads_back", writes=True, requests=2)
def created_reads_back(case: ActiveCase, *, create: str) -> Iterator[CheckResult]:
    """What was created can be read, with every known member as the creation answered it."""
    creation, ids = case.create_resource(create)
    read = case.send_minimal(case.operation, ids)
    if read.status is None:
        return
    if read.status >= 400:
        yield failed(f"what was just created is answered {read.status}", creation, read)
    elif different := _different_member(case, creation.json, read.json):
        yield failed(f"{different!r} differs from the response of the creation", creation, read)
    else:
        yield passed(creation, read)


def _different_member(case: ActiveCase, created: Any, read: Any) -> str | None:
    """Return a member of the contract that differs; others may be of the moment."""
    if not isinstance(created, dict) or not isinstance(read, dict):
        return None
    schema = case.contract.schema(case.operation, HTTPStatus.OK)
    known = properties(case.contract.openapi, schema)
    shared = created.keys() & read.keys() & known.keys()
    return next((name for name in sorted(shared) if created[name] != read[name]), None)


@active_check("update_reads_back", writes=True, requests=4)
def update_reads_back(
    case: ActiveCase, *, create: str, read: str, members: Mapping[str, str]
) -> Iterator[CheckResult]:
    """What was changed reads as the change asked for, whatever the case of its texts.

    `members` are those that the request changes, by pointer, each with where it is read.
    """
    _, ids = case.create_resource(create)
    before = case.send_minimal(read, ids)
    request = case.factory.minimal(case.operation, ids)
    for pointer, place in members.items():
        request = request.with_member(pointer, _other(case, request, pointer, before, place))
    update = case.send(request)
    if update.status is None or update.status >= 300:
        raise Untestable(f"the change was answered {update.status}")
    reading = case.send_minimal(read, ids)
    for pointer, place in members.items():
        asked, shown = value_at(request.json, pointer), _read_at(reading, place)
        if shown is ABSENT:
            continue
        wrong = f"{pointer} was set to {asked!r} and reads {shown!r}"
        yield result_of(None if _same(asked, shown) else wrong, before, update, reading)


def _other(
    case: ActiveCase, request: OperationRequest, pointer: str, before: Exchange, place: str
) -> Any:
    """Return another value for a member of the request than was read at `place` before."""
    name, value, shown = pointer[1:], value_at(request.json, pointer), _read_at(before, place)
    if isinstance(value, bool):
        return shown is not True
    if isinstance(value, list) or name in case.factory.enum_names(request.operation):
        options = [value, *case.factory.body_options(request.operation).get(name, ())]
        return next((other for other in options if other and not _same(other, shown)), value)
    return f"{value}-{case.client.next_number}"


def _read_at(reading: Exchange, place: str) -> Any:
    """Return the value at a pointer, or those of all items (`/list/-/member`), ABSENT if none."""
    if reading.status != HTTPStatus.OK:
        return ABSENT
    items, star, _ = place.partition("/-")
    if not star:
        return value_at(reading.json, place)
    listed = isinstance(value_at(reading.json, items), list)
    return [value for _, value in values_at(reading.json, place)] if listed else ABSENT


def _same(asked: Any, shown: Any) -> bool:
    if isinstance(asked, list) and isinstance(shown, list):
        return set(map(str, asked)) == set(map(str, shown))
    if isinstance(asked, str) and isinstance(shown, str):
        return asked.casefold() == shown.casefold()
    return bool(asked == shown)


@active_check("deleted_is_gone", writes=True, requests=8)
def deleted_is_gone(
    case: ActiveCase, *, create: str, read: str, listing: str = "", size: str = "", key: str = ""
) -> Iterator[CheckResult]:
    """What was created can be deleted with a 204, and alone is then not readable any more.

    Nor is it in the `listing`, which loses nothing else: the list is asked for once with as many
    items as `size` may say, and has the id of each at `key`.
    """
    _, kept = case.create_resource(create)
    creation, ids = case.create_resource(create)
    before = _listed(case, listing, size, key, create) if listing else frozenset()
    deletion = case.send_minimal(case.operation, ids)
    if deletion.status == 204:
        reading = case.send(case.factory.minimal(read, ids), valid=None)
        yield from expect_rejected(reading, "reading what was deleted", after=(deletion,))
        yield _spared(case.send_minimal(read, kept), "what was created with it", deletion)
        (deleted,) = ids.values()
        if deleted in before:
            yield _list_after(
                case, lambda: _listed(case, listing, size, key), before, deleted, deletion
            )
    elif deletion.status is not None and deletion.status < 500:
        yield failed(f"the deletion is answered {deletion.status}", creation, deletion)


def _listed(
    case: ActiveCase, listing: str, size: str, key: str, create: str = ""
) -> frozenset[str]:
    """Return the ids on one large page of a list; with `create` after one more creation."""
    if create:
        case.create_resource(create)
    operation = case.contract.operations[listing]
    parameter = next(p for p in operation.parameters if p["name"] == size)
    page = case.send_minimal(listing, {size: widest_value(parameter)})
    items = page.json if page.status == HTTPStatus.OK and isinstance(page.json, list) else ()
    return frozenset(str(value_at(item, key)) for item in items)


def _list_after(
    case: ActiveCase,
    read: Callable[[], frozenset[str]],
    before: frozenset[str],
    deleted: str,
    deletion: Exchange,
    *,
    stays: bool = False,
) -> CheckResult:
    """Return whether a list is without what was deleted, unless it `stays`, and that alone.

    A list moves while others write, and may lag behind, so only what stays so for some seconds
    counts, of what this run made.
    """
    own = {
        id_ for name in case.client.tracker.parameters for id_ in case.client.tracker.created(name)
    }
    reason = None
    for seconds in (0.0, *LIST_LAG):
        if seconds and not case.client.wait(seconds):
            return skipped("the list may lag behind, and nothing here waits for it")
        after = read()
        lost = (before & own) - after - {deleted}
        reason = f"{min(lost)!r} left the list when {deleted!r} was deleted" if lost else None
        if deleted in after and not stays:
            reason = f"{deleted!r} was deleted and is still in the list"
        if not after:
            return skipped("the list could not be read after the deletion")
        if reason is None:
            return passed(deletion)
    return failed(reason or "", deletion, case.client.exchanges[-1])


@active_check("deletion_spares_others", writes=True, requests=10)
def deletion_spares_others(case: ActiveCase, *, listing: str = "") -> Iterator[CheckResult]:
    """After the deletion of a file of this run that of another job is still given out.

    Nor does another job leave the `listing`.
    """
    kept, job = case.finished_job({}, ours=True), case.new_job()
    if kept is None or job is None or not case.jobs.start_and_wait_for_file(job):
        raise Untestable("no two jobs of this run came to a file")

    def read() -> frozenset[str]:
        pages = case.jobs.list_pages(listing, job, PRIMARY)
        return frozenset().union(*(listed_jobs(case, page) or () for page in pages))

    shown = read() if listing else frozenset()
    before = case.jobs.fetch(kept)
    deletion = case.jobs.perform("delete", job)
    if before.status != HTTPStatus.OK or (deletion.status or 500) >= 300:
        raise Untestable("no file could be fetched, or none deleted")
    yield _spared(case.jobs.fetch(kept), f"the file of the job {kept.id}", before, deletion)
    if shown:
        yield _list_after(case, read, shown, job.id, deletion, stays=True)


def _spared(reading: Exchange, subject: str, *before: Exchange) -> CheckResult:
    """Return whether something was still there after the deletion of something else."""
    gone = reading.status in {403, 404, 410}
    reason = f"{subject} is answered {reading.status} after the deletion of another"
    return result_of(reason if gone else None, *before, reading)


@active_check("filter_selects", writes=True, requests=18)
def filter_selects(
    case: ActiveCase,
    *,
    parameter: str,
    create: str,
    member: str,
    key: str,
    members: Sequence[Mapping[str, Any]],
    filters: Mapping[str, Sequence[str]],
) -> Iterator[CheckResult]:
    """A list with a filter shows what it names, and nothing else.

    Two resources are created. At `member` of its body, and of an item of the list, the second has a
    text that begins with that of the first; the other `members` of each are given. `filters` are
    those that choose the `first`, the `second` or `both`, with the texts for `{0}` and `{1}`; each
    has one in it, so that what others made is not chosen. `key` is the JSON pointer to the id in an
    item.
    """
    name = f"Filtered {case.client.next_number} one"
    made: dict[str, str] = {}
    for more, text in zip(members, (name, f"{name} more"), strict=True):
        _, created = case.create_resource(create, {**more, member: text})
        made[next(iter(created.values()))] = text
    first, second = made
    chosen = {"first": {first}, "second": {second}, "both": {first, second}}
    for which, statements in filters.items():
        for statement in statements:
            asked = statement.format(*made.values())
            exchange = case.send_minimal(case.operation, {parameter: asked})
            found = _by_id(exchange, key, member)
            through = found and _let_through(found, made, chosen[which])
            missing = chosen[which] - (found or {}).keys()
            if found is None:
                yield skipped(f"the list with the filter {asked} is answered {exchange.status}")
            elif through:
                yield failed(f"the filter {asked} lets {through!r} through", exchange)
            elif not missing:
                yield passed(exchange)
            else:
                every = case.send_minimal(case.operation)
                lost = missing <= (_by_id(every, key, member) or {}).keys()
                reason = f"the filter {asked} leaves {made[min(missing)]!r} out"
                elsewhere = skipped("without a filter the list lacks what was just created as well")
                yield failed(reason, every, exchange) if lost else elsewhere


def _by_id(exchange: Exchange, key: str, member: str) -> dict[str, Any] | None:
    """Return the values of a member of the items of a list, by the id at `key`."""
    if exchange.status != HTTPStatus.OK or not isinstance(exchange.json, list):
        return None
    return {str(value_at(item, key)): value_at(item, member) for item in exchange.json}


def _let_through(
    found: Mapping[str, Any], made: Mapping[str, str], chosen: Collection[str]
) -> str | None:
    """Return the text of what should not have been found: made here, or with no such text."""
    common = next(iter(made.values()))
    for id_, text in found.items():
        foreign = isinstance(text, str) and common not in text
        if id_ not in chosen and (id_ in made or foreign):
            return str(text)
    return None
