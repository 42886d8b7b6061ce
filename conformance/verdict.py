"""Verdicts on requirements, and the check results from which they are made."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from conformance.http.exchange import Exchange


class Verdict(StrEnum):
    """The verdict on a requirement, from best to worst."""

    PASS = "PASS"
    SKIP = "SKIP"
    WARN = "WARN"
    ERROR = "ERROR"
    FAIL = "FAIL"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Verdict).index(self)

    @property
    def is_problem(self) -> bool:
        """True for WARN, ERROR and FAIL."""
        return self not in {Verdict.PASS, Verdict.SKIP}


MAX_REASON: Final = 600  # characters
WORST_FIRST: Final = tuple(reversed(Verdict))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One result of a check: passed (True), failed (False), or skipped (None) for the `reason`."""

    passed: bool | None
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()


def shorten(text: str) -> str:
    """Return a reason without its middle where it quotes a long value of the target."""
    if len(text) <= MAX_REASON:
        return text
    return f"{text[: MAX_REASON * 2 // 3]} … {text[-MAX_REASON // 3 :]}"


def passed(*exchanges: Exchange) -> CheckResult:
    """Return the result that the requirement holds."""
    return CheckResult(True, "", exchanges)


def failed(reason: str, *exchanges: Exchange) -> CheckResult:
    """Return the result that the requirement does not hold; `exchanges` are the evidence."""
    return CheckResult(False, shorten(reason), exchanges)


def result_of(error: str | None, *exchanges: Exchange) -> CheckResult:
    """Return that the requirement does not hold where there is an error, else that it holds."""
    return failed(error, *exchanges) if error else passed(*exchanges)


def skipped(reason: str) -> CheckResult:
    """Return the result that the requirement could not be tested, and why."""
    return CheckResult(None, shorten(reason))
