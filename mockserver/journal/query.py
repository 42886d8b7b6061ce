"""Entries as `Exchange` of the control plane's contract; made only when somebody reads them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from mockserver.journal.base import Journal
from mockserver.journal.entry import LONGEST_BODY, Entry
from mockserver.journal.matching import EntryView, Pattern
from mockserver.timestamps import to_iso_string

JSON = "application/json"


def exchange(entry: Entry, sandbox: str, *, brief: bool = False) -> dict[str, Any]:
    """Return an entry of the journal of `sandbox`; `brief` leaves headers and bodies out."""
    shown: dict[str, Any] = {
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
        shown["reason"] = entry.reason
    return shown if brief else shown | {"request": _request(entry), "reply": _response(entry)}


def _request(entry: Entry) -> dict[str, Any]:
    return {
        "headers": dict(entry.request_headers),
        "body": _text(entry.request_body),
        "length": entry.request_length,
        "cut": entry.cut,
        "media": entry.request_headers.get("content-type"),
    }


def _response(entry: Entry) -> dict[str, Any]:
    return {
        "headers": dict(entry.response_headers),
        "body": None if entry.file else _text(entry.response_body),
        "length": None if entry.response_length < 0 else entry.response_length,
        "cut": entry.file is None and entry.response_length > LONGEST_BODY,
        "media": entry.file or (JSON if entry.response_length else None),
    }


def _text(body: bytes) -> str | None:
    return body.decode(errors="replace") if body else None


def page(journal: Journal, sandbox: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return `Journal` of the control plane's contract, as its query parameters ask."""
    kept = journal.entries()
    limit = asked["limit"]
    found = list(islice(_matching(_span(kept, asked), Pattern(asked)), limit + 1))
    more = len(found) > limit
    brief = asked["detail"] == "brief"
    return {
        "requests": [exchange(entry, sandbox, brief=brief) for entry in found[:limit]],
        "next": found[limit - 1].number if more else None,
        "first": kept[0].number if kept else None,
        "last": journal.last,
        "forgotten": journal.forgotten,
        "bytes": journal.bytes,
        "bounds": {"entries": journal.bounds.entries, "bytes": journal.bounds.bytes},
        "scope": journal.scope,
    }


def find(journal: Journal, number: int) -> Entry | None:
    """Return the entry of a number, if it is kept."""
    kept = journal.entries()
    place = bisect_left(kept, number, key=_number)
    return kept[place] if place < len(kept) and kept[place].number == number else None


def _span(kept: Sequence[Entry], asked: Mapping[str, Any]) -> Sequence[Entry]:
    """Return the entries that a page may hold, in its order."""
    start, end, after = 0, len(kept), asked.get("after")
    if "since" in asked:
        start = bisect_left(kept, asked["since"], key=_number)
    if asked["order"] == "newest":
        if after is not None:
            end = bisect_left(kept, after, key=_number)
        return kept[start:end][::-1]
    if after is not None:
        start = max(start, bisect_right(kept, after, key=_number))
    return kept[start:end]


def _matching(entries: Sequence[Entry], pattern: Pattern) -> Iterator[Entry]:
    return (entry for entry in entries if pattern.fits(EntryView(entry)))


def _number(entry: Entry) -> int:
    return entry.number
