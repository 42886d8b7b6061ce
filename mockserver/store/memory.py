"""The store in memory: packed rows by id in each namespace and kind, and their groups."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from struct import Struct
from threading import Lock
from typing import Any

import orjson
from msgspec.structs import replace

from mockserver.store.base import (
    Conflict,
    Duplicate,
    JournalStore,
    NamespaceDropped,
    NewRecord,
    Record,
)

# A row is one `bytes`: number, version, index of the group, whether further groups list it, then
# the data as JSON. That takes about a kilobyte less for each row than Python objects.
_ROW_HEAD = Struct("<qIIB")


class _Group:
    """Ids by ascending number; `index` is its position among the groups that rows name."""

    __slots__ = ("ids", "index", "last", "numbers")

    def __init__(self) -> None:
        self.index: int | None = None
        self.ids: list[str] = []
        self.numbers = array("q")
        self.last = 0

    def append(self, id_: str) -> None:
        self.last += 1
        self.ids.append(id_)
        self.numbers.append(self.last)

    def remove(self, number: int) -> None:
        index = bisect_left(self.numbers, number)
        del self.ids[index], self.numbers[index]

    def pop(self) -> None:
        """Undo the last `append`."""
        self.ids.pop()
        self.numbers.pop()
        self.last -= 1

    def range(self, after: int | None, before: int | None) -> range:
        """Return the indexes of the numbers between two exclusive bounds, ascending."""
        start = 0 if after is None else bisect_right(self.numbers, after)
        end = len(self.ids) if before is None else bisect_left(self.numbers, before)
        return range(start, end)


class _Table:
    """The records of one kind; every method but `remove` takes constant time.

    `interned` holds the rows that tables share. The caller holds the lock, except for `unpack`.
    """

    __slots__ = ("_group_names", "_interned", "groups", "kind", "rows")

    def __init__(self, kind: str, interned: dict[bytes, bytes]) -> None:
        self.kind = kind
        self._interned = interned
        self.rows: dict[str, bytes] = {}
        self.groups: dict[str, _Group] = {}
        self._group_names: list[str] = []

    def read(self, group: _Group, index: int) -> Record:
        """Return the record at an index of a group, with its number there."""
        id_ = group.ids[index]
        return replace(self.unpack(id_, self.rows[id_]), number=group.numbers[index])

    def insert(self, new: NewRecord) -> Record:
        group = self._own_group(new.group)
        number = group.last + 1
        id_ = new.id if isinstance(new.id, str) else new.id(number)
        if id_ in self.rows:
            raise Duplicate(f"{self.kind} {id_} exists already")
        head = _ROW_HEAD.pack(number, 1, group.index, bool(new.extra_groups))
        row = head + orjson.dumps(new.data)
        group.append(id_)
        for name in new.extra_groups:
            self._group(name).append(id_)
        self.rows[id_] = self._interned.setdefault(row, row) if new.interned else row
        return Record(self.kind, id_, new.group, number, 1, dict(new.data))

    def undo_insert(self, id_: str, new: NewRecord) -> None:
        """Undo the last `insert`."""
        del self.rows[id_]
        for name in (new.group, *new.extra_groups):
            self.groups[name].pop()

    def replace(self, record: Record, data: Mapping[str, Any]) -> Record:
        number, version, group, shared = self._current_head(record)
        row = _ROW_HEAD.pack(number, version + 1, group, shared) + orjson.dumps(data)
        self.rows[record.id] = row
        return self.unpack(record.id, row)

    def remove(self, record: Record) -> None:
        number, _, group, shared = self._current_head(record)
        if shared:
            raise ValueError(f"{self.kind} {record.id} is listed in further groups")
        if self._group_names[group] != record.group:  # removed, and inserted again elsewhere
            raise Conflict(f"{self.kind} {record.id} was changed or removed")
        del self.rows[record.id]
        self.groups[record.group].remove(number)

    def own_groups(self) -> list[str]:
        return sorted(name for name in self._group_names if self.groups[name].last)

    def unpack(self, id_: str, row: bytes) -> Record:
        number, version, group, _ = _ROW_HEAD.unpack_from(row)
        data = orjson.loads(row[_ROW_HEAD.size :])
        return Record(self.kind, id_, self._group_names[group], number, version, data)

    def group_of(self, row: bytes) -> str:
        index: int = _ROW_HEAD.unpack_from(row)[2]
        return self._group_names[index]

    def _own_group(self, name: str) -> _Group:
        group = self._group(name)
        if group.index is None:
            group.index = len(self._group_names)
            self._group_names.append(name)
        return group

    def _group(self, name: str) -> _Group:
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = _Group()
        return group

    def _current_head(self, record: Record) -> tuple[int, int, int, bool]:
        row = self.rows.get(record.id)
        head = _ROW_HEAD.unpack_from(row) if row else None
        if head is None or head[1] != record.version:
            raise Conflict(f"{self.kind} {record.id} was changed or removed")
        return head


class _Namespace:
    __slots__ = ("counters", "tables")

    def __init__(self) -> None:
        self.tables: dict[str, _Table] = {}
        self.counters: dict[str, int] = {}


class MemoryStore:
    """The store of one process.

    Writes exclude each other by one lock; reading one record needs none.
    """

    shared = False
    journals: JournalStore | None = None

    def __init__(self) -> None:
        self._namespaces: dict[str, _Namespace] = {}
        self._interned: dict[bytes, bytes] = {}
        self._lock = Lock()

    def create(self, namespace: str) -> None:
        with self._lock:
            self._namespaces.setdefault(namespace, _Namespace())

    def drop(self, namespace: str) -> None:
        with self._lock:
            self._namespaces.pop(namespace, None)

    def get(self, namespace: str, kind: str, id: str) -> Record | None:  # noqa: A002
        found = self._namespaces.get(namespace)
        table = found.tables.get(kind) if found else None
        row = table.rows.get(id) if table else None
        return table.unpack(id, row) if table and row else None

    def group_of(self, namespace: str, kind: str, id: str) -> str | None:  # noqa: A002
        table = self._find_table(namespace, kind)
        row = table.rows.get(id) if table else None
        return table.group_of(row) if table and row else None

    def insert_all(self, namespace: str, new_records: Iterable[NewRecord]) -> list[Record]:
        with self._lock:
            tables = self._existing(namespace).tables
            new_records = list(new_records)
            inserted: list[Record] = []
            try:
                for new in new_records:
                    if new.kind not in tables:
                        tables[new.kind] = _Table(new.kind, self._interned)
                    inserted.append(tables[new.kind].insert(new))
            except BaseException:
                for new, record in reversed([*zip(new_records, inserted, strict=False)]):
                    tables[new.kind].undo_insert(record.id, new)
                raise
            return inserted

    def replace(self, namespace: str, record: Record, data: Mapping[str, Any]) -> Record:
        with self._lock:
            return self._table_of(namespace, record).replace(record, data)

    def remove(self, namespace: str, record: Record) -> None:
        with self._lock:
            self._table_of(namespace, record).remove(record)

    def page(  # noqa: PLR0913
        self,
        namespace: str,
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
            table = self._find_table(namespace, kind)
            found = table.groups.get(group) if table else None
            if table is None or found is None:
                return []
            indexes = found.range(after, before)
            if newest_first:
                indexes = indexes[::-1]
            return [table.read(found, index) for index in indexes[offset : offset + limit]]

    def last_number(self, namespace: str, kind: str, group: str) -> int:
        found = self._find_group(namespace, kind, group)
        return found.last if found else 0

    def count(self, namespace: str, kind: str, group: str) -> int:
        found = self._find_group(namespace, kind, group)
        return len(found.ids) if found else 0

    def groups(self, namespace: str, kind: str) -> list[str]:
        with self._lock:
            table = self._find_table(namespace, kind)
            return table.own_groups() if table else []

    def next_number(self, namespace: str, counter: str) -> int:
        with self._lock:
            counters = self._existing(namespace).counters
            counters[counter] = number = counters.get(counter, 0) + 1
            return number

    def number(self, namespace: str, counter: str) -> int:
        found = self._namespaces.get(namespace)
        return found.counters.get(counter, 0) if found else 0

    def check(self) -> None:
        """Memory can always be used."""

    def close(self) -> None:
        """Memory needs no closing."""

    def _existing(self, namespace: str) -> _Namespace:
        found = self._namespaces.get(namespace)
        if found is None:
            raise NamespaceDropped(namespace)
        return found

    def _find_table(self, namespace: str, kind: str) -> _Table | None:
        found = self._namespaces.get(namespace)
        return found.tables.get(kind) if found else None

    def _find_group(self, namespace: str, kind: str, group: str) -> _Group | None:
        table = self._find_table(namespace, kind)
        return table.groups.get(group) if table else None

    def _table_of(self, namespace: str, record: Record) -> _Table:
        table = self._find_table(namespace, record.kind)
        if table is None:
            raise Conflict(f"{record.kind} {record.id} was removed")
        return table
