"""Journals in the memory of a process, with one budget for all of them."""

from collections import OrderedDict, deque
from threading import Lock

from mockserver.journal.base import BYTES_SETTING, ENTRIES_SETTING, Bounds, Entry


class MemoryBudget:
    """At most `max_bytes` for all journals; beyond them the journal idle longest drops entries.

    The caller holds `lock`, which guards the journals too: handlers may run in threads.
    """

    __slots__ = ("_by_last_use", "_newest", "lock", "max_bytes", "used")

    def __init__(self, max_bytes: int = 256 * 2**20) -> None:
        self.max_bytes = max_bytes
        self.used = 0
        self.lock = Lock()
        self._by_last_use: OrderedDict[MemoryJournal, None] = OrderedDict()
        self._newest: MemoryJournal | None = None

    def spend(self, journal: "MemoryJournal", size: int) -> None:
        """Add `size` bytes of `journal`, and evict entries of others where they run out."""
        self.used += size
        if journal is not self._newest:
            self._by_last_use[journal] = None
            self._by_last_use.move_to_end(journal)
            self._newest = journal
        while self.used > self.max_bytes:
            idle = next(iter(self._by_last_use))
            freed = idle.drop_oldest()
            self.used -= freed
            if not freed:
                self.release(idle, 0)

    def release(self, journal: "MemoryJournal", size: int) -> None:
        """Subtract the last `size` bytes of `journal`."""
        self.used -= size
        self._by_last_use.pop(journal, None)
        if self._newest is journal:
            self._newest = None


class MemoryJournal:
    """The newest exchanges of one sandbox, in memory."""

    __slots__ = (
        "_budget", "_closed", "_entries", "_forgotten_by_bytes", "bounds", "bytes", "forgotten",
        "last",
    )  # fmt: skip

    scope = "process"

    def __init__(self, bounds: Bounds, budget: MemoryBudget) -> None:
        self.bounds = bounds
        self._budget = budget
        self._entries: deque[Entry] | None = None  # most sandboxes are small or short-lived
        self._closed = False
        self._forgotten_by_bytes = 0
        self.bytes = 0
        self.forgotten = 0
        self.last = 0

    @property
    def forgotten_by(self) -> tuple[str, ...]:
        by_entries = self.forgotten > self._forgotten_by_bytes
        settings = ((ENTRIES_SETTING, by_entries), (BYTES_SETTING, self._forgotten_by_bytes > 0))
        return tuple(setting for setting, is_reached in settings if is_reached)

    def next_number(self) -> int:
        """Return the number of the next entry."""
        self.last += 1
        return self.last

    def add(self, entry: Entry, *, deferred: bool = False) -> None:  # noqa: ARG002 (never waits)
        """Add an entry; drop the oldest beyond the bounds."""
        budget, bounds = self._budget, self.bounds
        with budget.lock:
            if self._closed:
                return
            entries = self._entries
            if entries is None:
                entries = self._entries = deque()
            entries.append(entry)
            size = self.bytes + entry.size
            while len(entries) > bounds.entries or size > bounds.bytes:
                self._forgotten_by_bytes += len(entries) <= bounds.entries
                size -= entries.popleft().size
                self.forgotten += 1
            growth, self.bytes = size - self.bytes, size
            budget.spend(self, growth)

    def drop_oldest(self) -> int:
        """Drop the oldest entry; return the bytes that this frees, 0 where there is none."""
        if not self._entries:
            return 0
        size = self._entries.popleft().size
        self.bytes -= size
        self.forgotten += 1
        self._forgotten_by_bytes += 1
        return size

    def clear(self) -> None:
        """Delete all entries; numbering continues."""
        with self._budget.lock:
            self._clear()

    def close(self) -> None:
        """Release its memory; later entries are ignored."""
        with self._budget.lock:
            self._clear()
            self._closed = True

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries, oldest first."""
        with self._budget.lock:
            return tuple(self._entries or ())

    def _clear(self) -> None:
        self._budget.release(self, self.bytes)
        self._entries = None
        self.bytes = self.forgotten = self._forgotten_by_bytes = 0
