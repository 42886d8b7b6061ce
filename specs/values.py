"""What fills bodies, lists, errors and files of a user's vendor: declarations of lifecycle.yaml.

specs/README.md describes the keys. What is not declared is read off the schemas: how a list has
pages here, the rest by the program that makes the bodies.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specs import pointer

DEFAULT = "default"
"""The key of `values` for the bodies of every operation that shows one job."""

HEADER = "header "
_KINDS = ("input", "job", "time", "link", "constant", "generated", "retry_after")


@dataclass(frozen=True, slots=True)
class Value:
    """What fills one member or header of a response.

    `at` is a JSON pointer into the job's body, None where `header` is set. `kind` is the key that
    says what fills it (`input`, `job`, `time`, `link`, `constant`, `generated`, `retry_after`),
    `argument` its value. It is there in `states` alone, None: in all.
    """

    at: str | None
    header: str | None
    kind: str
    argument: Any
    format: str | None = None
    signed: bool = False
    states: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ErrorMember:
    """One member of an error body: a part of the error, or a constant where `part` is None."""

    at: str
    part: str | None
    constant: Any = None


@dataclass(frozen=True, slots=True)
class FileSpec:
    """The file of a job: media type, kind of content, columns (as in seed data), rows.

    Each is None where it is not declared. `formats` are by the value of the input `format`, and
    have what differs.
    """

    media_type: str | None = None
    content: str | None = None
    columns: tuple[Mapping[str, Any], ...] | None = None
    rows: int | None = None
    format: str | None = None
    formats: "Mapping[str, FileSpec] | None" = None


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list has pages: names of query parameters, and pointers into the body of the list.

    `style` is `page` (numbers from `first`), `offset` or `cursor`. `next_is` says what `next`
    holds: a `link`, a `cursor` or a `number`; `id`: nothing leads on, the cursor is the id of the
    last job of the page before, and the last page is one that is not full or says so.
    """

    style: str
    size: str | None = None
    at: str | None = None
    total: str | None = None
    next: str | None = None
    next_is: str = "cursor"
    first: int = 1
    default_size: int = 20
    max_size: int = 100


def read_values(raw: Mapping[str, Any]) -> Mapping[str, tuple[Value, ...]]:
    """Return the rows of `values` by operationId or `default`."""
    return {
        name: tuple(_value(at, row) for at, row in rows.items())
        for name, rows in raw.get("values", {}).items()
    }


def _value(at: str, row: Mapping[str, Any]) -> Value:
    header = at.removeprefix(HEADER) if at.startswith(HEADER) else None
    kind = next(kind for kind in _KINDS if kind in row)
    return Value(
        at=at if header is None else None,
        header=header,
        kind=kind,
        argument=row[kind],
        format=row.get("format"),
        signed=row.get("signed", False),
        states=frozenset(row["when"]) if "when" in row else None,
    )


def read_errors(raw: Mapping[str, Any]) -> tuple[ErrorMember, ...]:
    """Return the members of the error body; none where they are not declared."""
    return tuple(
        ErrorMember(at, row["error"]) if _is_part(row) else ErrorMember(at, None, row)
        for at, row in raw.get("errors", {}).items()
    )


def _is_part(row: Any) -> bool:
    return isinstance(row, dict) and row.keys() == {"error"}


def read_file(row: Mapping[str, Any] | None) -> FileSpec | None:
    """Return the declaration of the file, None if there is none."""
    if row is None:
        return None
    formats = row.get("formats")
    return FileSpec(
        media_type=row.get("media_type"),
        content=row.get("content"),
        columns=tuple(row["columns"]) if "columns" in row else None,
        rows=row.get("rows"),
        format=row.get("format"),
        formats={str(name): _format(each) for name, each in formats.items()} if formats else None,
    )


def _format(row: Mapping[str, Any]) -> FileSpec:
    spec = read_file(row)
    assert spec is not None
    return spec


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_PAGE = words("page pagenumber pageno pagenum pageindex p")
_OFFSET = words("offset pageoffset skip start startindex startat")
_CURSOR = words(
    "cursor pagecursor pagetoken nexttoken continuationtoken continuation marker after "
    "startingafter skiptoken next nextcursor nextpagetoken exclusivestartkey"
)
_SIZE = words(
    "pagesize perpage limit size pagelimit maxresults maxpagesize maxitems max top first take "
    "count results itemsperpage"
)
_TOTAL = words("total totalcount totalitems totalresults totalsize totalelements")
_NEXT = words(
    "next nextpage nextpagetoken nextcursor nextlink nexttoken odatanextlink nexturl nexthref "
    "nextpageurl nextmarker continuationtoken cursor endcursor"
)
MORE = words("hasmore more hasnext hasnextpage")
"""Plain names of flags that say whether there is another page."""

