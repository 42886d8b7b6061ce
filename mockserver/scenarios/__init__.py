"""Scenarios: named initial states and job scripts, built in or from the user's files."""

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
    """A named initial state of one vendor.

    `seed` is the complete seed data. `mode`, `speed` and `now` (milliseconds since the epoch) set
    the clock. None keeps the default.
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
        """The keys of the scenario file that are set."""
        present = {
            "clock": any(part is not None for part in (self.mode, self.speed, self.now)),
            "seed": self.seed is not None,
            "jobs": bool(self.scripts),
            "faults": bool(self.rules),
        }
        return [name for name, is_present in present.items() if is_present]


@dataclass(frozen=True, slots=True)
class InitialState:
    """The initial state of a sandbox; `seeds` and `scripts` by vendor, others as in Scenario."""

    seeds: Mapping[str, Seed]
    scripts: JobScripts = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    mode: Mode | None = None
    speed: float | None = None
    now: int | None = None
