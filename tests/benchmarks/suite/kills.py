"""Every tool on the healthy app and on each drawn defect, in turn; what each has killed."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.say import left_out, step
from tests.benchmarks.suite.reference import Fault, healthy, held, serving
from tests.benchmarks.suite.tool import Job, Run, Tool


@dataclass(slots=True)
class Score:
    """One tool's runs; a defect is killed if a finding shows that the healthy app never had."""

    tool: Tool
    healthy: dict[str, list[Run]] = field(default_factory=dict)
    planted: dict[Fault, Run] = field(default_factory=dict)

    def new(self, fault: Fault) -> frozenset[str]:
        """The findings that the defect alone can explain."""
        usual = [run.found.findings for run in self.healthy.get(fault.vendor, [])]
        return self.planted[fault].found.findings.difference(*usual)

    @property
    def killed(self) -> list[Fault]:
        return [fault for fault in self.planted if self.new(fault)]

    @property
    def alarms(self) -> int:
        """Findings on the healthy app: at best none."""
        runs = [run for runs in self.healthy.values() for run in runs]
        return len(frozenset[str]().union(*(run.found.findings for run in runs)))

    @property
    def seconds(self) -> float:
        """The median processor time of a run on a defect."""
        return median(run.processor for run in self.planted.values())

    @property
    def rate(self) -> float:
        """The median of requests a second of processor time."""
        return median(run.found.requests / run.processor for run in self.planted.values())

    def raw(self) -> dict[str, Any]:
        """The score for the JSON file."""
        return {
            "tool": self.tool.name,
            "version": self.tool.version,
            "killed": [fault.defect for fault in self.killed],
            "planted": {
                str(fault): {**run.raw(), "new": sorted(self.new(fault))}
                for fault, run in self.planted.items()
            },
            "healthy": {name: [run.raw() for run in runs] for name, runs in self.healthy.items()},
            "alarms": self.alarms,
        }


def compare(
    tools: Sequence[Tool], faults: Sequence[Fault], folder: Path, jobs: int = 1
) -> list[Score]:
    """Run every tool on every fault, in an order that rotates; who fails is left out, loudly.

    `jobs` faults are judged at the same time, each by one tool after the other.
    """
    scores = {tool.name: Score(tool) for tool in tools}
    turns = list(enumerate([*healthy(faults), *faults]))

    def judge(turn: tuple[int, Fault]) -> None:
        number, fault = turn
        step(f"{number + 1} of {len(turns)}: {fault}")
        first = number % len(tools) if tools else 0
        for tool in (*tools[first:], *tools[:first]):
            score = scores.get(tool.name)
            if score is not None:
                try:
                    _add(score, fault, folder)
                except BenchmarkError as reason:
                    left_out(tool.name, reason)
                    scores.pop(tool.name, None)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(judge, turns))
    return list(scores.values())


def _add(score: Score, fault: Fault, folder: Path) -> None:
    if fault.defect is None:
        runs = [_judge(score.tool, fault, folder) for _ in range(score.tool.healthy_runs)]
        score.healthy[fault.vendor] = runs
    else:
        score.planted[fault] = _judge(score.tool, fault, folder)


def _judge(tool: Tool, fault: Fault, folder: Path) -> Run:
    own = folder / "suite" / f"{tool.name} {fault}".lower().replace(" ", "-")
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    with serving(fault) as url:
        return tool.run(Job(fault, url, held(url), own))
