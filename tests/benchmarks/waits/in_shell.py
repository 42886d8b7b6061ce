"""Commands as a user types them: `conformance run` to its first finding and verdict, `make`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.contender import Workshop
from tests.benchmarks.contenders import ours
from tests.benchmarks.errors import BenchmarkError, UnhealthyError
from tests.benchmarks.processes import of_ended_children
from tests.benchmarks.say import left_out, step
from tests.benchmarks.server import running
from tests.benchmarks.suite.reference import Fault, draw, held, serving
from tests.benchmarks.suite.tool import Job, Tool, watch_command
from tests.benchmarks.suite.tools import TOOLS
from tests.benchmarks.waits.wait import Wait, run

ROOT = Path(__file__).parents[3]
EFFORTS = ("quick", "default", "deep")
MAKE = {"demo": None, "quick": 60.0, "test": 360.0}
"""Targets of `make`, and how many seconds they may take."""
VERDICT_SECONDS = 5.0
_FIRST = "first finding"
_DEFECTS = 3  # one of each vendor


def first_findings(workshop: Workshop) -> Iterator[Wait]:
    """Yield how long each judge takes to print its first finding on an app with a defect."""
    for name, prepare in TOOLS.items():
        wait = Wait(_FIRST, name)
        for fault in draw(_DEFECTS, seed=1):
            step(f"{_FIRST}: {name} on {fault}")
            try:
                _to_first(prepare(workshop, None), fault, workshop.folder, wait)
            except BenchmarkError as reason:
                left_out(f"{_FIRST}, {name}", reason)
        if wait.seconds:
            yield wait


def _to_first(tool: Tool, fault: Fault, folder: Path, wait: Wait) -> None:
    with serving(fault) as url:
        command = tool.start(Job(fault, url, held(url), folder)).as_command()
        with wait.timed(of_ended_children):
            output = watch_command(command, folder, tool.sight)
            if not tool.sight.search(output.splitlines()[-1]):
                raise UnhealthyError(f"none on {fault}")


def verdicts(
    workshop: Workshop, vendors: Sequence[str], efforts: Sequence[str], rounds: int
) -> Iterator[Wait]:
    """Yield how long `conformance run` takes to judge the mock, with and without its clock."""
    for vendor in vendors:
        for effort in efforts:
            for has_control in (True, False):
                name = f"{vendor}, {effort}{', --control-url' if has_control else ''}"
                wait = Wait("verdict", name)
                if effort == "default" and has_control:
                    wait.goal = VERDICT_SECONDS
                for _ in range(rounds):
                    step(f"verdict: {name}")
                    _verdict(workshop.folder, vendor, effort, has_control, wait)
                yield wait


def _verdict(folder: Path, vendor: str, effort: str, has_control: bool, wait: Wait) -> None:
    with running("verdict", ours.command(), folder) as server:
        server.first_answer(ours.LIST)
        url = f"http://127.0.0.1:{server.port}"
        options = ("--effort", effort, *(("--control-url", f"{url}/_mock") * has_control))
        program = str(Path(sys.executable).with_name("conformance"))
        with wait.timed(of_ended_children):
            run((program, "run", vendor, "--base-url", url, *options), folder)


def make(targets: Sequence[str], rounds: int) -> Iterator[Wait]:
    """Yield how long targets of `make` take; raises UnhealthyError if one fails."""
    for target in targets:
        wait = Wait("make", f"make {target}", MAKE[target])
        for _ in range(rounds):
            step(wait.name)
            with wait.timed(of_ended_children):
                run(("make", target), ROOT)
        yield wait
