"""What a sandbox has been asked and has answered: the last of it, bounded, without secrets."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from mockserver.journal.base import Bounds, Journal
from mockserver.journal.database import BatchWriter, DatabaseJournal
from mockserver.journal.entry import Entry, Fault, JobTouch, Outcome
from mockserver.journal.memory import MemoryBudget, MemoryJournal
from mockserver.store.base import JournalStore, Store

__all__ = [
    "Bounds",
    "Entry",
    "Fault",
    "JobTouch",
    "Journal",
    "MemoryBudget",
    "MemoryJournal",
    "Outcome",
]


Flush = Callable[[], Awaitable[None]]


class JournalBackend(Protocol):
    """Opens journals. `flush` returns once all that was added is kept; None: it is at once."""

    flush: Flush | None

    def open(self, place: str) -> Journal:
        """Return the journal of the sandbox whose records lie at `place`."""
        ...


class MemoryBackend:
    """Journals of this process. `most` are the bytes of all of them together."""

    flush: Flush | None = None

    def __init__(self, bounds: Bounds, most: int) -> None:
        self._bounds = bounds
        self._budget = MemoryBudget(most)

    def open(self, _place: str) -> Journal:
        return MemoryJournal(self._bounds, self._budget)


class SqlBackend:
    """Journals that all processes on one database share."""

    def __init__(self, rows: JournalStore, bounds: Bounds) -> None:
        self._rows = rows
        self._writer = BatchWriter(rows.append)
        self._bounds = bounds
        self.flush: Flush | None = self._writer.flush

    def open(self, place: str) -> Journal:
        return DatabaseJournal(self._rows, self._writer, place, self._bounds)


def journal_backend(store: Store, bounds: Bounds, most: int) -> JournalBackend:
    """Return where journals are kept: where all else is, if others use it too."""
    if store.journals is not None:
        return SqlBackend(store.journals, bounds)
    return MemoryBackend(bounds, most)
