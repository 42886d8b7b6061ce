"""The load generator: one choice, the same for every contender of a run."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from tests.benchmarks.load.loop import Loop
from tests.benchmarks.load.sample import Sample
from tests.benchmarks.load.wrk import Wrk
from tests.benchmarks.processes import TICK
from tests.benchmarks.say import left_out
from tests.benchmarks.server import Server

__all__ = ["Generator", "Sample", "choose", "measure"]


class Generator(Protocol):
    """Something that keeps a server busy and counts."""

    @property
    def name(self) -> str:
        """What it is called in the results."""

    def run(self, port: int, requests: Sequence[bytes], seconds: float) -> Sample:
        """Send `requests` in turn to `port` for `seconds`."""


def measure(
    generator: Generator, server: Server, requests: Sequence[bytes], seconds: float
) -> Sample:
    """Load `server`, and return what came back and what it cost; raises UnhealthyError."""
    before = server.processor()
    sample = generator.run(server.port, requests, seconds)
    used = max(server.processor() - before, TICK)  # a short load may end within a tick
    return replace(sample, processor=used).checked()


def choose(connections: int, path: str | None = None) -> Generator:
    """`wrk` if it is on `path` (default: the PATH), else the built-in loop, loudly."""
    if program := shutil.which("wrk", path=path):
        return Wrk(program, connections)
    left_out("wrk", "not on the PATH; the built-in loop takes more of the cores, so ratios shrink")
    return Loop(connections)
