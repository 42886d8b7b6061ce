"""The records of one kind in one sandbox, in memory: packed rows by id, and their groups."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from struct import Struct
from threading import Lock
from typing import Any

import orjson

from mockserver.store.base import Conflict, Duplicate, JournalStore, NewRecord, Record

# A row is one `bytes`: number, version, index of the group, whether further groups list it, then
# the data as JSON. Beside objects of Python's own that saves about a kilobyte a row.
_HEAD = Struct("<qIIB")


class Listing:
    """One group: ids by ascending number; `index` is its place among those that rows name."""

    __slots__ = ("ids", "index", "last", "numbers")

    def __init__(self) -> None:
        self.index: int | None = None
        self.ids: list[str] = []
        self.numbers = array("q")
        self.last = 0

    def append(self, name: str) -> None:
        self.last += 1
        self.ids.append(name)
        self.numbers.append(self.last)

    def remove(self, number: int) -> None:
        place = bisect_left(self.numbers, number)
        del self.ids[place], self.numbers[place]

    def pop(self) -> None:
        """Take back the last `append`."""
        self.ids.pop()
        self.numbers.pop()
        self.last -= 1

    def bounds(self, after: int | None, before: int | None) -> range:
        """Return the places whose numbers lie between the two, ascending."""
        low = 0 if after is None else bisect_right(self.numbers, after)
        high = len(self.ids) if before is None else bisect_left(self.numbers, before)
        return range(low, high)


class Table:
    """Every method costs the same however many rows there are, `remove` aside.

    `common` holds the rows that tables share.

    The caller holds the lock, but for `unpack`.
    """

    __slots__ = ("_common", "kind", "listings", "names", "rows")

    def __init__(self, kind: str, common: dict[bytes, bytes]) -> None:
        self.kind = kind
        self._common = common
        self.rows: dict[str, bytes] = {}
        self.listings: dict[str, Listing] = {}
        self.names: list[str] = []

    def at(self, listing: Listing, place: int) -> Record:
        """Return the record at a place of a listing, with its number there."""
        name = listing.ids[place]
        record = self.unpack(name, self.rows[name])
        number = listing.numbers[place]
        if number == record.number:
            return record
        return Record(record.kind, name, record.group, number, record.version, record.data)

    def insert(self, draft: NewRecord) -> Record:
        main = self._main(draft.group)
        number = main.last + 1
        name = draft.id if isinstance(draft.id, str) else draft.id(number)
        if name in self.rows:
            raise Duplicate(f"there is a {self.kind} {name} already")
        row = _HEAD.pack(number, 1, main.index, bool(draft.extra_groups)) + orjson.dumps(draft.data)
        for group in (draft.group, *draft.extra_groups):
            self._listing(group).append(name)
        self.rows[name] = self._common.setdefault(row, row) if draft.interned else row
        return self.unpack(name, row)

    def undo(self, name: str, draft: NewRecord) -> None:
        """Take back the last `insert`, as if it had never been."""
        del self.rows[name]
        for group in (draft.group, *draft.extra_groups):
            self.listings[group].pop()

    def replace(self, record: Record, data: Mapping[str, Any]) -> Record:
        number, version, group, shared = self._checked(record)
        row = _HEAD.pack(number, version + 1, group, shared) + orjson.dumps(data)
        self.rows[record.id] = row
        return self.unpack(record.id, row)

    def remove(self, record: Record) -> None:
        number, _, group, shared = self._checked(record)
        if shared:
            raise ValueError(f"{self.kind} {record.id} is listed in further groups")
        if self.names[group] != record.group:  # removed, and made again elsewhere
            raise Conflict(f"{self.kind} {record.id} was changed or removed")
        del self.rows[record.id]
        self.listings[record.group].remove(number)

    def groups(self) -> list[str]:
        """Return the groups that records were ever filed under, in alphabetical order."""
        return sorted(name for name in self.names if self.listings[name].last)

    def _main(self, group: str) -> Listing:
        listing = self._listing(group)
        if listing.index is None:
            listing.index = len(self.names)
            self.names.append(group)
        return listing

    def _listing(self, group: str) -> Listing:
        if group not in self.listings:
            self.listings[group] = Listing()
        return self.listings[group]

    def _checked(self, record: Record) -> tuple[int, int, int, bool]:
        row = self.rows.get(record.id)
        head = _HEAD.unpack_from(row) if row else None
        if head is None or head[1] != record.version:
            raise Conflict(f"{self.kind} {record.id} was changed or removed")
        return head

    def unpack(self, name: str, row: bytes) -> Record:
        number, version, group, _ = _HEAD.unpack_from(row)
        data = orjson.loads(row[_HEAD.size :])
        return Record(self.kind, name, self.names[group], number, version, data)


class _Namespace:
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
    journals: JournalStore | None = None

    def __init__(self) -> None:
        self._worlds: dict[str, _Namespace] = {}
        self._common: dict[bytes, bytes] = {}
        self._lock = Lock()

    def get(self, sandbox: str, kind: str, id: str) -> Record | None:  # noqa: A002
        table = self._find(sandbox, kind)
        row = table.rows.get(id) if table else None
        return table.unpack(id, row) if table and row else None

    def insert_all(self, sandbox: str, drafts: Iterable[NewRecord]) -> list[Record]:
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

    def _world(self, sandbox: str) -> _Namespace:
        if sandbox not in self._worlds:
            self._worlds[sandbox] = _Namespace()
        return self._worlds[sandbox]

    def _find(self, sandbox: str, kind: str) -> Table | None:
        world = self._worlds.get(sandbox)
        return world.tables.get(kind) if world else None

    def _holder(self, sandbox: str, record: Record) -> Table:
        table = self._find(sandbox, record.kind)
        if table is None:
            raise Conflict(f"{record.kind} {record.id} is gone")
        return table
