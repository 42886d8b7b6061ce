"""Ratios that stand a busy machine: each round is compared with itself before a median is taken."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median over the rounds, and the lowest and highest of them."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.median:.2f}"
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"

    def raw(self) -> dict[str, Any]:
        """The figures for the JSON file."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Ours over theirs, round by round; raises ValueError if the rounds do not match."""
    rounds = [own / other for own, other in zip(ours, theirs, strict=True)]
    return Ratio(median(rounds), min(rounds), max(rounds))
