"""What a server can be told: one frozen record, checked when it is made."""

from dataclasses import dataclass, field
from pathlib import Path

import specs
from mockserver.clock import Mode, Pace
from mockserver.errors import SetupError
from mockserver.limits import Limits

FASTEST = 1_000_000.0
SLOWEST = 0.001
LONGEST_DELAY = 3600
LARGEST_SEED = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one server; every default is what `mockserver serve` does untold.

    `port` 0 is any free one. `store` is `memory` or the URL of a database. `largest_body` is in
    bytes. `origins` may call the vendors from a browser. `control_hosts` are Host names, besides
    loopback, that the control plane answers to. `longest_delay` is how many seconds a fault may
    hold a reply up.
    """

    host: str = "127.0.0.1"
    port: int = 4010
    store: str = "memory"
    profile: str = specs.DOCUMENTED
    seed: int = 1
    pace: Pace = field(default_factory=Pace)
    largest_body: int = 1024 * 1024
    origins: tuple[str, ...] = ("*",)
    control_hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    longest_delay: float = 30.0
    fixtures: Path = field(default_factory=specs.fixtures)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SetupError(f"--port {self.port}: a port is 0 (any free one) to 65535")
        if self.profile not in specs.PROFILES:
            raise SetupError(f"--profile {self.profile}: choose {' or '.join(specs.PROFILES)}")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise SetupError(f"--seed {self.seed}: a seed is 0 to {LARGEST_SEED}")
        if not SLOWEST <= self.pace.speed <= FASTEST:
            raise SetupError(f"--speed {self.pace.speed:g}: a speed is {SLOWEST} to {FASTEST:.0f}")
        if not 0 <= self.longest_delay <= LONGEST_DELAY:
            raise SetupError(
                f"--longest-delay {self.longest_delay:g}: choose 0 to {LONGEST_DELAY} seconds"
            )

    @property
    def manual(self) -> bool:
        """Whether virtual time stands still until it is moved."""
        return self.pace.mode is Mode.MANUAL
