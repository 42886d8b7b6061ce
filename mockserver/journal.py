"""What a sandbox has been asked and has answered: the last of it, without secrets."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

LONGEST_BODY = 2048
"""Bytes of a body that are kept."""


class Entry(NamedTuple):
    """One exchange. `at` is virtual time in milliseconds, `took` real time in microseconds.

    `verdict` is `ok`, or what of the contract the request or the reply broke. Secrets are redacted
    and bodies cut before an entry is made.
    """

    number: int
    at: int
    took: int
    method: str
    path: str
    query: str
    vendor: str
    operation: str | None
    caller: str | None
    status: int
    verdict: str
    request_headers: Mapping[str, str]
    request_body: bytes
    reply_headers: Mapping[str, str]
    reply_body: bytes


class Journal:
    """A ring of entries; `number` counts on, so that a reader sees what it missed."""

    __slots__ = ("_entries", "_limit", "count")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: deque[Entry] | None = None  # most sandboxes are small or short-lived
        self.count = 0

    def add(self, entry: Entry) -> None:
        """Keep an entry, the oldest of too many go."""
        if self._entries is None:
            self._entries = deque(maxlen=self._limit)
        self._entries.append(entry)

    def next_number(self) -> int:
        """Return the number of the next entry."""
        self.count += 1
        return self.count

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._entries = None

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries or ()))
