"""The memory that all journals of a server share."""

from collections import OrderedDict
from threading import Lock
from typing import Protocol


class Spender(Protocol):
    """A journal, to the budget."""

    def drop_oldest(self) -> int:
        """Let the oldest entry go; return the bytes that this frees, 0 where there is none."""
        ...


class Budget:
    """At most `most` bytes for all journals; where they run out, the one idle longest pays.

    Whoever calls holds `lock`, which guards the journals too: handlers may run in threads.
    """

    __slots__ = ("_latest", "_spenders", "lock", "most", "used")

    def __init__(self, most: int = 256 * 2**20) -> None:
        self.most = most
        self.used = 0
        self.lock = Lock()
        self._spenders: OrderedDict[Spender, None] = OrderedDict()
        self._latest: Spender | None = None

    def spend(self, spender: Spender, size: int) -> None:
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

    def release(self, spender: Spender, size: int) -> None:
        """Note that `spender` has given back its last `size` bytes."""
        self.used -= size
        self._spenders.pop(spender, None)
        if self._latest is spender:
            self._latest = None
