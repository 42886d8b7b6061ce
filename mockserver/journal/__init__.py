"""The journal of a sandbox: its newest requests and responses, bounded, without secrets."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from mockserver.journal.base import Bounds, Entry, Fault, JobTouch, Journal, Outcome
from mockserver.journal.database import BatchWriter, DatabaseJournal
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
"""Returns once all that was added before is written.

Raises:
    StoreUnavailable: it cannot be written at present, and is not.
"""


class JournalBackend(Protocol):
    """Opens journals; `flush` is None where entries need no writing."""

    flush: Flush | None

    def open(self, namespace: str) -> Journal:
        """Return the journal of the sandbox with the records of `namespace`."""
        ...


class MemoryBackend:
    """Journals of this process, with `max_bytes` for all of them together."""

    flush: Flush | None = None

    def __init__(self, bounds: Bounds, max_bytes: int) -> None:
        self._bounds = bounds
        self._budget = MemoryBudget(max_bytes)

    def open(self, _namespace: str) -> Journal:
        return MemoryJournal(self._bounds, self._budget)


class SqlBackend:
    """Journals that all processes on one database share."""

    def __init__(self, store: JournalStore, bounds: Bounds) -> None:
        self._store = store
        self._writer = BatchWriter(store.append)
        self._bounds = bounds
        self.flush: Flush | None = self._writer.flush

    def open(self, namespace: str) -> Journal:
        return DatabaseJournal(self._store, self._writer, namespace, self._bounds)


def journal_backend(store: Store, bounds: Bounds, max_bytes: int) -> JournalBackend:
    """Return the journals of a store, or those of this process where the store has none."""
    if store.journals is not None:
        return SqlBackend(store.journals, bounds)
    return MemoryBackend(bounds, max_bytes)
