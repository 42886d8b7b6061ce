"""Verdicts, and the judgements from which they are made."""

from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering

from conformance.http.exchange import Exchange


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


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found once: kept (True), broken (False), or not to be told (None)."""

    passed: bool | None
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()


def passed(*exchanges: Exchange) -> CheckResult:
    """Return the judgement that the requirement held."""
    return CheckResult(True, "", exchanges)


def failed(reason: str, *exchanges: Exchange) -> CheckResult:
    """Return the judgement that the requirement was broken; `exchanges` prove it."""
    return CheckResult(False, reason, exchanges)


def skipped(reason: str) -> CheckResult:
    """Return the judgement that the requirement could not be tried, and why."""
    return CheckResult(None, reason)
