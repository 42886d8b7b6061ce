"""What `conformance selftest` does once its options are read."""

import multiprocessing
import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console

import specs
from conformance.failures import UsageError
from conformance.reference.defects import DEFECTS, VARIANTS
from conformance.selftest.score import compose
from conformance.selftest.trial import Finding, Trial, attempt, trials

WIDTH = 80
# Hypothesis keeps each state machine that it has run, and that one keeps its run.
TRIALS_EACH = 100


def selftest_command(
    vendors: Sequence[str], switches: Sequence[str], seeds: int, jobs: int, *, whole: bool
) -> int:
    """Run the trials, print the score, and return 0 if every verdict was right, else 1.

    Raises:
        UsageError: a vendor or a switch is not known.
    """
    chosen = list(_choose(vendors, switches, seeds, whole=whole))
    console = Console(highlight=False)
    findings = []
    for finding in _attempt_all(chosen, jobs):
        findings.append(finding)
        if console.is_terminal:
            console.print(f"{len(findings)}/{len(chosen)} {finding.trial.switch}", end="\r")
    findings.sort(key=lambda finding: chosen.index(finding.trial))
    console.print(compose(findings), width=min(WIDTH, console.width))
    return 0 if all(finding.right for finding in findings) else 1


def _choose(
    vendors: Sequence[str], switches: Sequence[str], seeds: int, *, whole: bool
) -> Iterator[Trial]:
    known = specs.vendors()
    _check(vendors, known, f"vendor is called {{!r}}; known: {', '.join(known)}")
    shown = "`python -m conformance.reference --list` shows them"
    _check(switches, {*DEFECTS, *VARIANTS}, f"defect or variant is called {{!r}}; {shown}")
    for seed in range(1, seeds + 1):
        for vendor in vendors or specs.vendors():
            for trial in trials(vendor, seed, whole=whole):
                if not switches or trial.switch in switches:
                    yield trial


def _check(names: Sequence[str], known: Collection[str], complaint: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError("no " + complaint.format(name))


def _attempt_all(chosen: Sequence[Trial], jobs: int) -> Iterator[Finding]:
    """Yield the findings in the order of `chosen`; `jobs` processes work side by side."""
    if jobs == 1:
        yield from map(attempt, chosen)
        return
    spawn = multiprocessing.get_context("spawn")
    workers = min(jobs, len(chosen) or 1)
    with ProcessPoolExecutor(workers, spawn, max_tasks_per_child=TRIALS_EACH) as pool:
        yield from pool.map(attempt, chosen)


def processors() -> int:
    """Return how many processes may work side by side here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
