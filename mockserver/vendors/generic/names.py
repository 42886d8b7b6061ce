"""What fills a member of which nothing is declared, of a job's body or a list's: by its name."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from mockserver.http.messages import Request
from mockserver.jobs import Job
from mockserver.vendors.generic.context import ABSENT, JobFacts, Links
from mockserver.vendors.generic.members import (
    RELATIVE,
    Maker,
    MemberMakers,
    only_in,
    retry_after,
)
from specs import Contract, Paging
from specs.values import MORE, plain_name, words

_AT = r"(?:at|on|time|date|datetime|timestamp|utc)?(?:utc|ms)?"
_TIME_NAMES: Mapping[str, re.Pattern[str]] = {
    "created_at": re.compile(
        rf"(?:date|time)?(?:created|create|creation|submitted|submit|requested|queued|issued){_AT}"
    ),
    "started_at": re.compile(rf"(?:date|time)?(?:started|start|begun|begin|processing){_AT}"),
    "updated_at": re.compile(
        rf"(?:date|time)?(?:last)?(?:updated|update|modified|modification|changed|statuschange){_AT}"
    ),
    "ended_at": re.compile(
        rf"(?:date|time)?(?:finished|finish|completed|complete|completion|ended|end|done){_AT}"
    ),
    "expires_at": re.compile(rf"(?:date|time)?(?:expires|expired|expire|expiry|expiration){_AT}"),
}
_IS_TIME = re.compile(r"(?:at|on|time|date|timestamp|utc|ms)$|^expires")
_LINK_WORDS = re.compile(r"url|uri|href|link|location")
_FETCH = words(
    "file files download result results output outputs content contents data export report archive "
    "artifact signed presigned asset media document payload response"
)
_POLL = words("self status poll job operation monitor resource tracking task")
_FAILED = re.compile(r"(?:error|errors|failure|fault)(?:s|info|details?|message|reason|text|code)?")
_REASONS = words("message detail details description reason text")
_FINISHED = words("response result results output outputs")
_PROGRESS = re.compile(r"progress|(?:progress)?percent(?:age)?(?:complete|completed|done)?")


class NameRules:
    """The rules for the bodies that show a job."""

    def __init__(self, contract: Contract, links: Links, makers: MemberMakers) -> None:
        self._links = links
        self._makers = makers
        self._failed = _failed_states(contract)
        states = contract.lifecycle.states
        self._with_file = frozenset(name for name, row in states.items() if row.file)

    def find(  # noqa: PLR0911 (one for each sort of name)
        self, name: str, parent: str, schema: Mapping[str, Any], *, required: bool
    ) -> Maker | None:
        """Return what makes a member by its name; None where the name says nothing."""
        plain, kind = plain_name(name), schema.get("type")
        makers = self._makers
        in_error = bool(_FAILED.fullmatch(plain_name(parent)))
        if in_error and kind == "string" and plain in _REASONS:
            return makers.reason
        if plain in makers.inputs and not in_error:
            return makers.echo(makers.inputs[plain], schema)
        if maker := self._time(plain, schema):
            return maker
        if kind == "string" and (
            _LINK_WORDS.search(plain) or str(schema.get("format", "")).startswith("uri")
        ):
            return self._link(plain, plain_name(parent), schema, required=required)
        if kind in ("integer", "number"):
            return _number(plain, schema)
        if kind == "string" and _FAILED.fullmatch(plain) and "enum" not in schema:
            return only_in(self._failed, makers.reason)
        return None

    def states_of(self, name: str) -> frozenset[str] | None:
        """Return the states in which an optional member is there by its name; None: in any."""
        plain = plain_name(name)
        if _FAILED.fullmatch(plain):
            return self._failed
        return self._with_file if plain in _FINISHED else None

    def header(self, name: str, status: int, declared: Mapping[str, Any]) -> Maker | None:
        """Return what makes a header of a response; None where it is left out."""
        schema = declared.get("schema", {})
        if name in ("location", "content-location", "operation-location"):
            target = "fetch" if 300 <= status < 400 and self._links.knows("fetch") else "poll"
            return self._makers.link(target, schema)
        if name == "retry-after":
            return retry_after
        return self._makers.invented(schema, f"header {name}") if declared.get("required") else None

    def _time(self, plain: str, schema: Mapping[str, Any]) -> Maker | None:
        kind, form = schema.get("type"), schema.get("format")
        is_time = form in ("date-time", "date") or r"\d{4}-\d{2}" in str(schema.get("pattern"))
        if kind not in ("string", "integer", "number") or (kind == "string" and "enum" in schema):
            return None
        for name, pattern in _TIME_NAMES.items():
            if pattern.fullmatch(plain) and (is_time or _IS_TIME.search(plain)):
                return self._makers.time(name, schema)
        return None

    def _link(
        self, plain: str, parent: str, schema: Mapping[str, Any], *, required: bool
    ) -> Maker | None:
        base = _LINK_WORDS.sub("", plain) or parent
        link, knows = self._makers.link, self._links.knows
        word = next((w for w in (base, base.removesuffix("s")) if w in _FETCH | _POLL), None)
        is_fetch = word in _FETCH or any(base.startswith(w) or base.endswith(w) for w in _FETCH)
        if is_fetch and knows("fetch"):
            return only_in(self._with_file, link("fetch", schema))
        if word in _POLL or (base == "location" and knows("poll")):
            return link("poll", schema)
        for action in ("cancel", "delete", "start", "list"):
            if base.startswith(action) and knows(action):
                return link(action, schema)
        return link("poll", schema) if required else None


def _number(plain: str, schema: Mapping[str, Any]) -> Maker | None:
    if _PROGRESS.fullmatch(plain):
        share = 0.01 if schema.get("maximum") == 1 else 1
        return lambda facts: facts.progress() * share
    if plain in ("retryafter", "pollinterval", "nextpollin"):
        return retry_after
    return _version if plain in ("version", "revision") else None


def _version(facts: JobFacts) -> int:
    return facts.job.version


def _failed_states(contract: Contract) -> frozenset[str]:
    """Return the states of a job that ended by itself and has no file."""
    lifecycle = contract.lifecycle
    by_action = {edge.end for edge in lifecycle.edges if edge.by != "time"}
    timely = {stage.state for stage in lifecycle.timeline}
    return frozenset(
        name
        for name in lifecycle.reachable(lifecycle.initial, frozenset({"time"}))
        if not lifecycle.states[name].file
        and name not in by_action | timely
        and all(edge.by != "time" for edge in lifecycle.edges if edge.start == name)
    )


_COUNTS = words("count itemcount size numberofelements returned")
_TOTALS = words("total totalcount totalitems totalresults")
_PAGES = words("totalpages pagecount pages lastpage")
_SELF = words("self selfurl selflink selfhref")
_PREVIOUS = words("prev previous prevurl previousurl prevhref previoushref prevlink previouslink")


class Page(NamedTuple):
    """The jobs of one page, what leads to the next (None: it is the last), the total, positions."""

    jobs: list[Job]
    following: int | str | None
    total: int
    at: int | str | None
    size: int


class Listing(NamedTuple):
    """A page, the request for it, and its jobs as they are shown."""

    request: Request
    page: Page
    rows: list[Any]


ListMaker = Callable[[Listing], Any]
"""Returns the value of a member of a list's body, ABSENT where it is left out."""


