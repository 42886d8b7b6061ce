"""Queries of the journal, answered as the control plane's contract has them."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from mockserver.journal.base import MAX_BODY_BYTES, Entry, Journal
from mockserver.journal.matching import EntryView, Pattern
from mockserver.timestamps import to_iso_string

JSON = "application/json"

_NUMBER = attrgetter("number")


def exchange(entry: Entry, sandbox: str, *, brief: bool = False) -> dict[str, Any]:
    """Return an entry as `Exchange` of the contract; `brief` leaves headers and bodies out."""
    result: dict[str, Any] = {
        "number": entry.number,
        "at": to_iso_string(entry.at),
        "elapsed": entry.took / 1000,
        "sandbox": sandbox,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "vendor": entry.vendor,
        "operation": entry.operation,
        "caller": entry.caller,
        "status": entry.status,
        "verdict": entry.verdict.value,
        "jobs": [
            {"id": touch.job, "before": touch.before, "after": touch.after}
            for touch in entry.touched
        ],
        "faults": [fault._asdict() for fault in entry.faults],
    }
    if entry.reason:
        result["reason"] = entry.reason
    return result if brief else result | {"request": _request(entry), "reply": _response(entry)}


def _request(entry: Entry) -> dict[str, Any]:
    return {
        "headers": dict(entry.request_headers),
        "body": _text(entry.request_body),
        "length": None if entry.request_length < 0 else entry.request_length,
        "cut": entry.cut,
        "media": entry.request_headers.get("content-type"),
    }


def _response(entry: Entry) -> dict[str, Any]:
    return {
        "headers": dict(entry.response_headers),
        "body": None if entry.file else _text(entry.response_body),
        "length": None if entry.response_length < 0 else entry.response_length,
        "cut": entry.file is None and entry.response_length > MAX_BODY_BYTES,
        "media": response_media(entry),
    }


def response_media(entry: Entry) -> str | None:
    """Return the media type of a response's body, None without a body."""
    return entry.file or (JSON if entry.response_length else None)


def _text(body: bytes) -> str | None:
    return body.decode(errors="replace") if body else None


class Page(NamedTuple):
    """The entries of one page, and the `after` of the next page."""

    entries: list[Entry]
    next: int | None


def select(journal: Journal, query: Mapping[str, Any]) -> Page:
    """Return the page of a journal for the query parameters of the control plane's contract."""
    limit, pattern = query["limit"], Pattern(query)
    window = _window(journal.entries(), query)
    matches = (row for row in window if pattern.matches(EntryView(row)))
    found = list(islice(matches, limit + 1))
    return Page(found[:limit], found[limit - 1].number if len(found) > limit else None)


def page(journal: Journal, sandbox: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return `Journal` of the control plane's contract for its query parameters."""
    selected, entries = select(journal, query), journal.entries()
    brief = query["detail"] == "brief"
    return {
        "requests": [exchange(entry, sandbox, brief=brief) for entry in selected.entries],
        "next": selected.next,
        "first": entries[0].number if entries else None,
        "last": journal.last,
        "forgotten": journal.forgotten,
        "forgotten_by": list(journal.forgotten_by),
        "bytes": journal.bytes,
        "bounds": {"entries": journal.bounds.entries, "bytes": journal.bounds.bytes},
        "scope": journal.scope,
    }


def find(journal: Journal, number: int) -> Entry | None:
    """Return the entry of a number, None if the journal does not have it."""
    entries = journal.entries()
    index = bisect_left(entries, number, key=_NUMBER)
    return entries[index] if index < len(entries) and entries[index].number == number else None


def _window(entries: Sequence[Entry], query: Mapping[str, Any]) -> Sequence[Entry]:
    """Return the entries between `since` and `after`, in the order of the page."""
    start, end, after = 0, len(entries), query.get("after")
    if "since" in query:
        start = bisect_left(entries, query["since"], key=_NUMBER)
    if query["order"] == "newest":
        if after is not None:
            end = bisect_left(entries, after, key=_NUMBER)
        return entries[start:end][::-1]
    if after is not None:
        start = max(start, bisect_right(entries, after, key=_NUMBER))
    return entries[start:end]
