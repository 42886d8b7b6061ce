"""The virtual clock, which is moved by hand or runs at a multiple of real time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def iso(instant: datetime) -> str:
    """Return the instant in UTC as ISO 8601 with milliseconds and a Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """Virtual time; ``speed`` is virtual seconds a real second, 0 stops the clock."""

    def __init__(self, speed: float = 0.0, ticks: Callable[[], float] = time.monotonic) -> None:
        self._initial_speed = speed
        self._ticks = ticks
        self.speed = speed
        self._base, self._since = START, ticks()

    @property
    def mode(self) -> str:
        """``manual`` or ``real``."""
        return "real" if self.speed else "manual"

    def now(self) -> datetime:
        """Return the current virtual time, in UTC."""
        return self._base + timedelta(seconds=(self._ticks() - self._since) * self.speed)

    def advance(self, step: timedelta) -> None:
        """Advance by ``step``; OverflowError past the year 9999."""
        self._restart(self.now() + step)

    def set(self, instant: datetime) -> None:
        """Move to ``instant``; ValueError if it is in the past."""
        if instant < self.now():
            raise ValueError("the clock never goes back")
        self._restart(instant)

    def run(self, speed: float) -> None:
        """Continue from the current virtual time at ``speed``."""
        self._restart(self.now())
        self.speed = speed

    def reset(self) -> None:
        """Go back to the start time and the initial speed."""
        self._restart(START)
        self.speed = self._initial_speed

    def _restart(self, instant: datetime) -> None:
        self._base, self._since = instant, self._ticks()
