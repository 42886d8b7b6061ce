"""The protocol of stores: records in numbered groups, compare-and-swap, keyset pages, counters.

StoreError                an operation that failed; nothing of it has happened
├── Duplicate             the id is taken
├── Conflict              the record was changed or removed since it was read
├── NamespaceDropped      the namespace does not exist any more
└── StoreUnavailable      the store cannot be used at present
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from mockserver.errors import ServiceUnavailable


class StoreError(Exception):
    """An operation that failed; nothing of it has happened."""


class Duplicate(StoreError):  # noqa: N818  (what happened, as in errors.ApiError)
    """The kind has a record with this id."""


class Conflict(StoreError):  # noqa: N818
    """The record was changed or removed since it was read."""


class NamespaceDropped(StoreError):  # noqa: N818
    """The namespace does not exist: its sandbox was reset or deleted meanwhile."""


class StoreUnavailable(StoreError, ServiceUnavailable):  # noqa: N818
    """The store cannot be used at present; its argument is the reason, free of request data."""

    def __str__(self) -> str:
        return f"The store cannot be used at present: {self.args[0]}"


class Record(Struct, frozen=True):
    """One record as it was read: JSON types, a copy that belongs to the caller.

    `number` is its position in `group`, counted from 1 without gaps and never reused;
    `version` counts its changes from 1.
    """

    kind: str
    id: str
    group: str
    number: int
    version: int
    data: dict[str, Any]


RecordId = str | Callable[[int], str]
"""An id, or a function that derives it from the record's number in its group."""


class NewRecord(Struct, frozen=True):
    """A record to be inserted.

    `extra_groups` list it besides its own `group`, each with numbers of its own; such a record
    cannot be removed, because its numbers there are not recorded. `interned` says that many
    namespaces have the same record (seed data), so that memory is shared.
    """

    kind: str
    id: RecordId
    group: str
    data: Mapping[str, Any]
    extra_groups: tuple[str, ...] = ()
    interned: bool = False


class JournalRow(NamedTuple):
    """A journal entry to be appended; `max_entries` is how many its journal keeps."""

    namespace: str
    size: int
    text: str
    max_entries: int


class JournalStats(NamedTuple):
    """What a journal holds; `cleared` is the last number that was cleared on request."""

    last_number: int
    entries: int
    size: int
    cleared: int


class JournalStore(Protocol):
    """The journals of all namespaces; each keeps its newest entries.

    The newest entries may be lost if the machine goes down, and only then.
    """

    def append(self, rows: Iterable[JournalRow]) -> None:
        """Append entries, numbered from 1 in each namespace; skip dropped namespaces."""

    def read(self, namespace: str) -> list[tuple[int, str]]:
        """Return the entries of a journal with their numbers, oldest first."""

    def last_number(self, namespace: str) -> int:
        """Return the number of the newest entry ever, 0 before the first."""

    def stats(self, namespace: str) -> JournalStats:
        """Return what a journal holds."""

    def clear(self, namespace: str) -> None:
        """Delete the entries of a journal; numbers go on."""


class Store(Protocol):
    """Records by namespace; a write that has returned is durable.

    `shared` says that other processes may write too and that calls may block. Such a store has
    `journals`. Every method raises StoreUnavailable where the store cannot be used.
    """

    @property
    def shared(self) -> bool: ...

    @property
    def journals(self) -> JournalStore | None: ...

    def create(self, namespace: str) -> None:
        """Create a namespace; no effect if it exists."""

    def drop(self, namespace: str) -> None:
        """Delete a namespace with its records, groups, counters and journal."""

    def get(self, namespace: str, kind: str, id: str) -> Record | None: ...  # noqa: A002

    def group_of(self, namespace: str, kind: str, id: str) -> str | None:  # noqa: A002
        """Return the own group of a record without reading its data, None for an unknown id."""

    def insert_all(self, namespace: str, new_records: Iterable[NewRecord]) -> list[Record]:
        """Insert all records or none; return them with their data as it was given.

        Raises:
            Duplicate: an id is taken, in the store or by another of `new_records`.
            NamespaceDropped: the namespace does not exist.
        """

    def replace(self, namespace: str, record: Record, data: Mapping[str, Any]) -> Record:
        """Replace the data of a record.

        Raises:
            Conflict: it is no longer the version that was read.
        """

    def remove(self, namespace: str, record: Record) -> None:
        """Remove a record; its number stays used.

        Raises:
            Conflict: it is no longer the version that was read.
        """

    def page(  # noqa: PLR0913  (a key and a window, each of few words)
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
        """Return at most `limit` records of a group by number, each with its number there.

        `before` and `after` are exclusive bounds of the numbers. `offset` skips records: for
        groups with gaps, where a number is not a position.
        """

    def last_number(self, namespace: str, kind: str, group: str) -> int:
        """Return how many records were ever inserted into a group."""

    def count(self, namespace: str, kind: str, group: str) -> int:
        """Return how many records a group has."""

    def groups(self, namespace: str, kind: str) -> list[str]:
        """Return the groups that records of a kind ever had as their own, in alphabetical order."""

    def next_number(self, namespace: str, counter: str) -> int:
        """Return 1, then 2, and so on; never the same number twice.

        Raises:
            NamespaceDropped: the namespace does not exist.
        """

    def number(self, namespace: str, counter: str) -> int:
        """Return the last result of `next_number`, 0 before the first."""

    def check(self) -> None:
        """Raise StoreUnavailable unless something can be written."""

    def close(self) -> None:
        """Close files and connections."""


class Records:
    """A store bound to one namespace."""

    __slots__ = ("_store", "namespace")

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self.namespace = namespace

    def get(self, kind: str, id: str) -> Record | None:  # noqa: A002
        return self._store.get(self.namespace, kind, id)

    def group_of(self, kind: str, id: str) -> str | None:  # noqa: A002
        return self._store.group_of(self.namespace, kind, id)

    def insert(self, kind: str, id: RecordId, group: str, data: Mapping[str, Any]) -> Record:  # noqa: A002
        """Insert one record.

        Raises:
            Duplicate: the id is taken.
        """
        return self.insert_all([NewRecord(kind, id, group, data)])[0]

    def insert_all(self, new_records: Iterable[NewRecord]) -> list[Record]:
        return self._store.insert_all(self.namespace, new_records)

    def replace(self, record: Record, data: Mapping[str, Any]) -> Record:
        return self._store.replace(self.namespace, record, data)

    def remove(self, record: Record) -> None:
        self._store.remove(self.namespace, record)

    def page(
        self,
        kind: str,
        group: str,
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        newest_first: bool = True,
        offset: int = 0,
    ) -> list[Record]:
        return self._store.page(
            self.namespace,
            kind,
            group,
            limit=limit,
            before=before,
            after=after,
            newest_first=newest_first,
            offset=offset,
        )

    def last_number(self, kind: str, group: str) -> int:
        return self._store.last_number(self.namespace, kind, group)

    def count(self, kind: str, group: str) -> int:
        return self._store.count(self.namespace, kind, group)

    def groups(self, kind: str) -> list[str]:
        return self._store.groups(self.namespace, kind)

    def next_number(self, counter: str) -> int:
        return self._store.next_number(self.namespace, counter)

    def number(self, counter: str) -> int:
        return self._store.number(self.namespace, counter)
