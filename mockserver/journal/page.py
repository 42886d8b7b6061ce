"""A page of the journal, filtered."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from mockserver.journal.diary import Diary
from mockserver.journal.entry import Entry
from mockserver.journal.pattern import Pattern, Seen
from mockserver.journal.view import exchange


def page(journal: Diary, sandbox: str, asked: Mapping[str, Any]) -> dict[str, Any]:
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


def find(journal: Diary, number: int) -> Entry | None:
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
    return (entry for entry in entries if pattern.fits(Seen(entry)))


def _number(entry: Entry) -> int:
    return entry.number
