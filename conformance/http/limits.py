"""The suite's own time: handed in, so that tests need not wait."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from conformance.errors import BudgetExceeded, NetworkFailure, Overloaded, Timeout


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


TIMEOUTS_AN_OPERATION = 2
TIMEOUTS_A_RUN = 3
BREAKS_IN_SUCCESSION = 12
OVERLOADS_IN_SUCCESSION = 2
LONGEST_LOAD_WAIT = 60.0
# What is kept back for the clean-up: requests for each thing made, and of the time a tenth.
REQUESTS_TO_CLEAN_UP = 3
LONGEST_CLEAN_UP = 30.0


@dataclass(slots=True)
class Budget:
    """Requests, time and rate of one run.

    `max_requests` and `rate` (requests a second) are unlimited where None; `max_time` is in
    seconds from `started`, the clock's time at the beginning. A part of both is for the clean-up
    only, which `closing` begins.
    """

    clock: Clock
    max_requests: int | None = None
    rate: float | None = None
    max_time: float = 600.0
    used: int = 0
    closing: bool = False
    _reserved: int = 0
    started: float = field(init=False)
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self._next = self.clock.now()

    @property
    def time_left(self) -> float:
        """Seconds until `max_time`, or until its last part, which is for the clean-up."""
        kept = 0.0 if self.closing else min(LONGEST_CLEAN_UP, self.max_time / 10)
        return self.max_time - kept - (self.clock.now() - self.started)

    def reserve_cleanup(self) -> None:
        """Keep requests back to remove something that was made: half of them all at most."""
        self._reserved += REQUESTS_TO_CLEAN_UP

    def spend(self) -> None:
        """Take leave to send one request, at its time.

        Raises:
            BudgetExceeded: there is none left.
        """
        if self.max_requests is not None:
            kept = 0 if self.closing else min(self._reserved, self.max_requests // 2)
            if self.used >= self.max_requests - kept:
                spent = f"the {self.max_requests} requests of --max-requests were used up"
                raise BudgetExceeded(spent)
        if self.time_left <= 0:
            raise BudgetExceeded(f"the {self.max_time:g} s of --max-time were used up")
        self._pace()
        self.used += 1

    def _pace(self) -> None:
        if self.rate is None:
            return
        now = self.clock.now()
        if self._next > now:
            self.clock.sleep(self._next - now)
        self._next = max(self._next, now) + 1 / self.rate

    def sleep(self, seconds: float) -> bool:
        """Wait if the time allows it, and tell whether it did."""
        if seconds > self.time_left:
            return False
        self.clock.sleep(seconds)
        return True


@dataclass(slots=True)
class CircuitBreaker:
    """Stops asking an operation, or the whole target, that does not answer."""

    reason: str | None = None
    _timeouts: dict[str | None, int] = field(default_factory=dict)
    _breaks: int = 0
    _overloads: int = 0

    def denial_reason(self, operation: str | None) -> str | None:
        """Return why nothing more is sent to `operation`, or None."""
        if self.reason is not None:
            return self.reason
        if self._timeouts.get(operation, 0) >= TIMEOUTS_AN_OPERATION:
            return f"given up: {operation or 'the target'} did not answer in time before"
        return None

    def answered(self) -> None:
        """Note an answer."""
        self._breaks = self._overloads = 0

    def failed(self, operation: str | None, failure: NetworkFailure) -> None:
        """Note a failure."""
        if isinstance(failure, Timeout):
            self.timed_out(operation)
        self._overloads += isinstance(failure, Overloaded)
        if self._overloads >= OVERLOADS_IN_SUCCESSION:
            self.reason = f"given up: {failure}, again and again"
        self._breaks += 1
        if self._breaks >= BREAKS_IN_SUCCESSION:
            self.reason = f"given up after {self._breaks} failures in succession: {failure}"

    def timed_out(self, operation: str | None) -> None:
        """Note an answer that did not come in time, or not whole: each costs the whole patience."""
        self._timeouts[operation] = self._timeouts.get(operation, 0) + 1
        if sum(self._timeouts.values()) >= TIMEOUTS_A_RUN:
            self.reason = "given up: the target did not answer in time, again and again"
