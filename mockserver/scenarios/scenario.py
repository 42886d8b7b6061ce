"""A scenario, and what several of them make of the start of a sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.clock import Mode
from mockserver.faults.model import Rule
from mockserver.jobs.schedule import JobScript, JobScripts

Seed = Mapping[str, Any]
"""The content of a seed.yaml."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One named world of one vendor.

    `seed` is the seed data as this scenario has it. `mode`, `speed` and `now` (milliseconds since
    the epoch) are those of the clock. What is None stays as it would be.
    """

    vendor: str
    name: str
    summary: str
    builtin: bool
    seed: Seed | None = None
    scripts: tuple[JobScript, ...] = ()
    rules: tuple[Rule, ...] = ()
    mode: Mode | None = None
    speed: float | None = None
    now: int | None = None

    @property
    def parts(self) -> list[str]:
        """What the scenario speaks of, by the words of its file."""
        present = {
            "clock": any(part is not None for part in (self.mode, self.speed, self.now)),
            "seed": self.seed is not None,
            "jobs": bool(self.scripts),
            "faults": bool(self.rules),
        }
        return [name for name, is_present in present.items() if is_present]


@dataclass(frozen=True, slots=True)
class InitialState:
    """What a sandbox begins with. `seeds` and `futures` are by vendor; the rest as in Scenario."""

    seeds: Mapping[str, Seed]
    scripts: JobScripts = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    mode: Mode | None = None
    speed: float | None = None
    now: int | None = None
