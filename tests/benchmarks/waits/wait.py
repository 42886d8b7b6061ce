"""One thing that is waited for, and how long it took in each round."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.figures import Ratio


@dataclass(slots=True)
class Wait:
    """Seconds by the clock and of processor time, one of each a round; `goal` is of the clock's."""

    group: str
    name: str
    goal: float | None = None
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, seconds: float, processor: float) -> None:
        """Record a round."""
        self.seconds.append(seconds)
        self.processor.append(processor)

    @contextmanager
    def timed(self, processor: Callable[[], float]) -> Iterator[None]:
        """Record what a `with` block takes; `processor` returns the processor time so far."""
        begun, before = time.perf_counter(), processor()
        yield
        self.add(time.perf_counter() - begun, processor() - before)

    @property
    def spread(self) -> Ratio:
        """Median, lowest and highest of the seconds."""
        return Ratio(median(self.seconds), min(self.seconds), max(self.seconds))

    @property
    def told(self) -> str:
        """The median with its unit: seconds, or milliseconds below one."""
        unit = "ms" if self._is_short else "s"
        return f"{self.unit(self.spread.median)} {unit}"

    def unit(self, seconds: float) -> str:
        """Return seconds in the unit of the median."""
        return f"{seconds * 1000:.1f}" if self._is_short else f"{seconds:.1f}"

    @property
    def _is_short(self) -> bool:
        return self.spread.median < 1

    def raw(self) -> dict[str, Any]:
        """The wait for the JSON file."""
        series = {"seconds": self.seconds, "processor_seconds": self.processor}
        rounded = {name: [round(one, 5) for one in values] for name, values in series.items()}
        return {"group": self.group, "name": self.name, "goal": self.goal, **rounded}


def run(command: Sequence[str], folder: Path) -> str:
    """Return what a command prints; raises UnhealthyError if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-300:]
        raise UnhealthyError(f"{Path(command[0]).name} ended with code {done.returncode}: {said}")
    return done.stdout
