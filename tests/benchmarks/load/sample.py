"""What one spell of load measured."""

from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmarks.errors import UnhealthyError


@dataclass(frozen=True, slots=True)
class Sample:
    """Answers counted in `seconds`; latencies in microseconds.

    `processor` is the processor time, in seconds, that the server took meanwhile: unlike the
    rate, it hardly depends on who else keeps the machine busy.
    """

    answers: int
    seconds: float
    failures: int
    p50: int
    p99: int
    processor: float = 0.0

    @property
    def cost(self) -> float:
        """Processor time an answer, in microseconds."""
        return self.processor / self.answers * 1e6

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    def checked(self) -> "Sample":
        """Itself; raises UnhealthyError if an answer was an error or none came."""
        if self.failures or not self.answers:
            raise UnhealthyError(
                f"{self.failures} failures among {self.answers} answers under load"
            )
        return self

    def raw(self) -> dict[str, Any]:
        """The figures for the JSON file."""
        return {**asdict(self), "rate": round(self.rate, 1), "cost": round(self.cost, 1)}
