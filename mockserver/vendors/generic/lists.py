"""Lists of jobs: pages by number, offset or cursor, filters, and the body around the jobs."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from mockserver.errors import ApiError
from mockserver.http.messages import Request
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.openapi.examples import ExampleGenerator
from mockserver.vendors.generic.bodies import JobBodies
from mockserver.vendors.generic.context import INPUT, JobFacts, Links
from mockserver.vendors.generic.operations import flatten, put
from specs import Contract, Operation, Paging, pointer
from specs.contract import json_schema_of
from specs.values import plain_name

_ALL = 500
_FILTERED = 10_000
"""Jobs looked at, at most, for a list with a filter."""

_MORE = frozenset({"hasmore", "more", "hasnext", "hasnextpage"})
_COUNTS = frozenset({"count", "itemcount", "size", "numberofelements", "returned"})
_PAGES = frozenset({"totalpages", "pagecount", "pages", "lastpage"})


class Page(NamedTuple):
    """The jobs of one page, what leads to the next (None: it is the last), the total, positions."""

    jobs: list[Job]
    following: int | str | None
    total: int
    at: int | str | None
    size: int


class JobLists:
    """Answers the lists of one contract."""

    def __init__(
        self, contract: Contract, repository: JobRepository, bodies: JobBodies, links: Links
    ) -> None:
        self._contract = contract
        self._repository = repository
        self._bodies = bodies
        self._links = links
        self._examples = ExampleGenerator(contract.openapi, use_examples=True)

    def compile(self, operation: Operation) -> Callable[[Request, str], tuple[Any, dict[str, str]]]:
        """Return what makes the body and the headers of a list, of the jobs of one group."""
        location = self._contract.lifecycle.locations.get(operation.id)
        items = location.items if location is not None and location.items is not None else ""
        content = operation.responses[operation.success].get("content", {})
        schema = json_schema_of(content)
        try:
            element = pointer.schema_at(self._contract.openapi, schema, f"{items}/-")
        except (LookupError, TypeError):
            element = {}
        show = self._bodies.of_schema(operation.id, element, as_item=True)
        paging = self._contract.paging(operation.id)
        lifecycle = self._contract.lifecycle
        has_link = "Link" in operation.responses[operation.success]["headers"]

        def answer(request: Request, group: str) -> tuple[Any, dict[str, str]]:
            page = self._page(request, group, paging)
            rows = [show(JobFacts(lifecycle, request, job)) for job in page.jobs]
            url = self._next_url(request, paging, page)
            headers = {"Link": f'<{url}>; rel="next"'} if has_link and url else {}
            if not items:
                return rows, headers
            body = self._around(schema, "", request, page, paging, url, 0)
            put(body, items, rows)
            return body, headers

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
        """Return the query parameters that are a state or an input of the creation."""
        own = {paging.at, paging.size} if paging is not None else set()
        return {
            name: value
            for name, value in request.query.items()
            if name not in own and plain_name(name) in {"status", "state"} | self._bodies.inputs
        }

    def _matches(self, request: Request, job: Job, name: str, wanted: Any) -> bool:
        if plain_name(name) in ("status", "state"):
            state = self._repository.state(request.sandbox, job)
            values = wanted if isinstance(wanted, list) else [wanted]
            return any(value in (state.value, state.wire, state.name) for value in values)
        inputs: Mapping[str, Any] = job.details.get(INPUT, {})
        sent = [part for part in inputs.values() if isinstance(part, dict)]
        return any(part.get(name) == wanted for part in sent)

    def _next_url(self, request: Request, paging: Paging | None, page: Page) -> str | None:
        if paging is None or page.following is None:
            return None
        return self._url(request, {str(paging.at): page.following})

    def _url(self, request: Request, changes: Mapping[str, Any]) -> str:
        path = request.operation.path
        for name, value in request.path.items():
            path = path.replace(f"{{{name}}}", str(value))
        query = {**request.query, **changes}
        text = f"{self._links.origin(request)}{path}"
        return f"{text}?{urlencode(query, doseq=True)}" if query else text

    def _around(
        self,
        schema: Any,
        at: str,
        request: Request,
        page: Page,
        paging: Paging | None,
        url: str | None,
        depth: int,
    ) -> dict[str, Any]:
        """Return the body of a list without its jobs."""
        flat = flatten(self._contract.openapi, schema)
        body: dict[str, Any] = {}
        for name, member in flat.get("properties", {}).items():
            place = f"{at}/{pointer.escape(name)}"
            inner = flatten(self._contract.openapi, member)
            required = name in flat.get("required", ())
            if paging is not None and place == paging.next:
                following = url if paging.next_is == "link" else page.following
                if following is not None or inner.get("nullable"):
                    body[name] = following
                elif required:
                    body[name] = ""
                continue
            if paging is not None and place == paging.total:
                body[name] = page.total
                continue
            value: Any = self._fact(name, inner, request, page, paging)
            is_object = inner.get("type") == "object" or "properties" in inner
            if value is None and is_object and depth < 3:
                value = self._around(member, place, request, page, paging, url, depth + 1)
                value = value if value or required else None
            if value is None and required:
                value = self._neutral(inner, request)
                body[name] = value
            elif value is not None:
                body[name] = value
        return body

    def _fact(  # noqa: PLR0911 (one for each sort of name)
        self,
        name: str,
        schema: Mapping[str, Any],
        request: Request,
        page: Page,
        paging: Paging | None,
    ) -> Any:
        plain, kind = plain_name(name), schema.get("type")
        if kind == "boolean":
            return page.following is not None if plain in _MORE else None
        if kind in ("integer", "number"):
            if paging is not None and plain == plain_name(str(paging.at)):
                return page.at
            if paging is not None and plain == plain_name(str(paging.size)):
                return page.size
            if plain in ("total", "totalcount", "totalitems", "totalresults"):
                return page.total
            if plain in _PAGES:
                return -(-page.total // page.size) if page.size else 0
            return len(page.jobs) if plain in _COUNTS else None
        if kind == "string" and plain in ("self", "selfurl", "selflink"):
            return self._url(request, {})
        if kind == "string" and page.jobs and plain in ("firstid", "lastid"):
            return page.jobs[-1 if plain == "lastid" else 0].id
        return None

    def _neutral(self, schema: Mapping[str, Any], request: Request) -> Any:
        if schema.get("nullable"):
            return None
        if schema.get("type") == "array":
            return []
        return self._examples.draw(schema, request.sandbox.ids.random("list", 0))


def _encode(number: int) -> str:
    return urlsafe_b64encode(f"after {number}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> int | None:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        return None
    number = text.removeprefix("after ")
    return int(number) if text.startswith("after ") and number.isdecimal() else None
