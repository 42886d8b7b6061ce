"""The memory that all journals of a server share."""

from collections import OrderedDict
from threading import RLock
from typing import Protocol


class Spender(Protocol):
    """A journal, to the budget."""

    def drop_oldest(self) -> None:
        """Let the oldest entry go, and give its bytes back."""
        ...


class Budget:
    """At most `most` bytes for all journals; where they run out, the one idle longest pays.

    `lock` guards the budget and its journals: handlers may run in threads.
    """

    __slots__ = ("_latest", "_spenders", "lock", "most", "used")

    def __init__(self, most: int = 256 * 2**20) -> None:
        self.most = most
        self.used = 0
        self.lock = RLock()
        self._spenders: OrderedDict[Spender, None] = OrderedDict()
        self._latest: Spender | None = None

    def spend(self, spender: Spender, size: int) -> None:
        """Note that `spender` has taken `size` bytes, and let others give way."""
        self.used += size
        if spender is not self._latest:
            self._spenders[spender] = None
            self._spenders.move_to_end(spender)
            self._latest = spender
        while self.used > self.most:
            next(iter(self._spenders)).drop_oldest()

    def give_back(self, spender: Spender, size: int, *, empty: bool) -> None:
        """Note that `spender` has freed `size` bytes, and whether it has nothing left."""
        self.used -= size
        if empty:
            self._spenders.pop(spender, None)
            if self._latest is spender:
                self._latest = None
