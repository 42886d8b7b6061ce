"""The journal of a sandbox: its newest requests and responses, bounded, without secrets."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mockserver.journal.base import Bounds, Journal
from mockserver.journal.database import BatchWriter, DatabaseJournal
from mockserver.journal.memory import MemoryBudget, MemoryJournal
from mockserver.store.base import JournalStore, Store

Flush = Callable[[], Awaitable[None]]
"""Returns once all entries added so far are written.

Raises:
    StoreUnavailable: they cannot be written now, and are lost.
"""


@dataclass(frozen=True, slots=True)
class JournalBackend:
    """Opens the journal of a namespace; `flush` is None where entries need no writing."""

    open: Callable[[str], Journal]
    flush: Flush | None = None


def journal_backend(store: Store, bounds: Bounds, max_bytes: int) -> JournalBackend:
    """Return the journals of a store, or those of this process where the store has none.

    `max_bytes` is for all journals of the process together.
    """
    if store.journals is not None:
        return shared_journals(store.journals, bounds)
    budget = MemoryBudget(max_bytes)
    return JournalBackend(lambda _namespace: MemoryJournal(bounds, budget))


def shared_journals(store: JournalStore, bounds: Bounds) -> JournalBackend:
    """Return the journals that all processes on one database share."""
    writer = BatchWriter(store.append)
    return JournalBackend(
        lambda namespace: DatabaseJournal(store, writer, namespace, bounds), writer.flush
    )
