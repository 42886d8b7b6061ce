"""What a user waits for, in seconds: starts, fixtures, pages of a browser, verdicts, `make`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.peers import Comparison
from tests.benchmarks.say import left_out
from tests.benchmarks.waits import in_browser, in_python, in_shell
from tests.benchmarks.waits.wait import Wait

__all__ = ["PARTS", "Scope", "Wait", "measure"]

PARTS = ("start", "python", "browser", "findings", "verdicts", "make")


@dataclass(frozen=True, slots=True)
class Scope:
    """How much is measured: vendors and efforts of verdicts, targets of `make`, tests of pytest."""

    vendors: Sequence[str]
    efforts: Sequence[str]
    targets: Sequence[str]
    tests: int


def measure(parts: Sequence[str], comparison: Comparison, scope: Scope) -> Iterator[Wait]:
    """Yield every wait of the parts; one that fails is left out, loudly.

    `comparison` has started the peers that starts and pages are measured of.
    """
    workshop, rounds = comparison.workshop, comparison.plan.rounds
    folder = workshop.folder
    of_parts = {  # each begins when its first wait is asked for
        "start": _starts(comparison),
        "python": in_python.measure(folder, rounds, scope.tests),
        "browser": in_browser.measure(comparison, folder, rounds),
        "findings": in_shell.first_findings(workshop),
        "verdicts": in_shell.verdicts(workshop, scope.vendors, scope.efforts, rounds),
        "make": in_shell.make(scope.targets, rounds),
    }
    for part in parts:
        try:
            yield from of_parts[part]
        except BenchmarkError as reason:
            left_out(part, reason)


def _starts(comparison: Comparison) -> Iterator[Wait]:
    for name, entry in comparison.entries.items():
        series = (entry.series["first answer"], entry.series["first answer, processor"])
        yield Wait("start to the first answer", name, None, *series)
