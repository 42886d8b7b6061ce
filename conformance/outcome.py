"""Verdicts, and the judgements from which they are made."""

from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering

from conformance.traffic.exchange import Exchange


@total_ordering
class Verdict(StrEnum):
    """What became of a requirement, from best to worst."""

    PASS = "PASS"
    SKIP = "SKIP"
    WARN = "WARN"
    ERROR = "ERROR"
    FAIL = "FAIL"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Verdict).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Verdict(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Verdict(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Verdict(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Verdict(other).rank

    def worsened(self, other: "Verdict") -> "Verdict":
        """Return the worse of the two: a verdict never improves."""
        return max(self, other)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check found once: kept (True), broken (False), or not to be told (None)."""

    kept: bool | None
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()


def kept(*exchanges: Exchange) -> Judgement:
    """Return the judgement that the requirement held."""
    return Judgement(True, "", exchanges)


def broken(reason: str, *exchanges: Exchange) -> Judgement:
    """Return the judgement that the requirement was broken; `exchanges` prove it."""
    return Judgement(False, reason, exchanges)


def skipped(reason: str) -> Judgement:
    """Return the judgement that the requirement could not be tried, and why."""
    return Judgement(None, reason)
