"""Limits of a run: requests, time, rate, and when to give up on a target."""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from conformance.errors import BudgetExceeded, NetworkFailure, Overloaded, Timeout
from conformance.http import NOT_JSON, ExchangeInfo, RecordedResponse

TIMEOUTS_PER_OPERATION = 2
TIMEOUTS_PER_RUN = 3
MAX_FAILURES_IN_SUCCESSION = 12
# Of one operation, and of all together: only some may be under load.
OVERLOADS_PER_OPERATION = 2
MAX_OVERLOADS_IN_SUCCESSION = 4
# Where no complete response comes.
MAX_REPEATS: Final = 2
# What a server says to a change that it has made already.
REFUSED_TWICE: Final = frozenset({400, 403, 404, 409, 410, 412, 422})
JSON_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
# Reserved for the clean-up: requests for each created resource, and a tenth of the time.
REQUESTS_TO_CLEAN_UP = 3
MAX_CLEAN_UP_SECONDS = 30.0


class Clock(Protocol):
    """The suite's own time; it is injected, so that tests need not wait."""

    def now(self) -> float:
        """Return monotonic seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def today(self) -> datetime:
        """Return the date and time in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def today(self) -> datetime:
        return datetime.now(UTC)


class SkippingClock(SystemClock):
    """The machine's clock, moved forward by each wait: for targets with a clock of their own."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        return super().now() + self._skipped

    def sleep(self, seconds: float) -> None:
        self._skipped += seconds


@dataclass(slots=True)
class Budget:
    """Requests, time and rate of one run.

    `max_requests` and `rate` (requests per second) are unlimited where None; `max_time` is in
    seconds from `started`, the clock's time at the beginning. A part of both is reserved for the
    clean-up, which `closing` begins.
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
        """Seconds until `max_time`, or until the part that is reserved for the clean-up."""
        reserved = 0.0 if self.closing else min(MAX_CLEAN_UP_SECONDS, self.max_time / 10)
        return self.max_time - reserved - (self.clock.now() - self.started)

    def reserve_cleanup(self) -> None:
        """Reserve requests to remove a created resource: half of all at most."""
        self._reserved += REQUESTS_TO_CLEAN_UP

    def spend(self) -> None:
        """Take one request from the budget, and wait for its time where there is a rate.

        Raises:
            BudgetExceeded: there is none left.
        """
        if self.max_requests is not None:
            reserved = 0 if self.closing else min(self._reserved, self.max_requests // 2)
            if self.used >= self.max_requests - reserved:
                raise BudgetExceeded(
                    f"the {self.max_requests} requests of --max-requests were used up"
                )
        if self.time_left <= 0:
            raise BudgetExceeded(f"the {self.max_time:g} s of --max-time were used up")
        if self.rate is not None:
            now = self.clock.now()
            if self._next > now:
                self.clock.sleep(self._next - now)
            self._next = max(self._next, now) + 1 / self.rate
        self.used += 1

    def sleep(self, seconds: float) -> bool:
        """Wait if the time allows it, and return whether it did."""
        if seconds > self.time_left:
            return False
        self.clock.sleep(seconds)
        return True


@dataclass(slots=True)
class JobPatience:
    """How long a run waits for jobs without a control URL, in seconds: it learns as it goes.

    `longest_wait` is for one job, `fruitless` what a run may lose on jobs that never came to what
    was waited for. Where a job shows no state at all, `blind_wait` is enough, and once, until one
    has come to something.
    """

    longest_wait: float = 20.0
    fruitless: float = 40.0
    blind_wait: float = 3.0
    _took: float | None = None

    def wait_for(self, *, shows_states: bool) -> float:
        """Return how long to wait for a job now."""
        if self._took is not None:
            return min(2 * self._took + 2.0, self.fruitless)
        return min(self.longest_wait if shows_states else self.blind_wait, self.fruitless)

    def reached(self, seconds: float) -> None:
        """Record how long a job took."""
        self._took = max(self._took or 0.0, seconds)

    def missed(self, seconds: float, *, shows_states: bool) -> None:
        """Record a wait that led to nothing."""
        self.fruitless = max(0.0, self.fruitless - seconds)
        if not shows_states:
            self.blind_wait = 0.0


def patience(job_seconds: float | None) -> JobPatience:
    """Return the patience for jobs of which a target file may say how long they take at most."""
    if job_seconds is None:
        return JobPatience()
    return JobPatience(job_seconds, 2 * job_seconds, job_seconds)


@dataclass(slots=True)
class Attempts:
    """The attempts to get a complete response to one request: how many are safe, what they say.

    A request that changes nothing (`is_safe`), did not reach the target, or may be repeated by
    `info` is sent three times at most, any other once. `unanswered` counts those that the target
    may have carried out although no complete response came.
    """

    is_safe: bool
    info: ExchangeInfo
    unanswered: int = 0
    _left: int = MAX_REPEATS

    def may_repeat(self, outcome: RecordedResponse | NetworkFailure) -> bool:
        """Count an attempt without a complete response; return True for another one."""
        if isinstance(outcome, Overloaded):
            return False
        if isinstance(outcome, NetworkFailure):
            lost, sent, is_final = True, outcome.sent, not outcome.repeatable
        else:
            lost, sent = outcome.body_error is not None or _looks_cut(outcome), True
            is_final = outcome.timed_out
        self.unanswered += lost and sent
        self._left -= lost
        allowed = self.is_safe or not sent or self.info.repeatable
        return lost and not is_final and allowed and self._left >= 0

    def check(self, response: RecordedResponse) -> None:
        """Check that a response is evidence of the target, not of the network.

        Raises:
            NetworkFailure: the body broke off and may not be requested again, or a repeated request
                was refused, when the first may have been carried out.
        """
        if self.is_safe:
            return
        cut = response.broken_off or _looks_cut(response)
        if cut and not self.info.repeatable:
            reason = response.body_error or "the connection was closed within the body"
            raise NetworkFailure(f"{reason}, and the request is not repeated")
        refused_again = self.unanswered > 0 and response.status in REFUSED_TWICE
        if refused_again and response.complete and self.info.valid is not False:
            raise NetworkFailure(
                "the connection was closed before a response came; the repeated request was "
                f"answered {response.status}, for the first may have been carried out"
            )


def _looks_cut(response: RecordedResponse) -> bool:
    """Return True for JSON that ends too early, where its only end was that of the connection."""
    if {"Content-Length", "Transfer-Encoding"} & {name.title() for name in response.headers}:
        return False
    if response.media != "application/json" or response.json is not NOT_JSON:
        return False
    rest = JSON_TEXT.sub(b"", response.body)
    return b'"' in rest or sum(map(rest.count, b"[{")) > sum(map(rest.count, b"]}"))


@dataclass(slots=True)
class CircuitBreaker:
    """Stops requests to an operation, or to the whole target, that does not respond."""

    reason: str | None = None
    _timeouts: dict[str | None, int] = field(default_factory=dict)
    _failures: int = 0
    _overloads: int = 0
    _overloaded: dict[str | None, int] = field(default_factory=dict)

    def denial_reason(self, operation: str | None) -> str | None:
        """Return why nothing more is sent to `operation`, or None."""
        if self.reason is not None:
            return self.reason
        if self._timeouts.get(operation, 0) >= TIMEOUTS_PER_OPERATION:
            return f"given up: {operation or 'the target'} did not answer in time before"
        if self._overloaded.get(operation, 0) >= OVERLOADS_PER_OPERATION:
            return f"given up: {operation or 'the target'} is overloaded, again and again"
        return None

    def answered(self, operation: str | None) -> None:
        """Record a response."""
        self._failures = self._overloads = 0
        self._overloaded.pop(operation, None)

    def failed(self, operation: str | None, failure: NetworkFailure) -> None:
        """Record a failure."""
        if isinstance(failure, Timeout):
            self.timed_out(operation)
        if isinstance(failure, Overloaded):
            self._overloads += 1
            self._overloaded[operation] = self._overloaded.get(operation, 0) + 1
        if self._overloads >= MAX_OVERLOADS_IN_SUCCESSION:
            self.reason = f"given up: {failure}, again and again"
        self._failures += 1
        if self._failures >= MAX_FAILURES_IN_SUCCESSION:
            self.reason = f"given up after {self._failures} failures in succession: {failure}"

    def timed_out(self, operation: str | None) -> None:
        """Record a response that was not complete in time."""
        self._timeouts[operation] = self._timeouts.get(operation, 0) + 1
        if sum(self._timeouts.values()) >= TIMEOUTS_PER_RUN:
            self.reason = "given up: the target did not answer in time, again and again"
