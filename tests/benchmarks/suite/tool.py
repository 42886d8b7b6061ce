"""One judge of the comparison: how it is run, and how its findings are read."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from tests.benchmarks import processes
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

    def as_command(self) -> "Started":
        """The same as a command, whose process loads the modules itself."""
        if not self.entry:
            return self
        module, _, function = self.entry.partition(":")
        call = f"from {module} import {function}; {function}()"
        return replace(self, command=(sys.executable, "-c", call, *self.command), entry="")


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool says at its end: its findings by name, and how many requests it sent."""

    findings: frozenset[str]
    requests: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it was, in seconds.

    `processor` is the processor time that the tool has used; who else is on the machine does not
    change it.
    """

    seconds: float
    found: Found
    processor: float

    def raw(self) -> dict[str, Any]:
        """The run for the JSON file."""
        return {
            "seconds": round(self.seconds, 2),
            "processor_seconds": round(self.processor, 2),
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
        begun, before = time.perf_counter(), processes.of_ended_children()
        watch = _watch_entry if started.entry else watch_command
        output = watch(started, job.folder)
        seconds = time.perf_counter() - begun
        try:
            processor = processes.of_ended_children() - before
            if started.entry:
                processor = preloaded.processor_seconds(job.folder)
            found = self.read(job, output)
        except (OSError, ValueError, LookupError, AttributeError) as failure:
            last = " | ".join(output.strip().splitlines()[-3:])
            raise UnhealthyError(f"no report of {job.fault}: {failure!r}; {last}") from failure
        return Run(seconds, found, processor)


def _watch_entry(started: Started, folder: Path) -> str:
    with preloaded.started(started.entry, started.command, started.environment, folder) as (
        process,
        output,
    ):
        return _read(output, process.pid or 0, process.join)


def watch_command(started: Started, folder: Path, until: re.Pattern[str] | None = None) -> str:
    """Return the output of a command, read to its end or to a line that `until` matches."""
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
        return _read(process.stdout, process.pid, process.wait, until)


def _read(
    output: IO[str],
    group: int,
    wait: Callable[[], object],
    until: re.Pattern[str] | None = None,
) -> str:
    lines = []
    watchdog = threading.Timer(_LONGEST, _end, [group])
    watchdog.start()
    try:
        for line in output:
            lines.append(line)
            if until and until.search(line):
                break
        else:
            wait()
    finally:
        watchdog.cancel()
        _end(group)  # and what it may have left running
    return "".join(lines)


def _end(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
