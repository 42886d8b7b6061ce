"""A sandbox's virtual time: it follows real time at a given speed, or is set manually."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic_ns

NanosecondCounter = Callable[[], int]

ORIGIN = int(datetime(2026, 3, 30, 9, tzinfo=UTC).timestamp() * 1000)
"""The initial virtual time, in milliseconds: the same seed gives the same bytes."""

EARLIEST = int(datetime(2, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""The earliest virtual time, in milliseconds."""

LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""The latest virtual time, in milliseconds: a clock stops there."""


class Mode(StrEnum):
    """How a clock runs."""

    REAL = "real"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """How a clock runs: `speed` is virtual seconds per real second, used in real mode only."""

    mode: Mode = Mode.REAL
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class ClockState:
    """A reading of a clock: `virtual_ms` (since the epoch) when its counter was at `at_ns`."""

    settings: ClockSettings
    virtual_ms: int
    at_ns: int
    _speed: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        speed = 0 if self.settings.mode is Mode.MANUAL else self.settings.speed
        # Whole numbers take half the time, and are exact however much time has passed.
        object.__setattr__(self, "_speed", int(speed) if float(speed).is_integer() else speed)

    def at(self, counter_ns: int) -> int:
        """Return the virtual time, in milliseconds since the epoch, at a value of the counter."""
        elapsed = counter_ns - self.at_ns
        if elapsed <= 0:
            return self.virtual_ms
        now = self.virtual_ms + int(elapsed * self._speed) // 1_000_000
        return now if now < LATEST else LATEST  # noqa: FURB136 (`min` takes twice the time)


ClockUpdate = Callable[[ClockState], ClockState]
Persist = Callable[[ClockUpdate], ClockState]
"""Applies an update to the current state, for all processes, and returns the new state."""


class Clock:
    """Virtual time in whole milliseconds since the epoch.

    It is derived from a counter of nanoseconds that never goes back, so virtual time goes back
    only when it is set. `persist` shares moves with other processes; by default they are local.
    """

    __slots__ = ("_persist", "now_ns", "state")

    def __init__(
        self,
        settings: ClockSettings,
        now_ns: NanosecondCounter = monotonic_ns,
        start: int = ORIGIN,
        *,
        state: ClockState | None = None,
        persist: Persist | None = None,
    ) -> None:
        """Start at `start`, in milliseconds since the epoch, or continue from `state`."""
        self.now_ns = now_ns
        self.state = state or ClockState(settings, start, now_ns())
        self._persist = persist or (lambda update: update(self.state))

    @property
    def settings(self) -> ClockSettings:
        """How the clock runs."""
        return self.state.settings

    def now(self) -> int:
        """Return the current virtual time, in milliseconds since the epoch."""
        return self.state.at(self.now_ns())

    def move(
        self,
        *,
        mode: Mode | None = None,
        speed: float | None = None,
        to: int | None = None,
        advance: int = 0,
    ) -> None:
        """Change mode and speed, then set the time to `to`, then advance: one atomic move.

        `to` is in milliseconds since the epoch, and the only way back; `advance` is in
        milliseconds, and ends at LATEST. None changes nothing.

        Raises:
            ValueError: `advance` is negative.
        """
        if advance < 0:
            raise ValueError("a clock advances by zero or more; set it to go back")

        def update(state: ClockState) -> ClockState:
            counter_ns = self.now_ns()
            old = state.settings
            settings = ClockSettings(mode or old.mode, old.speed if speed is None else speed)
            start = state.at(counter_ns) if to is None else to
            return ClockState(settings, min(start + advance, LATEST), counter_ns)

        self.state = self._persist(update)
