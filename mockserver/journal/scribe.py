"""Writes down what many requests leave in journals that processes share, many at a time."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mockserver.beside import in_thread
from mockserver.store.base import Line

log = logging.getLogger("mockserver")

Write = Callable[[Iterable[Line]], None]


@dataclass(slots=True)
class _Batch:
    lines: list[Line] = field(default_factory=list)
    written: asyncio.Event = field(default_factory=asyncio.Event)


class Scribe:
    """Collects lines while others are being written, so that a busy server writes rarely.

    An exchange is in the journal, for every process, before its reply is sent.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._batch: _Batch | None = None
        self._writing: asyncio.Task[None] | None = None

    def note(self, line: Line) -> None:
        """Take a line; it is written by the next `settle`."""
        if self._batch is None:
            self._batch = _Batch()
        self._batch.lines.append(line)

    async def settle(self) -> None:
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
                await in_thread(self._write, batch.lines)
            except Exception:
                log.exception("the journal could not be written")
            batch.written.set()
        self._writing = None
