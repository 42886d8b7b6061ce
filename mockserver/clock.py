"""A sandbox's virtual time: it follows real time at a speed, or stands until it is moved."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic_ns

Ticks = Callable[[], int]

ORIGIN = int(datetime(2026, 3, 30, 9, tzinfo=UTC).timestamp() * 1000)
"""Where every sandbox starts, in milliseconds, so that the same seed gives the same bytes."""

EARLIEST = int(datetime(2, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""The begin of virtual time, in milliseconds: no clock is set before it."""

LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""The end of virtual time, in milliseconds: a clock stands still there."""


class Mode(StrEnum):
    """How a clock runs."""

    REAL = "real"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a clock runs: `speed` is virtual seconds a real second, and counts in real mode only."""

    mode: Mode = Mode.REAL
    speed: float = 1.0


class Clock:
    """Virtual time in whole milliseconds since the epoch.

    It rests on a counter that never goes back (nanoseconds, handed in by tests), so virtual time
    goes back by `set` alone.
    """

    __slots__ = ("_anchor", "_since", "_ticks", "pace")

    def __init__(self, pace: Pace, ticks: Ticks = monotonic_ns, start: int = ORIGIN) -> None:
        self.pace = pace
        self._ticks = ticks
        self._anchor = start
        self._since = ticks()

    def now(self) -> int:
        """Return the present, in milliseconds since the epoch."""
        if self.pace.mode is Mode.MANUAL:
            return self._anchor
        passed = int((self._ticks() - self._since) * self.pace.speed) // 1_000_000
        return min(self._anchor + passed, LATEST)

    def advance(self, milliseconds: int) -> None:
        """Move on by `milliseconds` (none or more), at most to the end of virtual time."""
        if milliseconds < 0:
            raise ValueError("a clock advances by zero or more; use set to go back")
        self.set(min(self.now() + milliseconds, LATEST))

    def set(self, moment: int) -> None:
        """Go to `moment`, in milliseconds since the epoch; the only way back."""
        self._anchor = moment
        self._since = self._ticks()

    def run(self, pace: Pace) -> None:
        """Go on at another pace from the present."""
        self.set(self.now())
        self.pace = pace
