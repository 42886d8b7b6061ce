"""The knobs of a run."""

from dataclasses import dataclass
from enum import StrEnum

from specs import DOCUMENTED


class Effort(StrEnum):
    """How hard the suite looks; `quick` does without generated data."""

    QUICK = "quick"
    DEFAULT = "default"
    DEEP = "deep"

    @property
    def examples(self) -> int:
        """Generated requests an operation, at most, in each mode."""
        return {Effort.QUICK: 3, Effort.DEFAULT: 6, Effort.DEEP: 100}[self]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose.

    `rate` is in requests a second, `max_time` (for the run) and `timeout` (for an answer) in
    seconds. `only` limits the run to these requirement ids; empty means all.
    """

    profile: str = DOCUMENTED
    seed: int = 1
    effort: Effort = Effort.DEFAULT
    only: frozenset[str] = frozenset()
    strict: bool = False
    max_requests: int | None = None
    rate: float | None = None
    max_time: float = 600.0
    timeout: float = 10.0
    ca_bundle: str | None = None
