"""What a server can be told: one frozen record, checked when it is made.

`mockserver.options` is the table of it for people; a test keeps the two in step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import specs
from mockserver.clock import Mode, Pace
from mockserver.errors import SetupError
from mockserver.journal import Bounds
from mockserver.limits import Limits, Patience
from mockserver.options import OPTIONS


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one server; every default is what `mockserver serve` does untold.

    `port` 0 is any free one. `store` is `memory` or the URL of a database. `largest_body` is in
    bytes. `origins` may call the vendors from a browser. `control_hosts` are Host names, besides
    loopback, that the control plane answers to, `control_token` is what it asks for, None for
    nothing. `longest_delay` is how many seconds a fault may hold a reply up. `log` is the form of
    the line that each request leaves: `none`, `text` or `json`. `scenario` is what every sandbox
    begins with unless it is told another, `faults` a file of rules for all of them; `fixtures` and
    `scenarios` are folders that lie over the built-in ones.
    """

    host: str = "127.0.0.1"
    port: int = 4010
    store: str = "memory"
    workers: int = 1
    profile: str = specs.DOCUMENTED
    seed: int = 1
    pace: Pace = field(default_factory=Pace)
    largest_body: int = 1024 * 1024
    origins: tuple[str, ...] = ("*",)
    control_hosts: tuple[str, ...] = ()
    control_token: str | None = None
    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)
    longest_delay: float = 30.0
    log: str = "none"
    scenario: str | None = None
    faults: Path | None = None
    fixtures: Path | None = None
    scenarios: Path | None = None

    def __post_init__(self) -> None:
        told = self.told()
        for option in OPTIONS:
            if fault := option.fault(told[option.name]):
                raise SetupError(fault)
        if self.workers > 1 and self.store == "memory":
            raise SetupError(
                f"--workers {self.workers}: several processes need a store that they share; add "
                "--store sqlite:///FILE or --store postgresql://..."
            )
        if self.control_token is not None and not _is_token(self.control_token):
            raise SetupError("--control-token: must be 8 or more printable ASCII, without spaces")

    @property
    def manual(self) -> bool:
        """Whether virtual time stands still until it is moved."""
        return self.pace.mode is Mode.MANUAL

    def told(self) -> dict[str, Any]:
        """Return the settings by the names of the options."""
        return {
            "host": self.host,
            "port": self.port,
            "store": self.store,
            "workers": self.workers,
            "profile": self.profile,
            "seed": self.seed,
            "scenario": self.scenario,
            "faults": _text(self.faults),
            "fixtures": _text(self.fixtures),
            "scenarios": _text(self.scenarios),
            "clock": self.pace.mode.value,
            "speed": self.pace.speed,
            "longest_delay": self.longest_delay,
            "cors_origin": self.origins,
            "control_host": self.control_hosts,
            "control_token": self.control_token,
            "max_body": self.largest_body,
            "max_headers": self.patience.head,
            "max_sandboxes": self.limits.sandboxes,
            "max_journal": self.limits.journal.entries,
            "max_journal_bytes": self.limits.journals,
            "sandbox_idle": self.limits.idle_seconds,
            "request_timeout": self.patience.arrival,
            "idle_timeout": self.patience.idle,
            "log_format": self.log,
        }


def read_settings(told: Mapping[str, Any]) -> Settings:
    """Return the settings that options tell; one that is not told has its default.

    Raises:
        SetupError: one cannot work.
    """
    of = {option.name: option.default for option in OPTIONS} | dict(told)
    if fault := next((f for o in OPTIONS if (f := o.fault(of[o.name]))), None):
        raise SetupError(fault)
    return Settings(
        host=of["host"],
        port=of["port"],
        store=of["store"],
        workers=of["workers"],
        profile=of["profile"],
        seed=of["seed"],
        pace=Pace(Mode(of["clock"]), of["speed"]),
        largest_body=of["max_body"],
        origins=tuple(of["cors_origin"]),
        control_hosts=tuple(of["control_host"]),
        control_token=of["control_token"],
        limits=Limits(
            sandboxes=of["max_sandboxes"],
            idle_seconds=of["sandbox_idle"],
            journal=Bounds(entries=of["max_journal"]),
            journals=of["max_journal_bytes"],
        ),
        patience=Patience(of["max_headers"], of["request_timeout"], of["idle_timeout"]),
        longest_delay=of["longest_delay"],
        log=of["log_format"],
        scenario=of["scenario"],
        faults=_path(of["faults"]),
        fixtures=_path(of["fixtures"]),
        scenarios=_path(of["scenarios"]),
    )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _is_token(text: str) -> bool:
    return len(text) >= 8 and text.isascii() and text.isprintable() and " " not in text
