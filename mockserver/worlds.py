"""The worlds of all sandboxes in the store: the one truth for however many processes share it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from mockserver.store.base import Conflict, Duplicate, Record, Records, Store
from mockserver.world import World, from_data

_KEPT_AS = "worlds"
_KIND = "world"
_ALL = "all"
_PAGE = 500

Step = Callable[[World], World]
Test = Callable[[World], bool]


class Changed(NamedTuple):
    """How a world was, how it is, and the version that the store gave it."""

    before: World
    now: World
    version: int


class Worlds:
    """Worlds by the names of their sandboxes; every change is one compare-and-swap."""

    def __init__(self, store: Store) -> None:
        self._records = Records(store, _KEPT_AS)

    def __len__(self) -> int:
        return self._records.count(_KIND, _ALL)

    def next_number(self) -> int:
        """Return how many sandboxes were ever named, this one among them."""
        return self._records.next_number(_KIND)

    def get(self, name: str) -> Record | None:
        """Return a world as it lies in the store, None if there is none."""
        return self._records.get(_KIND, name)

    def add(self, name: str, world: World) -> bool:
        """Add a world; return False, and do nothing, if somebody has."""
        try:
            self._records.insert(_KIND, name, _ALL, world.to_data())
        except Duplicate:
            return False
        return True

    def change(self, name: str, step: Step) -> Changed | None:
        """Take a step from how a world is by now; None if there is no such world."""
        while record := self._records.get(_KIND, name):
            before = from_data(record.data)
            now = step(before)
            with suppress(Conflict):
                return Changed(before, now, self._records.replace(record, now.to_data()).version)
        return None

    def remove(self, name: str, if_so: Test | None = None) -> World | None:
        """Take a world away; return how it was, None if it had gone or is not `if_so`."""
        while record := self._records.get(_KIND, name):
            world = from_data(record.data)
            if if_so and not if_so(world):
                return None
            with suppress(Conflict):
                self._records.remove(record)
                return world
        return None

    def latest(self, limit: int) -> list[Record]:
        """Return at most `limit` worlds as they lie in the store, the newest first."""
        return self._records.page(_KIND, _ALL, limit=limit)

    def every(self) -> Iterator[tuple[str, World]]:
        """Yield all worlds with their names, the oldest first."""
        after = 0
        while rows := self._records.page(_KIND, _ALL, after=after, limit=_PAGE, newest_first=False):
            yield from ((row.id, from_data(row.data)) for row in rows)
            after = rows[-1].number
