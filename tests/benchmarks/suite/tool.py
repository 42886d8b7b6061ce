"""One judge of the comparison: how it is run, and how its findings are read."""

import os
import re
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.suite import preloaded
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
    """What a tool is started with: a command, or the arguments of a function of ours.

    That `entry` (`module:function`) is called in a process that has the modules loaded already.
    """

    command: tuple[str, ...]
    entry: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool says at its end: its findings by name, and how many requests it sent."""

    findings: frozenset[str]
    requests: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it was, in seconds: `first` is when the first finding was printed.

    `processor` is the processor time that the tool has used; who else is on the machine does not
    change it.
    """

    seconds: float
    first: float | None
    found: Found
    processor: float

    def raw(self) -> dict[str, Any]:
        """The run for the JSON file."""
        return {
            "seconds": round(self.seconds, 2),
            "processor_seconds": round(self.processor, 2),
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
        begun, before = time.perf_counter(), _children()
        watch = _watch_entry if started.entry else _watch_command
        output, first = watch(started, job.folder, self.sight)
        seconds = time.perf_counter() - begun
        try:
            processor = _children() - before
            if started.entry:
                processor = preloaded.processor_seconds(job.folder)
            found = self.read(job, output)
        except (OSError, ValueError, LookupError, AttributeError) as failure:
            last = " | ".join(output.strip().splitlines()[-3:])
            raise UnhealthyError(f"no report of {job.fault}: {failure!r}; {last}") from failure
        return Run(seconds, first, found, processor)


def _watch_entry(
    started: Started, folder: Path, sight: re.Pattern[str]
) -> tuple[str, float | None]:
    begun = time.perf_counter()
    with preloaded.started(started.entry, started.command, started.environment, folder) as (
        process,
        output,
    ):
        return _read(output, process.pid or 0, process.join, begun, sight)


def _watch_command(
    started: Started, folder: Path, sight: re.Pattern[str]
) -> tuple[str, float | None]:
    begun = time.perf_counter()
    with subprocess.Popen(
        started.command,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **started.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        return _read(process.stdout, process.pid, process.wait, begun, sight)


def _read(
    output: IO[str],
    group: int,
    wait: Callable[[], object],
    begun: float,
    sight: re.Pattern[str],
) -> tuple[str, float | None]:
    """Read a command's output to its end; return it, and when the first line matched."""
    lines, first = [], None
    watchdog = threading.Timer(_LONGEST, _end, [group])
    watchdog.start()
    try:
        for line in output:
            lines.append(line)
            if first is None and sight.search(line):
                first = time.perf_counter() - begun
        wait()
    finally:
        watchdog.cancel()
        _end(group)  # and what it may have left running
    return "".join(lines), first


def _children() -> float:
    """Return the processor time of all commands that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _end(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
