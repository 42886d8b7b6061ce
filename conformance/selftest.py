"""One trial: the reference app with one switch on, judged, and whether the verdict is right."""

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

import specs
from conformance.errors import UsageError
from conformance.evaluation.result import Result
from conformance.http.limits import SkippingClock
from conformance.http.wsgi import WsgiAdapter
from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS, VARIANTS, Defect
from conformance.reference.serving import serve
from conformance.runner import Runner, create_runner
from conformance.settings import Effort, Settings
from conformance.verdict import Verdict
from specs import DOCUMENTED

LOCAL_URL = "http://127.0.0.1:8080"  # of an app that is called in this process


class TrialKind(StrEnum):
    """What is switched on: a planted defect, a legal variant, or nothing."""

    DEFECT = "defect"
    VARIANT = "variant"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try. `switch` is empty for the correct app; `full` runs every requirement."""

    vendor: str
    switch: str
    kind: TrialKind
    seed: int
    full: bool
    profile: str = DOCUMENTED


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What a trial showed: the ids of the rows by verdict, and whether that is as it should be."""

    trial: Trial
    correct: bool
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    erred: tuple[str, ...]
    requests: int

    @property
    def detected_by(self) -> tuple[str, ...]:
        """The requirements that noticed something."""
        return self.failed + self.warned


def trials(vendor: str, seed: int, *, whole: bool) -> list[Trial]:
    """Return every trial of a vendor; legal variants and the correct app always run whole."""
    defects = [name for name, defect in DEFECTS.items() if defect.vendor == vendor]
    variants = [name for name, variant in VARIANTS.items() if variant.vendor == vendor]
    return [
        Trial(vendor, "", TrialKind.CORRECT, seed, full=True),
        *(Trial(vendor, name, TrialKind.DEFECT, seed, whole) for name in defects),
        *(Trial(vendor, name, TrialKind.VARIANT, seed, full=True) for name in variants),
    ]


def run_trial(trial: Trial) -> TrialResult:
    """Judge the app with the trial's switch on, as hard as it takes.

    What must not be accused is judged at default effort, as users do. Most defects show to a quick
    run already; a miss counts only at default effort.
    """
    if trial.kind is TrialKind.DEFECT:
        quick = _judge(trial, Effort.QUICK)
        if quick.correct:
            return quick
    return _judge(trial, Effort.DEFAULT)


def _judge(trial: Trial, effort: Effort) -> TrialResult:
    switches = (trial.switch,) if trial.switch else ()
    only = () if trial.full else DEFECTS[trial.switch].requirements
    settings = Settings(trial.profile, trial.seed, effort, frozenset(only))
    app = create_app(defects=switches, seed=trial.seed, profile=trial.profile)
    if any(VARIANTS[switch].needs_socket for switch in switches if switch in VARIANTS):
        with serve(app) as url:
            return _finding(trial, _runner(trial, url, settings).run())
    runner = _runner(trial, LOCAL_URL, settings)
    runner.adapter = lambda url, hosts: WsgiAdapter(app, url, *hosts)
    return _finding(trial, runner.run())


def _runner(trial: Trial, url: str, settings: Settings) -> Runner:
    runner = create_runner(
        trial.vendor, url, control_url=f"{url}/_mock", settings=settings, environment={}
    )
    runner.clock = SkippingClock()
    return runner


def _finding(trial: Trial, result: Result) -> TrialResult:
    failed, warned, erred = (
        tuple(row.requirement.id for row in result.requirements if row.verdict is verdict)
        for verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)
    )
    right = _is_right(trial, failed, warned, erred)
    return TrialResult(trial, right, failed, warned, erred, result.requests)


def _is_right(
    trial: Trial, failed: tuple[str, ...], warned: tuple[str, ...], erred: tuple[str, ...]
) -> bool:
    if trial.kind is TrialKind.DEFECT:
        return bool(failed) if must_fail(DEFECTS[trial.switch]) else bool(failed or warned)
    return not failed and not erred and not (warned and trial.kind is TrialKind.CORRECT)


def must_fail(defect: Defect) -> bool:
    """Return whether a defect must FAIL; others may only WARN in the documented profile."""
    return defect.source == DOCUMENTED and defect.level == "must"


def build_score(findings: Sequence[TrialResult]) -> RenderableType:
    """Return the whole score: one line a vendor, then what went wrong, then who stands alone."""
    return Group(
        _table(findings),
        *_wrong(findings),
        *_alone(findings),
        _verdict(findings),
    )


def _table(findings: Sequence[TrialResult]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("vendor")
    for name in ("defects", "killed", "missed", "variants", "accused", "requests"):
        table.add_column(name, justify="right")
    for vendor in dict.fromkeys(finding.trial.vendor for finding in findings):
        own = [finding for finding in findings if finding.trial.vendor == vendor]
        defects = [finding.correct for finding in own if finding.trial.kind is TrialKind.DEFECT]
        legal = [finding.correct for finding in own if finding.trial.kind is not TrialKind.DEFECT]
        numbers = (
            len(defects),
            sum(defects),
            defects.count(False),
            len(legal),
            legal.count(False),
            sum(finding.requests for finding in own),
        )
        table.add_row(vendor, *(str(number) for number in numbers))
    return table


def _wrong(findings: Iterable[TrialResult]) -> Iterable[RenderableType]:
    for finding in findings:
        if finding.correct:
            continue
        trial = finding.trial
        word = "MISSED" if trial.kind is TrialKind.DEFECT else "ACCUSED"
        known = DEFECTS.get(trial.switch) or VARIANTS.get(trial.switch)
        text = known.text if known else "the app without any switch"
        yield Text.assemble(
            (f"{word}  ", "bold red"), trial.switch or "correct", f" (seed {trial.seed}): {text}"
        )
        ids = ", ".join((*finding.detected_by, *finding.erred)) or "nothing"
        yield Padding(Text(f"noticed by {ids}", style="dim"), (0, 0, 0, 8))


def _alone(findings: Iterable[TrialResult]) -> Iterable[RenderableType]:
    """Requirements without which a defect would have slipped by; told of whole runs alone."""
    alone: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        if finding.trial.kind is TrialKind.DEFECT and finding.trial.full:
            for one in finding.detected_by if len(finding.detected_by) == 1 else ():
                alone[one].add(finding.trial.switch)
    if alone:
        yield Text("Caught by one requirement alone:", style="bold")
    for requirement, switches in sorted(alone.items()):
        yield Text(f"  {requirement}  {', '.join(sorted(switches))}", style="dim")


def _verdict(findings: Sequence[TrialResult]) -> RenderableType:
    wrong = sum(not finding.correct for finding in findings)
    seeds = len({finding.trial.seed for finding in findings})
    told = f"{len(findings)} trials on {seeds} seed(s), {wrong} wrong"
    return Text(("PASS: " if not wrong else "FAIL: ") + told, style="bold")


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
    console.print(build_score(findings), width=min(WIDTH, console.width))
    return 0 if all(finding.correct for finding in findings) else 1


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


def _attempt_all(chosen: Sequence[Trial], jobs: int) -> Iterator[TrialResult]:
    """Yield the findings in the order of `chosen`; `jobs` processes work side by side."""
    if jobs == 1:
        yield from map(run_trial, chosen)
        return
    spawn = multiprocessing.get_context("spawn")
    workers = min(jobs, len(chosen) or 1)
    with ProcessPoolExecutor(workers, spawn, max_tasks_per_child=TRIALS_EACH) as pool:
        yield from pool.map(run_trial, chosen)


def processors() -> int:
    """Return how many processes may work side by side here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
