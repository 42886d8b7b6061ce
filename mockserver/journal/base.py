"""The protocol of a journal: the newest exchanges of one sandbox, within bounds."""

from dataclasses import dataclass
from typing import Protocol

from mockserver.journal.entry import Entry

ENTRIES_SETTING = "--max-journal"
BYTES_SETTING = "--max-journal-bytes"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one journal keeps."""

    entries: int = 1000
    bytes: int = 8 * 2**20


class Journal(Protocol):
    """The newest exchanges of one sandbox."""

    @property
    def scope(self) -> str:
        """Whose exchanges it has: those of this `process`, or of all on the `store`."""
        ...

    @property
    def bounds(self) -> Bounds:
        """How much it keeps."""
        ...

    @property
    def last(self) -> int:
        """The number of the newest entry ever; it counts on, so that gaps are visible."""
        ...

    @property
    def bytes(self) -> int:
        """Its approximate size in bytes."""
        ...

    @property
    def forgotten(self) -> int:
        """How many entries were dropped because of a bound since it was cleared."""
        ...

    @property
    def forgotten_by(self) -> tuple[str, ...]:
        """The settings whose bounds dropped entries since it was cleared."""
        ...

    def next_number(self) -> int:
        """Return the number of the next entry."""
        ...

    def add(self, entry: Entry, *, deferred: bool = False) -> None:
        """Add an entry; drop the oldest beyond the bounds.

        A deferred entry is written as soon as the store can be used, and nobody waits for it.
        """
        ...

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries, oldest first."""
        ...

    def clear(self) -> None:
        """Delete all entries; numbers go on."""
        ...

    def close(self) -> None:
        """Release its memory; what is added later is ignored."""
        ...
