"""How much one journal keeps."""

from dataclasses import dataclass
from typing import Protocol

from mockserver.journal.entry import Entry


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one journal keeps."""

    entries: int = 1000
    bytes: int = 8 * 2**20


class Journal(Protocol):
    """The last exchanges of one sandbox."""

    @property
    def scope(self) -> str:
        """Whose requests it knows: `process` or `store`."""
        ...

    @property
    def bounds(self) -> Bounds:
        """How much it keeps."""
        ...

    @property
    def last(self) -> int:
        """The number of the newest entry; it counts on, so that a reader sees what it missed."""
        ...

    @property
    def bytes(self) -> int:
        """What it weighs, about."""
        ...

    @property
    def forgotten(self) -> int:
        """How many entries went since it was cleared, because of a limit."""
        ...

    def next_number(self) -> int:
        """Return the number of the next entry."""
        ...

    def add(self, entry: Entry) -> None:
        """Keep an entry; the oldest of too many go."""
        ...

    def entries(self) -> tuple[Entry, ...]:
        """Return what is kept, the oldest first."""
        ...

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        ...

    def close(self) -> None:
        """Let go of what this process keeps of it; nobody will ask for it again."""
        ...
