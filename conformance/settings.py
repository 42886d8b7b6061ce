"""The settings of a run."""

import re
from dataclasses import dataclass
from enum import StrEnum

from specs import DOCUMENTED


class Effort(StrEnum):
    """How thoroughly the suite tests; `quick` generates no data."""

    QUICK = "quick"
    DEFAULT = "default"
    DEEP = "deep"

    @property
    def examples(self) -> int:
        """Maximum number of generated requests for each operation and mode."""
        return {Effort.QUICK: 3, Effort.DEFAULT: 6, Effort.DEEP: 100}[self]


@dataclass(frozen=True, slots=True)
class Threshold:
    """How many of the musts a run has to judge: a number, or a percentage of them."""

    amount: int
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> "Threshold":
        """Return the threshold of `40` or `75%`.

        Raises:
            ValueError: it is neither.
        """
        match = re.fullmatch(r"([0-9]{1,9})(%?)", text.strip(), re.ASCII)
        if match is None or (match[2] and int(match[1]) > 100):
            raise ValueError(f"{text!r} must be a number, or a percentage from 0% to 100%")
        return cls(int(match[1]), bool(match[2]))

    def is_met(self, judged: int, total: int) -> bool:
        """Return True if `judged` of `total` are enough."""
        return 100 * judged >= self.amount * total if self.percent else judged >= self.amount

    def __str__(self) -> str:
        return f"{self.amount}{'%' if self.percent else ''}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user selected.

    `rate` is in requests per second, `max_time` (of the run) and `timeout` (of a response) in
    seconds. `only` limits the run to these requirement ids; empty means all. `require` is how many
    musts have to be judged; None means that any number will do.
    """

    profile: str = DOCUMENTED
    seed: int = 1
    effort: Effort = Effort.DEFAULT
    only: frozenset[str] = frozenset()
    strict: bool = False
    require: Threshold | None = None
    max_requests: int | None = None
    rate: float | None = None
    max_time: float = 600.0
    timeout: float = 10.0
    ca_bundle: str | None = None