_WORDS = re.compile(r"[^a-z0-9]")


def plain_name(name: str) -> str:
    """Return a name in lower case without anything but letters and digits."""
    return _WORDS.sub("", name.lower())


def read_paging(
    document: dict[str, Any],
    parameters: Iterable[Mapping[str, Any]],
    schema: Any,
    row: Mapping[str, Any] | None,
) -> Paging | None:
    """Return how a list has pages, as declared, the rest by names; None for a list without pages.

    `parameters` are those of the operation, `schema` is that of its success body.
    """
    declared = dict(row or {})
    query = [entry for entry in parameters if entry.get("in") == "query"]
    names = {plain_name(str(entry["name"])): str(entry["name"]) for entry in reversed(query)}
    style, at = _style(names, declared)
    if style is None:
        return None
    size = declared.get("size") or next((names[n] for n in names if n in _SIZE), None)
    bounds = _schema_of(document, query, size)
    total, following, kind = _members(document, schema)
    following = declared.get("next", following)
    return Paging(
        style=style,
        size=size,
        at=at,
        total=declared.get("total", total),
        next=following,
        next_is=declared.get("next_is") or _kind_of_next(style, following, kind),
        first=declared.get("first", _first(_schema_of(document, query, at))),
        default_size=declared.get("default_size", _integer(bounds, "default", 20)),
        max_size=declared.get("max_size", _integer(bounds, "maximum", 100)),
    )


def _style(names: Mapping[str, str], row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    kinds = {"cursor": _CURSOR, "offset": _OFFSET, "page": _PAGE}
    for style, known in kinds.items():
        if row.get("style") in (None, style):
            at = row.get("at") or next((names[name] for name in names if name in known), None)
            if at is not None or row.get("style") == style:
                return style, at
    return None, None


def _schema_of(document: dict[str, Any], query: list[Any], name: str | None) -> Mapping[str, Any]:
    for entry in query:
        if entry["name"] == name:
            found: Mapping[str, Any] = pointer.resolve(document, entry.get("schema", {}))
            return found
    return {}


def _integer(schema: Mapping[str, Any], key: str, default: int) -> int:
    value = schema.get(key, default)
    return value if isinstance(value, int) and value > 0 else default


def _first(schema: Mapping[str, Any]) -> int:
    bound = schema.get("default", schema.get("minimum", 1))
    return 0 if bound == 0 else 1


def _kind_of_next(style: str, following: str | None, kind: str) -> str:
    if following is None and style == "cursor":
        return "id"
    return "link" if kind == "string" and style != "cursor" else kind.replace("string", "cursor")


def _members(document: dict[str, Any], schema: Any) -> tuple[str | None, str | None, str]:
    """Return the pointers to the total and to what leads on, and what the latter is."""
    total: str | None = None
    following: str | None = None
    kind = "cursor"
    for place, member in _properties(document, schema, "", 0):
        name = plain_name(place.rsplit("/", 1)[-1])
        member_type = member.get("type")
        if total is None and name in _TOTAL and member_type in ("integer", "number"):
            total = place
        if following is None and name in _NEXT and member_type in ("string", "integer"):
            following = place
            kind = _kind(name, member)
    return total, following, kind


def _kind(name: str, schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "integer":
        return "number"
    named = any(word in name for word in ("link", "url", "href"))
    is_link = named or str(schema.get("format", "")).startswith("uri")
    plain = "string" if name in ("next", "nextpage") else "cursor"
    return "link" if is_link else plain


_DEPTH = 3


def _properties(
    document: dict[str, Any], schema: Any, place: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the members of an object and of the objects in it, the outer ones first."""
    members = pointer.properties(document, schema) if depth < _DEPTH else {}
    resolved = {name: pointer.resolve(document, member) for name, member in members.items()}
    for name, member in resolved.items():
        if isinstance(member, dict):
            yield f"{place}/{pointer.escape(name)}", member
    for name, member in resolved.items():
        yield from _properties(document, member, f"{place}/{pointer.escape(name)}", depth + 1)
