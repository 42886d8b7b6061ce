"""The suite's own time: handed in, so that tests need not wait."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A steady clock that can wait."""

    def now(self) -> float:
        """Return seconds since some moment; they never run back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def today(self) -> datetime:
        """Return the date and time of the calendar, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def today(self) -> datetime:
        return datetime.now(UTC)


class SkippingClock(SystemClock):
    """The machine's clock, put forward by each wait: for targets that do not tell the time."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        return super().now() + self._skipped

    def sleep(self, seconds: float) -> None:
        self._skipped += seconds
