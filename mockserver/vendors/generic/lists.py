"""Lists of jobs: pages by number, offset or cursor, filters, and the body around the jobs."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.openapi.examples import ExampleGenerator
from mockserver.openapi.request_body import JSON
from mockserver.vendors.generic.bodies import JobBodies
from mockserver.vendors.generic.context import ABSENT, PLACES, Links, facts_at
from mockserver.vendors.generic.members import RELATIVE
from mockserver.vendors.generic.names import Listing, ListMaker, ListNames, Page
from mockserver.vendors.generic.operations import flatten, put
from specs import Contract, Operation, Paging, pointer
from specs.contract import is_json, json_schema_of
from specs.values import plain_name

_ALL = 500
_FILTERED = 10_000
"""Jobs looked at, at most, for a list with a filter."""

_MAX_DEPTH = 3


class JobLists:
    """Compiles the lists of one contract."""

    def __init__(
        self, contract: Contract, repository: JobRepository, bodies: JobBodies, links: Links
    ) -> None:
        self._contract = contract
        self._repository = repository
        self._bodies = bodies
        self._links = links

    def compile(self, operation: Operation) -> Callable[[Request, str], Response]:
        """Return what makes the response with a page of the jobs of one group."""
        location = self._contract.lifecycle.locations.get(operation.id)
        items = location.items if location is not None and location.items is not None else ""
        status = operation.success
        content = operation.responses[status].get("content", {})
        schema = json_schema_of(content)
        media = next(filter(is_json, content), JSON)
        fixed = {} if media == JSON else {"Content-Type": media}
        try:
            element = pointer.schema_at(self._contract.openapi, schema, f"{items}/-")
        except (LookupError, TypeError):
            element = {}
        show = self._bodies.of_schema(operation.id, element, as_item=True)
        paging = self._contract.paging(operation.id)
        lifecycle = self._contract.lifecycle
        around = _Around(self._contract, self._links, items, paging)
        body = around.root(schema) if items else None
        link = operation.responses[status]["headers"].get("Link")

        def answer(request: Request, group: str) -> Response:
            page = self._page(request, group, paging)
            now = request.sandbox.now()
            rows = [show(facts_at(lifecycle, request, job, now)) for job in page.jobs]
            listing = Listing(request, page, rows)
            following = around.next_url(listing) if link is not None else None
            headers = fixed
            if following is not None:
                headers = {**fixed, "Link": f'<{following}>; rel="next"'}
            return Response(status, rows if body is None else body(listing), headers)

        return answer

    def _page(self, request: Request, group: str, paging: Paging | None) -> Page:
        filters = self._filters(request, paging)
        if paging is None:
            jobs = list(self._selected(request, group, filters))
            return Page(jobs, None, len(jobs), None, len(jobs))
        size = paging.default_size
        if paging.size is not None and request.query.get(paging.size) is not None:
            size = max(min(int(request.query[paging.size]), paging.max_size), 0)
        if paging.style == "cursor":
            return self._after(request, group, paging, filters, size)
        at = request.query.get(paging.at or "")
        number = int(at) if at is not None else (paging.first if paging.style == "page" else 0)
        offset = number if paging.style == "offset" else (number - paging.first) * size
        jobs, total = self._slice(request, group, filters, max(offset, 0), size)
        has_more = size > 0 and offset + len(jobs) < total and bool(jobs)
        step = size if paging.style == "offset" else 1
        return Page(jobs, number + step if has_more else None, total, number, size)

    def _slice(
        self, request: Request, group: str, filters: Mapping[str, Any], offset: int, size: int
    ) -> tuple[list[Job], int]:
        if filters:
            selected = list(self._selected(request, group, filters))
            return selected[offset : offset + size], len(selected)
        total = self._repository.count(request.sandbox, group)
        return self._repository.page(request.sandbox, group, offset, size), total

    def _after(
        self,
        request: Request,
        group: str,
        paging: Paging,
        filters: Mapping[str, Any],
        size: int,
    ) -> Page:
        """Return the page behind a cursor: the number of the last job of the page before."""
        cursor = request.query.get(paging.at or "")
        before = None if cursor in (None, "") else self._number(request, group, paging, str(cursor))
        selected = self._selected(request, group, filters, before)
        jobs = [job for job, _ in zip(selected, range(size + 1), strict=False)]
        shown = jobs[:size]
        following: str | None = None
        if len(jobs) > size and shown:
            is_id = paging.next_is == "id"
            following = shown[-1].id if is_id else _encode(shown[-1].number)
        total = self._repository.count(request.sandbox, group)
        return Page(shown, following, total, cursor, size)

    def _number(self, request: Request, group: str, paging: Paging, cursor: str) -> int:
        """Return the number that a cursor stands for, also where it is the id of a job.

        Raises:
            ApiError: 400, it was not given out.
        """
        number = _decode(cursor)
        if number is None:
            job = self._repository.find(request.sandbox, cursor)
            number = job.number if job is not None and job.group == group else None
        if number is None:
            raise ApiError.for_field(str(paging.at), "is not a cursor of this list")
        return number

    def _selected(
        self,
        request: Request,
        group: str,
        filters: Mapping[str, Any],
        before: int | None = None,
    ) -> Iterator[Job]:
        """Yield the jobs of a group that all filters select, newest first."""
        looked_at = 0
        while jobs := self._repository.page_before(request.sandbox, group, before, _ALL):
            for job in jobs:
                if all(self._matches(request, job, *each) for each in filters.items()):
                    yield job
            looked_at += len(jobs)
            before = jobs[-1].number
            if filters and looked_at >= _FILTERED:
                return

    def _filters(self, request: Request, paging: Paging | None) -> dict[str, Any]:
        """Return the query parameters that are an id, a state or an input of the creation."""
        own = {paging.at, paging.size} if paging is not None else set()
        known = {"status", "state", self._id_name(request), *self._bodies.makers.inputs}
        return {
            name: value
            for name, value in request.query.items()
            if name not in own and plain_name(name) in known
        }

    def _id_name(self, request: Request) -> str:
        """Return the plain name of the member with the id of a listed job."""
        location = self._contract.lifecycle.locations.get(request.operation.id)
        return plain_name(location.id.rsplit("/", 1)[-1]) if location is not None else ""

    def _matches(self, request: Request, job: Job, name: str, wanted: Any) -> bool:
        values = wanted if isinstance(wanted, list) else [wanted]
        if plain_name(name) == self._id_name(request):
            return job.id in map(str, values)
        if plain_name(name) in ("status", "state"):
            state = self._repository.state(request.sandbox, job)
            return any(value in (state.value, state.wire, state.name) for value in values)
        parts = (job.details.get(place) for place in PLACES)
        sent = [part for part in parts if isinstance(part, dict)]
        return any(part.get(name) == wanted or part.get(name) in values for part in sent)


class _Around:
    """Compiles the body of a list around its jobs, which are at the pointer `items`."""

    def __init__(self, contract: Contract, links: Links, items: str, paging: Paging | None) -> None:
        self._document = contract.openapi
        self._items = items
        self._paging = paging or Paging("")
        self._names = ListNames(links, self._paging)
        self._examples = ExampleGenerator(contract.openapi, use_examples=True)

    def root(self, schema: Any) -> ListMaker:
        make, items = self._object(flatten(self._document, schema), "", 0), self._items

        def body(listing: Listing) -> dict[str, Any]:
            made: dict[str, Any] = make(listing)
            put(made, items, listing.rows)  # in its place, where the schema has it
            return made

        return body

    def next_url(self, listing: Listing) -> str | None:
        """Return the URL of the next page, None on the last."""
        following = listing.page.following
        return None if following is None else self._names.url(listing, {self._paging.at: following})

    def _object(self, flat: Mapping[str, Any], at: str, depth: int) -> ListMaker:
        required = flat.get("required", ())
        members = [
            (name, self._member(name, row, at, name in required, depth))
            for name, row in flat.get("properties", {}).items()
        ]

        def make(listing: Listing) -> dict[str, Any]:
            return {
                name: value for name, maker in members if (value := maker(listing)) is not ABSENT
            }

        return make

    def _member(self, name: str, schema: Any, parent: str, required: bool, depth: int) -> ListMaker:
        at, flat = f"{parent}/{pointer.escape(name)}", flatten(self._document, schema)
        if at == self._items:
            return lambda listing: listing.rows
        if at == self._paging.next:
            return self._next(flat, required)
        if at == self._paging.total:
            return lambda listing: listing.page.total
        maker = self._names.find(name, parent.rsplit("/", 1)[-1], flat)
        is_object = flat.get("type") == "object" or "properties" in flat
        if maker is None and is_object and depth < _MAX_DEPTH:
            inner = self._object(flat, at, depth + 1)
            return inner if required else lambda listing: inner(listing) or ABSENT
        neutral = self._neutral(flat) if required else _absent
        if maker is None:
            return neutral
        known = maker
        return lambda listing: neutral(listing) if (it := known(listing)) is ABSENT else it

    def _next(self, flat: Mapping[str, Any], required: bool) -> ListMaker:
        """Return what makes the member that leads to the next page."""
        is_link = self._paging.next_is == "link"
        is_relative = flat.get("format") == RELATIVE
        last = None if flat.get("nullable") else "" if required else ABSENT

        def make(listing: Listing) -> Any:
            following = listing.page.following
            if following is None:
                return last
            if not is_link:
                return following
            return self._names.url(listing, {self._paging.at: following}, is_relative=is_relative)

        return make

    def _neutral(self, flat: Mapping[str, Any]) -> ListMaker:
        """Return what stands for a required member of which nothing is known."""
        if flat.get("nullable"):
            return lambda _listing: None
        if flat.get("type") == "array":
            return lambda _listing: []
        draw = self._examples.draw
        return lambda listing: draw(flat, listing.request.sandbox.ids.random("list", 0))


def _absent(_listing: Listing) -> Any:
    return ABSENT


def _encode(number: int) -> str:
    return urlsafe_b64encode(f"after {number}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> int | None:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        return None
    number = text.removeprefix("after ")
    return int(number) if text.startswith("after ") and number.isdecimal() else None
