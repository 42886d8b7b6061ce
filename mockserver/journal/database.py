"""Writes down what many requests leave in journals that processes share, many at a time."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mockserver.http.executors import call_in_thread
from mockserver.journal.base import Bounds
from mockserver.journal.entry import Entry, pack, unpack
from mockserver.store.base import JournalRow, JournalStats, JournalStore

log = logging.getLogger("mockserver")

Write = Callable[[Iterable[JournalRow]], None]


@dataclass(slots=True)
class _Batch:
    lines: list[JournalRow] = field(default_factory=list)
    written: asyncio.Event = field(default_factory=asyncio.Event)


class BatchWriter:
    """Collects lines while others are being written, so that a busy server writes rarely.

    An exchange is in the journal, for every process, before its reply is sent.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._batch: _Batch | None = None
        self._writing: asyncio.Task[None] | None = None

    def enqueue(self, line: JournalRow) -> None:
        """Take a line; it is written by the next `settle`."""
        if self._batch is None:
            self._batch = _Batch()
        self._batch.lines.append(line)

    async def flush(self) -> None:
        """Return once all that was noted before is written."""
        batch = self._batch
        if batch is None:
            return
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await batch.written.wait()

    async def _write_all(self) -> None:
        while self._batch is not None:
            batch, self._batch = self._batch, None
            try:
                await call_in_thread(self._write, batch.lines)
            except Exception:
                log.exception("the journal could not be written")
            batch.written.set()
        self._writing = None


class DatabaseJournal:
    """The last exchanges of one sandbox; `place` is where the store has its records."""

    __slots__ = ("_place", "_rows", "_scribe", "bounds")

    scope = "store"

    def __init__(self, rows: JournalStore, scribe: BatchWriter, place: str, bounds: Bounds) -> None:
        self._rows = rows
        self._scribe = scribe
        self._place = place
        self.bounds = bounds

    @property
    def last(self) -> int:
        return self._rows.last(self._place)

    @property
    def bytes(self) -> int:
        return self._extent.size

    @property
    def forgotten(self) -> int:
        extent = self._extent
        return max(extent.last - extent.cleared - extent.kept, 0)

    def next_number(self) -> int:
        """Return 0: the number is given where all can see it, when the entry is written."""
        return 0

    def add(self, entry: Entry) -> None:
        line = JournalRow(self._place, entry.size, pack(entry), self.bounds.entries)
        self._scribe.enqueue(line)

    def entries(self) -> tuple[Entry, ...]:
        return tuple(unpack(number, text) for number, text in self._rows.read(self._place))

    def clear(self) -> None:
        self._rows.clear(self._place)

    def close(self) -> None:
        """Nothing is kept here."""

    @property
    def _extent(self) -> JournalStats:
        return self._rows.extent(self._place)
