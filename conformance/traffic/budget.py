"""How much a run may ask of a target, and when it stops asking."""

from dataclasses import dataclass, field

from conformance.failures import BudgetSpent, NetworkFailure, Overloaded, Timeout
from conformance.traffic.clock import Clock

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
    _owed: int = 0
    started: float = field(init=False)
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self._next = self.clock.now()

    @property
    def time_left(self) -> float:
        """Seconds until `max_time`, or until its last part, which is for the clean-up."""
        kept = 0.0 if self.closing else min(LONGEST_CLEAN_UP, self.max_time / 10)
        return self.max_time - kept - (self.clock.now() - self.started)

    def owe(self) -> None:
        """Keep requests back to remove something that was made: half of them all at most."""
        self._owed += REQUESTS_TO_CLEAN_UP

    def spend(self) -> None:
        """Take leave to send one request, at its time.

        Raises:
            BudgetSpent: there is none left.
        """
        if self.max_requests is not None:
            kept = 0 if self.closing else min(self._owed, self.max_requests // 2)
            if self.used >= self.max_requests - kept:
                spent = f"the {self.max_requests} requests of --max-requests were used up"
                raise BudgetSpent(spent)
        if self.time_left <= 0:
            raise BudgetSpent(f"the {self.max_time:g} s of --max-time were used up")
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
class Breaker:
    """Stops asking an operation, or the whole target, that does not answer."""

    reason: str | None = None
    _timeouts: dict[str | None, int] = field(default_factory=dict)
    _breaks: int = 0
    _overloads: int = 0

    def objection(self, operation: str | None) -> str | None:
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
            self.late(operation)
        self._overloads += isinstance(failure, Overloaded)
        if self._overloads >= OVERLOADS_IN_SUCCESSION:
            self.reason = f"given up: {failure}, again and again"
        self._breaks += 1
        if self._breaks >= BREAKS_IN_SUCCESSION:
            self.reason = f"given up after {self._breaks} failures in succession: {failure}"

    def late(self, operation: str | None) -> None:
        """Note an answer that did not come in time, or not whole: each costs the whole patience."""
        self._timeouts[operation] = self._timeouts.get(operation, 0) + 1
        if sum(self._timeouts.values()) >= TIMEOUTS_A_RUN:
            self.reason = "given up: the target did not answer in time, again and again"