class ListNames:
    """The rules for the body of a list, around its jobs."""

    def __init__(self, links: Links, paging: Paging) -> None:
        self._links = links
        self._paging = paging

    def find(  # noqa: PLR0911 (one for each sort of name)
        self, name: str, parent: str, flat: Mapping[str, Any]
    ) -> ListMaker | None:
        """Return what makes a member by its name; None where the name says nothing."""
        plain, kind = plain_name(name), flat.get("type")
        if kind == "boolean" and plain in MORE:
            return lambda listing: listing.page.following is not None
        if kind in ("integer", "number"):
            return self._number(plain)
        if kind != "string":
            return None
        is_relative = flat.get("format") == RELATIVE
        named = f"{plain_name(parent)}{plain}" if plain in ("href", "url", "link") else plain
        if named in _SELF:
            return lambda listing: self.url(listing, {}, is_relative=is_relative)
        if named in _PREVIOUS and self._paging.style == "page":
            return lambda listing: self._previous(listing, is_relative=is_relative)
        if plain in ("firstid", "lastid"):
            index = -1 if plain == "lastid" else 0
            return lambda it: it.page.jobs[index].id if it.page.jobs else ABSENT
        return None

    def _number(self, plain: str) -> ListMaker | None:
        for name, index in ((self._paging.at, 3), (self._paging.size, 4)):
            if name is not None and plain == plain_name(name):
                return lambda listing: (
                    ABSENT if listing.page[index] is None else listing.page[index]
                )
        if plain in _TOTALS:
            return lambda listing: listing.page.total
        if plain in _PAGES:
            return lambda it: -(-it.page.total // it.page.size) if it.page.size else 0
        return (lambda listing: len(listing.page.jobs)) if plain in _COUNTS else None

    def _previous(self, listing: Listing, *, is_relative: bool) -> Any:
        number = int(listing.page.at or 0)
        if number <= self._paging.first:
            return ABSENT
        return self.url(listing, {self._paging.at: number - 1}, is_relative=is_relative)

    def url(
        self, listing: Listing, changes: Mapping[Any, Any], *, is_relative: bool = False
    ) -> str:
        """Return the URL of the request with other query parameters."""
        request = listing.request
        path = request.operation.path
        for name, value in request.path.items():
            path = path.replace(f"{{{name}}}", str(value))
        query = {**request.query, **changes}
        text = f"{self._links.origin(request, is_relative=is_relative)}{path}"
        return f"{text}?{urlencode(query, doseq=True)}" if query else text
