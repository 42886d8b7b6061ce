"""The store in memory: nothing is shared with another process, and nothing survives this one."""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from mockserver.store.base import Conflict, Draft, Journals, Record
from mockserver.store.memory_table import Table


class _World:
    """One sandbox."""

    __slots__ = ("counters", "tables")

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.counters: dict[str, int] = {}

    def table(self, kind: str, common: dict[bytes, bytes]) -> Table:
        if kind not in self.tables:
            self.tables[kind] = Table(kind, common)
        return self.tables[kind]


class MemoryStore:
    """Reads and writes cost the same at a million records as at one.

    Writes exclude each other by one lock; a read of one record needs none.
    """

    shared = False
    journals: Journals | None = None

    def __init__(self) -> None:
        self._worlds: dict[str, _World] = {}
        self._common: dict[bytes, bytes] = {}
        self._lock = Lock()

    def get(self, sandbox: str, kind: str, id: str) -> Record | None:  # noqa: A002
        table = self._find(sandbox, kind)
        row = table.rows.get(id) if table else None
        return table.unpack(id, row) if table and row else None

    def insert_all(self, sandbox: str, drafts: Iterable[Draft]) -> list[Record]:
        with self._lock:
            world = self._world(sandbox)
            drafts, done = list(drafts), []
            try:
                for draft in drafts:
                    done += [world.table(draft.kind, self._common).insert(draft)]
            except BaseException:
                for draft, record in reversed([*zip(drafts, done, strict=False)]):
                    world.table(draft.kind, self._common).undo(record.id, draft)
                raise
            return done

    def replace(self, sandbox: str, record: Record, data: Mapping[str, Any]) -> Record:
        with self._lock:
            return self._holder(sandbox, record).replace(record, data)

    def remove(self, sandbox: str, record: Record) -> None:
        with self._lock:
            self._holder(sandbox, record).remove(record)

    def page(  # noqa: PLR0913
        self,
        sandbox: str,
        kind: str,
        group: str,
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        newest_first: bool = True,
        offset: int = 0,
    ) -> list[Record]:
        with self._lock:
            table = self._find(sandbox, kind)
            listing = table.listings.get(group) if table else None
            if table is None or listing is None:
                return []
            places = listing.bounds(after, before)
            if newest_first:
                places = places[::-1]
            return [table.at(listing, place) for place in places[offset : offset + limit]]

    def last_number(self, sandbox: str, kind: str, group: str) -> int:
        table = self._find(sandbox, kind)
        listing = table.listings.get(group) if table else None
        return listing.last if listing else 0

    def count(self, sandbox: str, kind: str, group: str) -> int:
        table = self._find(sandbox, kind)
        listing = table.listings.get(group) if table else None
        return len(listing.ids) if listing else 0

    def groups(self, sandbox: str, kind: str) -> list[str]:
        with self._lock:
            table = self._find(sandbox, kind)
            return table.groups() if table else []

    def next_number(self, sandbox: str, counter: str) -> int:
        with self._lock:
            counters = self._world(sandbox).counters
            counters[counter] = number = counters.get(counter, 0) + 1
            return number

    def number(self, sandbox: str, counter: str) -> int:
        world = self._worlds.get(sandbox)
        return world.counters.get(counter, 0) if world else 0

    def drop(self, sandbox: str) -> None:
        with self._lock:
            self._worlds.pop(sandbox, None)

    def close(self) -> None:
        """Nothing to let go of."""

    def _world(self, sandbox: str) -> _World:
        if sandbox not in self._worlds:
            self._worlds[sandbox] = _World()
        return self._worlds[sandbox]

    def _find(self, sandbox: str, kind: str) -> Table | None:
        world = self._worlds.get(sandbox)
        return world.tables.get(kind) if world else None

    def _holder(self, sandbox: str, record: Record) -> Table:
        table = self._find(sandbox, record.kind)
        if table is None:
            raise Conflict(f"{record.kind} {record.id} is gone")
        return table
