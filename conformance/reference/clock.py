"""The virtual clock: it stands until it is moved, or runs at a multiple of real time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def iso(instant: datetime) -> str:
    """The instant in UTC as ISO 8601 with milliseconds and a Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """Virtual time; ``speed`` is virtual seconds a real second, 0 a clock that stands."""

    def __init__(self, speed: float = 0.0, ticks: Callable[[], float] = time.monotonic) -> None:
        self._initial_speed = speed
        self._ticks = ticks
        self.speed = speed
        self._base, self._since = START, ticks()

    @property
    def mode(self) -> str:
        """Either ``manual`` or ``real``."""
        return "real" if self.speed else "manual"

    def now(self) -> datetime:
        """The virtual instant, in UTC."""
        return self._base + timedelta(seconds=(self._ticks() - self._since) * self.speed)

    def advance(self, step: timedelta) -> None:
        """Move on by ``step``; OverflowError past the year 9999."""
        self._restart(self.now() + step)

    def set(self, instant: datetime) -> None:
        """Move to ``instant``; ValueError if it lies in the past, for states never go back."""
        if instant < self.now():
            raise ValueError("the clock never goes back")
        self._restart(instant)

    def run(self, speed: float) -> None:
        """Go on from the present instant at ``speed``."""
        self._restart(self.now())
        self.speed = speed

    def reset(self) -> None:
        """Back to the start, at the speed that the clock was made with."""
        self._restart(START)
        self.speed = self._initial_speed

    def _restart(self, instant: datetime) -> None:
        self._base, self._since = instant, self._ticks()
