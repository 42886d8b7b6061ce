"""The mock in a Python test: `MockServer()`, a use of a sandbox, a thousand fixtures."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks.processes import of_ended_children
from tests.benchmarks.waits.wait import Wait, run

GOAL_SECONDS = 0.005
_GROUP = "a test in Python"
_USES = 200
_WORKERS = 2
_PROGRAM = f"""
import json, time

def now(): return time.perf_counter(), time.process_time()

def spent(since): return [after - before for after, before in zip(now(), since)]

begun = now()
from mockserver.testing import MockServer, open_vendor
with MockServer(clock="manual") as mock:
    start, uses = spent(begun), []
    for _ in range({_USES}):
        begun = now()
        with open_vendor(mock.base_url) as vendor:
            vendor.jobs("talkdesk")
        uses.append(spent(begun))
print(json.dumps([start, *uses]))
"""
_TEST = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_{name}(number{fixture}):
    assert {condition}
"""


def measure(folder: Path, rounds: int, tests: int) -> Iterator[Wait]:
    """Yield the waits of a test run with the mock; `folder` is for its files."""
    start, use = Wait(_GROUP, "MockServer() with its import"), Wait(_GROUP, "a use of mock_vendor")
    use.goal = GOAL_SECONDS
    for _ in range(rounds):
        begun, *uses = json.loads(run((sys.executable, "-c", _PROGRAM), folder))
        start.add(*begun)
        use.add(*(median(one) for one in zip(*uses, strict=True)))
    yield start
    yield use
    for name, fixture, condition in (
        ("with mock_vendor", ", mock_vendor", 'mock_vendor.jobs("talkdesk")'),
        ("without", "", "number >= 0"),
    ):
        file = folder / f"test_{'mock' if fixture else 'none'}.py"
        text = _TEST.format(tests=tests, name=file.stem, fixture=fixture, condition=condition)
        file.write_text(text, "ascii")
        wait = Wait(_GROUP, f"{tests:,} tests {name}, {_WORKERS} workers")
        command = (sys.executable, "-m", "pytest", "-q", f"-n{_WORKERS}", file.name)
        for _ in range(rounds):
            with wait.timed(of_ended_children):
                run(command, folder)
        yield wait
