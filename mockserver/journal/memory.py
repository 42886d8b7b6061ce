"""The memory that all journals of a server share."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from threading import Lock
from typing import Protocol

from mockserver.journal.base import Bounds
from mockserver.journal.entry import Entry


class Evictable(Protocol):
    """A journal, to the budget."""

    def drop_oldest(self) -> int:
        """Let the oldest entry go; return the bytes that this frees, 0 where there is none."""
        ...


class MemoryBudget:
    """At most `most` bytes for all journals; where they run out, the one idle longest pays.

    Whoever calls holds `lock`, which guards the journals too: handlers may run in threads.
    """

    __slots__ = ("_latest", "_spenders", "lock", "most", "used")

    def __init__(self, most: int = 256 * 2**20) -> None:
        self.most = most
        self.used = 0
        self.lock = Lock()
        self._spenders: OrderedDict[Evictable, None] = OrderedDict()
        self._latest: Evictable | None = None

    def spend(self, spender: Evictable, size: int) -> None:
        """Note that `spender` has taken `size` bytes more, and let others give way."""
        self.used += size
        if spender is not self._latest:
            self._spenders[spender] = None
            self._spenders.move_to_end(spender)
            self._latest = spender
        while self.used > self.most:
            idle = next(iter(self._spenders))
            freed = idle.drop_oldest()
            self.used -= freed
            if not freed:
                self.release(idle, 0)

    def release(self, spender: Evictable, size: int) -> None:
        """Note that `spender` has given back its last `size` bytes."""
        self.used -= size
        self._spenders.pop(spender, None)
        if self._latest is spender:
            self._latest = None


class MemoryJournal:
    """The last exchanges of one sandbox.

    `last` is the number of the newest and counts on, so that a reader sees what it missed;
    `forgotten` is how many went since the journal was cleared, because of a limit.
    """

    __slots__ = ("_budget", "_entries", "bounds", "bytes", "forgotten", "last")

    scope = "process"

    def __init__(self, bounds: Bounds, budget: MemoryBudget) -> None:
        self.bounds = bounds
        self._budget = budget
        self._entries: deque[Entry] | None = None  # most sandboxes are small or short-lived
        self.bytes = 0
        self.forgotten = 0
        self.last = 0

    def next_number(self) -> int:
        """Return the number of the next entry."""
        self.last += 1
        return self.last

    def add(self, entry: Entry) -> None:
        """Keep an entry; the oldest of too many go."""
        budget, bounds = self._budget, self.bounds
        with budget.lock:
            entries = self._entries
            if entries is None:
                entries = self._entries = deque()
            entries.append(entry)
            size = self.bytes + entry.size
            while len(entries) > bounds.entries or size > bounds.bytes:
                size -= entries.popleft().size
                self.forgotten += 1
            grown, self.bytes = size - self.bytes, size
            budget.spend(self, grown)

    def drop_oldest(self) -> int:
        """Let the oldest entry go, if there is one; return the bytes that this frees."""
        if not self._entries:
            return 0
        size = self._entries.popleft().size
        self.bytes -= size
        self.forgotten += 1
        return size

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        with self._budget.lock:
            self._budget.release(self, self.bytes)
            self._entries = None
            self.bytes = self.forgotten = 0

    def close(self) -> None:
        """Let go of everything."""
        self.clear()

    def entries(self) -> tuple[Entry, ...]:
        """Return what is kept, the oldest first."""
        with self._budget.lock:
            return tuple(self._entries or ())

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def __len__(self) -> int:
        return len(self._entries or ())
