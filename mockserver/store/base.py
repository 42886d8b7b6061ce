"""What a store promises: records in numbered groups, compare-and-swap, keyset pages, counters.

StoreError
├── Duplicate    an id that its kind has already, or had a moment ago
└── Conflict     the record was changed or removed since it was read
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol


class StoreError(Exception):
    """A write that was refused; nothing of it has happened."""


class Duplicate(StoreError):  # noqa: N818  (what happened, as in errors.ApiError)
    """The kind has a record with this id."""


class Conflict(StoreError):  # noqa: N818
    """The record is not the one that was read."""


class Record(NamedTuple):
    """One record as it was read: JSON types, and a copy of the caller's own.

    `number` is its place in `group`, counted from 1 without gaps and never given twice;
    `version` counts its changes from 1.
    """

    kind: str
    id: str
    group: str
    number: int
    version: int
    data: dict[str, Any]


UniqueNaming = str | Callable[[int], str]
"""An id, or the function that makes it of the record's number in its group."""


class NewRecord(NamedTuple):
    """A record to be inserted.

    `group` files it, `also` names further groups that list it, each with numbers of its own. Such
    a record cannot be removed, because nobody keeps its numbers there.
    `common` says that many sandboxes have one just like it (seed data), which saves room.
    """

    kind: str
    id: UniqueNaming
    group: str
    data: Mapping[str, Any]
    extra_groups: tuple[str, ...] = ()
    interned: bool = False


class JournalRow(NamedTuple):
    """One line of a journal to be: of which sandbox, how heavy, and how many that may keep."""

    sandbox: str
    size: int
    text: str
    most: int


class JournalStats(NamedTuple):
    """How much a journal holds; `cleared` is the last number that was cleared away."""

    last: int
    kept: int
    size: int
    cleared: int


class JournalStore(Protocol):
    """Keeps the journals of all sandboxes, each line with a number, the oldest of too many gone.

    A journal may lose its end if the machine goes down, and then only.
    """

    def append(self, lines: Iterable[JournalRow]) -> None:
        """Write lines down; each sandbox counts its own from 1."""
        ...

    def read(self, sandbox: str) -> list[tuple[int, str]]:
        """Return what a journal holds, by number, the oldest first."""
        ...

    def last(self, sandbox: str) -> int:
        """Return the number of the newest line ever, 0 before the first."""
        ...

    def extent(self, sandbox: str) -> JournalStats:
        """Return how much a journal holds."""
        ...

    def clear(self, sandbox: str) -> None:
        """Forget what a journal holds; numbers go on."""
        ...


class Store(Protocol):
    """Keeps the records of all sandboxes; a write that has returned is not lost.

    `shared` tells that other processes may write too, and that a caller may have to wait. Such a
    store keeps `journals`.
    """

    @property
    def shared(self) -> bool: ...

    @property
    def journals(self) -> JournalStore | None: ...

    def get(self, sandbox: str, kind: str, id: str) -> Record | None: ...  # noqa: A002

    def insert_all(self, sandbox: str, drafts: Iterable[NewRecord]) -> list[Record]:
        """Insert all of `drafts` or none.

        Raises:
            Duplicate: an id is taken, in the store or by another of `drafts`.
        """
        ...

    def replace(self, sandbox: str, record: Record, data: Mapping[str, Any]) -> Record:
        """Give `record` other data.

        Raises:
            Conflict: it is no longer the version that was read.
        """
        ...

    def remove(self, sandbox: str, record: Record) -> None:
        """Take `record` away; its number stays used.

        Raises:
            Conflict: it is no longer the version that was read.
        """
        ...

    def page(  # noqa: PLR0913  (a key and a window, each of few words)
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
        """Return at most `limit` records of a group by number, each with its number there.

        `before` and `after` bound the numbers and are not part of them. `offset` passes over
        records: for groups with gaps, where a number does not tell a place.
        """
        ...

    def last_number(self, sandbox: str, kind: str, group: str) -> int:
        """Return how many records the group was ever given."""
        ...

    def count(self, sandbox: str, kind: str, group: str) -> int:
        """Return how many records the group has now."""
        ...

    def groups(self, sandbox: str, kind: str) -> list[str]:
        """Return the groups that records of a kind were ever filed under, in alphabetical order.

        Those that only `also` names are not among them.
        """
        ...

    def next_number(self, sandbox: str, counter: str) -> int:
        """Return 1, then 2, and so on: no number twice, whoever asks."""
        ...

    def number(self, sandbox: str, counter: str) -> int:
        """Return the number that `next_number` gave last, 0 before the first."""
        ...

    def drop(self, sandbox: str) -> None:
        """Forget a sandbox with its records, groups and counters."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class Records:
    """The store as one sandbox sees it."""

    __slots__ = ("_sandbox", "_store")

    def __init__(self, store: Store, sandbox: str) -> None:
        self._store = store
        self._sandbox = sandbox

    def get(self, kind: str, id: str) -> Record | None:  # noqa: A002
        return self._store.get(self._sandbox, kind, id)

    def insert(self, kind: str, id: UniqueNaming, group: str, data: Mapping[str, Any]) -> Record:  # noqa: A002
        """Insert one record.

        Raises:
            Duplicate: the id is taken.
        """
        return self.insert_all([NewRecord(kind, id, group, data)])[0]

    def insert_all(self, drafts: Iterable[NewRecord]) -> list[Record]:
        return self._store.insert_all(self._sandbox, drafts)

    def replace(self, record: Record, data: Mapping[str, Any]) -> Record:
        return self._store.replace(self._sandbox, record, data)

    def remove(self, record: Record) -> None:
        self._store.remove(self._sandbox, record)

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
            self._sandbox,
            kind,
            group,
            limit=limit,
            before=before,
            after=after,
            newest_first=newest_first,
            offset=offset,
        )

    def last_number(self, kind: str, group: str) -> int:
        return self._store.last_number(self._sandbox, kind, group)

    def count(self, kind: str, group: str) -> int:
        return self._store.count(self._sandbox, kind, group)

    def groups(self, kind: str) -> list[str]:
        return self._store.groups(self._sandbox, kind)

    def next_number(self, counter: str) -> int:
        return self._store.next_number(self._sandbox, counter)

    def number(self, counter: str) -> int:
        return self._store.number(self._sandbox, counter)

    def drop(self) -> None:
        self._store.drop(self._sandbox)
