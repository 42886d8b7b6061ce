"""What one spell of load measured."""

from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmarks.errors import UnhealthyError


@dataclass(frozen=True, slots=True)
class Sample:
    """Answers counted in `seconds`; latencies in microseconds."""

    answers: int
    seconds: float
    failures: int
    p50: int
    p99: int

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
        return {**asdict(self), "rate": round(self.rate, 1)}
