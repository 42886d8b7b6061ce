"""A clock that never waits."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def today(self) -> datetime:
        return datetime(2026, 3, 30, 9, tzinfo=UTC) + timedelta(seconds=self.time)
