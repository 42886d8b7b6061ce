"""A sandbox's journal in a database: every process writes in it, and sees what the others wrote."""

from mockserver.journal.bounds import Bounds
from mockserver.journal.entry import Entry
from mockserver.journal.packing import pack, unpack
from mockserver.journal.scribe import Scribe
from mockserver.store.base import Extent, Journals, Line


class SharedJournal:
    """The last exchanges of one sandbox; `place` is where the store has its records."""

    __slots__ = ("_place", "_rows", "_scribe", "bounds")

    scope = "store"

    def __init__(self, rows: Journals, scribe: Scribe, place: str, bounds: Bounds) -> None:
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
        line = Line(self._place, entry.size, pack(entry), self.bounds.entries)
        self._scribe.note(line)

    def entries(self) -> tuple[Entry, ...]:
        return tuple(unpack(number, text) for number, text in self._rows.read(self._place))

    def clear(self) -> None:
        self._rows.clear(self._place)

    def close(self) -> None:
        """Nothing is kept here."""

    @property
    def _extent(self) -> Extent:
        return self._rows.extent(self._place)
