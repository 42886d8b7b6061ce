"""A sandbox's virtual time: it follows real time at a speed, or stands until it is moved."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic_ns

NanosecondCounter = Callable[[], int]

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
class ClockSettings:
    """How a clock runs: `speed` is virtual seconds a real second, and counts in real mode only."""

    mode: Mode = Mode.REAL
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class ClockState:
    """Where a clock stands: at `anchor` (milliseconds) when its counter was at `since` (ns)."""

    pace: ClockSettings
    virtual_ms: int
    at_ns: int
    _speed: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stands = self.pace.mode is Mode.MANUAL
        object.__setattr__(self, "_speed", 0.0 if stands else self.pace.speed)

    def at(self, ticks: int) -> int:
        """Return the virtual time, in milliseconds since the epoch, when the counter is there."""
        passed = ticks - self.at_ns
        if passed <= 0:
            return self.virtual_ms
        now = self.virtual_ms + int(passed * self._speed) // 1_000_000
        return now if now < LATEST else LATEST  # noqa: FURB136 (a call of `min` takes as long again)


Update = Callable[[ClockState], ClockState]
Persist = Callable[[Update], ClockState]
"""Takes a step from where the clock stands by now, for everybody, and returns where it led."""


class Clock:
    """Virtual time in whole milliseconds since the epoch.

    It rests on a counter of nanoseconds that never goes back, so virtual time goes back by a
    move alone. `keep` makes moves known to other processes; without it they stay in this one.
    """

    __slots__ = ("_keep", "_ticks", "hands")

    def __init__(
        self,
        pace: ClockSettings,
        ticks: NanosecondCounter = monotonic_ns,
        start: int = ORIGIN,
        *,
        hands: ClockState | None = None,
        keep: Persist | None = None,
    ) -> None:
        self._ticks = ticks
        self.hands = hands or ClockState(pace, start, ticks())
        self._keep = keep or self._take

    @property
    def pace(self) -> ClockSettings:
        """How the clock runs."""
        return self.hands.pace

    def now(self) -> int:
        """Return the present, in milliseconds since the epoch."""
        return self.hands.at(self._ticks())

    def advance(self, milliseconds: int) -> None:
        """Move on by `milliseconds` (none or more), at most to the end of virtual time."""
        self.move(advance=milliseconds)

    def set(self, moment: int) -> None:
        """Go to `moment`, in milliseconds since the epoch; the only way back."""
        self.move(moment=moment)

    def run(self, pace: ClockSettings) -> None:
        """Go on at another pace from the present."""
        self.move(mode=pace.mode, speed=pace.speed)

    def move(
        self,
        *,
        mode: Mode | None = None,
        speed: float | None = None,
        moment: int | None = None,
        advance: int = 0,
    ) -> None:
        """Change the pace, then go to `moment`, then on by `advance`: one move to everybody else.

        `moment` and `advance` are in milliseconds; None leaves a thing as it is.
        """
        if advance < 0:
            raise ValueError("a clock advances by zero or more; set it to go back")

        def step(hands: ClockState) -> ClockState:
            ticks = self._ticks()
            old = hands.pace
            pace = ClockSettings(mode or old.mode, old.speed if speed is None else speed)
            start = hands.at(ticks) if moment is None else moment
            return ClockState(pace, min(start + advance, LATEST), ticks)

        self.hands = self._keep(step)

    def _take(self, step: Update) -> ClockState:
        return step(self.hands)
