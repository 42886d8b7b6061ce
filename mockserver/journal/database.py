"""Journals in a database that processes share; entries of many requests are written together."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock

from mockserver.http import call_in_thread
from mockserver.journal.base import ENTRIES_SETTING, Bounds, Entry, pack, unpack
from mockserver.store.base import JournalRow, JournalStats, JournalStore, StoreUnavailable

log = logging.getLogger("mockserver")

Write = Callable[[Iterable[JournalRow]], None]

MAX_DEFERRED = 10_000
"""Maximum number of deferred entries; beyond that the oldest are lost, with an error in the log."""


@dataclass(slots=True)
class _Batch:
    rows: list[JournalRow] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    error: StoreUnavailable | None = None


class BatchWriter:
    """Collects entries while others are being written, so that a busy server writes rarely.

    An exchange is in the journal, for every process, before its response is sent. If it cannot be
    written, the response is an error instead, and the entry of that response is deferred.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._batch: _Batch | None = None
        self._writing: asyncio.Task[None] | None = None
        self._deferred: deque[JournalRow] = deque()
        self._lock = Lock()

    def enqueue(self, row: JournalRow) -> None:
        """Add an entry to the next `flush`."""
        if self._batch is None:
            self._batch = _Batch()
        self._batch.rows.append(row)

    def defer(self, row: JournalRow) -> None:
        """Add an entry that is written once the store is available."""
        if len(self._deferred) >= MAX_DEFERRED:
            self._deferred.popleft()
            log.error("The journal has lost an entry: the store is unavailable for too long.")
        self._deferred.append(row)

    async def flush(self) -> None:
        """Return once all that was enqueued before is written.

        Raises:
            StoreUnavailable: it cannot be written now, and is lost.
        """
        batch = self._batch
        if batch is None:
            return
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await batch.done.wait()
        if batch.error is not None:
            raise batch.error

    def write_deferred(self) -> None:
        """Write deferred entries, in the calling thread.

        Raises:
            StoreUnavailable: they cannot be written yet.
        """
        if self._deferred:
            self._write_rows([])

    async def _write_all(self) -> None:
        while self._batch is not None:
            batch, self._batch = self._batch, None
            try:
                await call_in_thread(self._write_rows, batch.rows)
            except StoreUnavailable as error:
                batch.error = error
            except Exception:
                log.exception("The journal could not be written.")
            batch.done.set()
        self._writing = None

    def _write_rows(self, rows: list[JournalRow]) -> None:
        with self._lock:
            deferred = list(self._deferred)
            self._write([*deferred, *rows])
            for _ in deferred:
                self._deferred.popleft()


class DatabaseJournal:
    """The newest exchanges of one sandbox, in a database."""

    __slots__ = ("_namespace", "_store", "_writer", "bounds")

    scope = "store"

    def __init__(
        self, store: JournalStore, writer: BatchWriter, namespace: str, bounds: Bounds
    ) -> None:
        self._store = store
        self._writer = writer
        self._namespace = namespace
        self.bounds = bounds

    @property
    def last(self) -> int:
        return self._store.last_number(self._namespace)

    @property
    def bytes(self) -> int:
        return self._stats.size

    @property
    def forgotten(self) -> int:
        stats = self._stats
        return max(stats.last_number - stats.cleared - stats.entries, 0)

    @property
    def forgotten_by(self) -> tuple[str, ...]:
        return (ENTRIES_SETTING,) if self.forgotten else ()

    def next_number(self) -> int:
        """Return 0: entries are numbered when they are written."""
        return 0

    def add(self, entry: Entry, *, deferred: bool = False) -> None:
        row = JournalRow(self._namespace, entry.size, pack(entry), self.bounds.entries)
        (self._writer.defer if deferred else self._writer.enqueue)(row)

    def entries(self) -> tuple[Entry, ...]:
        self._writer.write_deferred()
        return tuple(unpack(number, text) for number, text in self._store.read(self._namespace))

    def clear(self) -> None:
        self._writer.write_deferred()
        self._store.clear(self._namespace)

    def close(self) -> None:
        """Do nothing: it has no memory of its own."""

    @property
    def _stats(self) -> JournalStats:
        return self._store.stats(self._namespace)
