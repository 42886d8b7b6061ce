"""Three mocks, one of which grows: what its calls cost beside those of the two small ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks import processes
from tests.benchmarks.figures import Ratio, ratio
from tests.benchmarks.load import Sample, measure
from tests.benchmarks.rounds import Plan, alone
from tests.benchmarks.say import step
from tests.benchmarks.scale.jobs import Stocked
from tests.benchmarks.server import Server

CALLS = ("polling", "a page", "creating")
_ASKED = 300
# With fewer jobs than these their memory drowns in that of everything else.
_WEIGHED = 100_000
Requests = Callable[[Stocked], list[bytes]]


@dataclass(frozen=True, slots=True)
class Point:
    """What calls cost at one size, beside the smallest; a job's memory in bytes, if it tells."""

    size: int
    cost: Mapping[str, Ratio]
    processor: Mapping[str, Ratio]
    job_bytes: float | None

    def raw(self) -> dict[str, Any]:
        """The point for the JSON file."""
        return {
            "size": self.size,
            "cost": {name: one.raw() for name, one in self.cost.items()},
            "processor": {name: one.raw() for name, one in self.processor.items()},
            "job_bytes": self.job_bytes and round(self.job_bytes),
        }


@dataclass(slots=True)
class Growth:
    """`small` stays at the first size, `fresh` is emptied before each turn, `large` grows."""

    small: Stocked
    fresh: Stocked
    large: Stocked
    plan: Plan
    points: list[Point] = field(default_factory=list)

    def run(self, sizes: Sequence[int]) -> None:
        """Measure at every size but the first, which the others are compared with."""
        for mock in (self.small, self.large):
            with awake(mock.server):
                mock.fill(sizes[0])
        list(self._turns())  # warms up
        at_first = self._memory()
        for size in sizes[1:]:
            step(f"{size:,} jobs: filling")
            with awake(self.large.server):
                self.large.fill(size)
            job_bytes = None
            if size >= _WEIGHED and processes.supported():
                job_bytes = (self._memory() - at_first) / (size - sizes[0])
            step(f"{size:,} jobs: {self.plan.rounds} rounds")
            self.points.append(self._measure(size, job_bytes))

    def _memory(self) -> int:
        return self.large.server.memory() if processes.supported() else 0

    def _measure(self, size: int, job_bytes: float | None) -> Point:
        small: dict[str, list[Sample]] = {name: [] for name in CALLS}
        large: dict[str, list[Sample]] = {name: [] for name in CALLS}
        for _ in range(self.plan.rounds):
            for name, few, many in self._turns():
                small[name].append(few)
                large[name].append(many)
        return Point(
            size,
            {name: ratio(_rates(small[name]), _rates(large[name])) for name in CALLS},
            {name: ratio(_costs(large[name]), _costs(small[name])) for name in CALLS},
            job_bytes,
        )

    def _turns(self) -> Iterator[tuple[str, Sample, Sample]]:
        """One round: each call on a small mock and on the large one."""
        asked: dict[str, Requests] = {
            "polling": lambda mock: mock.polls(_ASKED),
            "a page": lambda mock: mock.pages(_ASKED),
            "creating": Stocked.creations,
        }
        for name, requests in asked.items():
            few = self.fresh if name == "creating" else self.small
            yield name, self._sample(few, requests), self._sample(self.large, requests)

    def _sample(self, mock: Stocked, requests: Requests) -> Sample:
        def load(server: Server) -> Sample:
            if mock is self.fresh:
                mock.empty()
            return measure(mock.generator, server, requests(mock), self.plan.seconds)

        return alone(mock.server, load)


@contextmanager
def awake(server: Server) -> Iterator[None]:
    """Let a paused server run for the length of a `with` block."""
    server.resume()
    try:
        yield
    finally:
        server.pause()


def _rates(samples: Sequence[Sample]) -> list[float]:
    return [sample.rate for sample in samples]


def _costs(samples: Sequence[Sample]) -> list[float]:
    return [sample.cost for sample in samples]
