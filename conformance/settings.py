"""The settings of a run."""

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
class Settings:
    """What the user selected.

    `rate` is in requests per second, `max_time` (of the run) and `timeout` (of a response) in
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
