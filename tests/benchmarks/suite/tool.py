"""One judge of the comparison: how it is run, and how its findings are read."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.suite.reference import Fault

_LONGEST = 600.0


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be made: against whom, and the folder that is the tool's own for this run."""

    fault: Fault
    base_url: str
    held: Mapping[str, str]
    folder: Path


@dataclass(frozen=True, slots=True)
class Started:
    """What a tool is started with, and which exit codes mean that it has judged."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool says at its end: its findings by name, and how many requests it sent."""

    findings: frozenset[str]
    requests: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it was: `first` is when the first finding was printed, in seconds."""

    seconds: float
    first: float | None
    found: Found

    def raw(self) -> dict[str, Any]:
        """The run for the JSON file."""
        return {
            "seconds": round(self.seconds, 2),
            "first_finding": self.first and round(self.first, 2),
            "findings": sorted(self.found.findings),
            "requests": self.found.requests,
        }


@dataclass(frozen=True, slots=True)
class Tool:
    """A judge; `sight` matches the line of its output that tells of a finding.

    `healthy_runs` is how often it sees the healthy app: one that draws anew each time needs two.
    """

    name: str
    version: str
    start: Callable[[Job], Started]
    read: Callable[[Job, str], Found]
    sight: re.Pattern[str]
    healthy_runs: int = 1

    def run(self, job: Job) -> Run:
        """Judge once.

        Raises:
            UnhealthyError: the tool took over ten minutes, or its report cannot be read.
        """
        started = self.start(job)
        begun = time.perf_counter()
        output, first = _watch(started, job.folder, self.sight)
        seconds = time.perf_counter() - begun
        try:
            found = self.read(job, output)
        except (OSError, ValueError, LookupError, AttributeError) as failure:
            last = " | ".join(output.strip().splitlines()[-3:])
            raise UnhealthyError(f"no report of {job.fault}: {failure!r}; {last}") from failure
        return Run(seconds, first, found)


def _watch(started: Started, folder: Path, sight: re.Pattern[str]) -> tuple[str, float | None]:
    """Run a command to its end; return its output and when the first line matched."""
    begun, lines, first = time.perf_counter(), [], None
    process = subprocess.Popen(
        started.command,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **started.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    watchdog = threading.Timer(_LONGEST, _end, [process])
    watchdog.start()
    with process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if first is None and sight.search(line):
                    first = time.perf_counter() - begun
            process.wait()
        finally:
            watchdog.cancel()
            _end(process)  # and what it may have left running
    return "".join(lines), first


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
