"""One measurement at size, from empty stores to points."""

from collections.abc import Sequence
from contextlib import ExitStack

from tests.benchmarks.contender import Workshop
from tests.benchmarks.contenders import ours
from tests.benchmarks.load import Generator
from tests.benchmarks.rounds import Plan
from tests.benchmarks.scale.growth import Growth, Point
from tests.benchmarks.scale.jobs import Stocked
from tests.benchmarks.scale.stores import options
from tests.benchmarks.server import running

_NAMES = ("small", "fresh", "large")


def run(
    workshop: Workshop, generator: Generator, plan: Plan, store: str, sizes: Sequence[int]
) -> list[Point]:
    """Start three mocks on stores of their own, let one grow through `sizes`, and measure."""
    with ExitStack() as stack:
        small, fresh, large = (_start(stack, name, workshop, generator, store) for name in _NAMES)
        growth = Growth(small, fresh, large, plan)
        growth.run(sizes)
        return growth.points


def _start(
    stack: ExitStack, name: str, workshop: Workshop, generator: Generator, store: str
) -> Stocked:
    chosen = stack.enter_context(options(store, workshop.folder))
    # A clock that stands keeps every job in its first state, so that all answers are alike.
    command = ours.command("--clock", "manual", *chosen)
    server = stack.enter_context(running(f"scale {name}", command, workshop.folder))
    server.first_answer(ours.LIST)
    server.pause()
    return Stocked(server, workshop, generator)
