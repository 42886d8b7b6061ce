"""What a sandbox has been asked and has answered: the last of it, bounded, without secrets."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from mockserver.journal.base import Bounds, Diary
from mockserver.journal.database import Scribe, SharedJournal
from mockserver.journal.entry import Entry, Fault, Touch, Verdict
from mockserver.journal.memory import Budget, Journal
from mockserver.store.base import Journals, Store

__all__ = ["Bounds", "Budget", "Diary", "Entry", "Fault", "Journal", "Touch", "Verdict"]


Settle = Callable[[], Awaitable[None]]


class Keeping(Protocol):
    """Opens journals. `settle` returns once all that was added is kept; None: it is at once."""

    settle: Settle | None

    def open(self, place: str) -> Diary:
        """Return the journal of the sandbox whose records lie at `place`."""
        ...


class InMemory:
    """Journals of this process. `most` are the bytes of all of them together."""

    settle: Settle | None = None

    def __init__(self, bounds: Bounds, most: int) -> None:
        self._bounds = bounds
        self._budget = Budget(most)

    def open(self, _place: str) -> Diary:
        return Journal(self._bounds, self._budget)


class InStore:
    """Journals that all processes on one database share."""

    def __init__(self, rows: Journals, bounds: Bounds) -> None:
        self._rows = rows
        self._scribe = Scribe(rows.append)
        self._bounds = bounds
        self.settle: Settle | None = self._scribe.settle

    def open(self, place: str) -> Diary:
        return SharedJournal(self._rows, self._scribe, place, self._bounds)


def keeping(store: Store, bounds: Bounds, most: int) -> Keeping:
    """Return where journals are kept: where all else is, if others use it too."""
    if store.journals is not None:
        return InStore(store.journals, bounds)
    return InMemory(bounds, most)
