"""Judges the suite itself: each planted defect must be detected, no legal variant fail."""

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

import specs
from conformance.checks import Verdict
from conformance.errors import UsageError
from conformance.evaluation import Result
from conformance.http.adapter import WsgiAdapter
from conformance.http.limits import SkippingClock
from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS, VARIANTS, Defect, are_exclusive
from conformance.reference.serving import serve
from conformance.runner import Runner, create_runner
from conformance.settings import Effort, Settings
from specs import DOCUMENTED

WIDTH = 80
# Of an app that is called in this process.
LOCAL_URL = "http://127.0.0.1:8080"
# Hypothesis keeps each state machine that it has run, and that one keeps its run.
MAX_TRIALS_PER_PROCESS = 100


class TrialKind(StrEnum):
    """What is switched on: a planted defect, legal variants, or nothing."""

    DEFECT = "defect"
    VARIANT = "variant"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try. `switches` is empty for the correct app; `full` runs every requirement."""

    vendor: str
    switches: tuple[str, ...]
    kind: TrialKind
    seed: int
    full: bool
    profile: str = DOCUMENTED

    @property
    def name(self) -> str:
        """What is switched on."""
        return " + ".join(self.switches) or "correct"


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The ids of the requirements by verdict, and whether they are `correct` for the trial."""

    trial: Trial
    correct: bool
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    errors: tuple[str, ...]
    requests: int

    @property
    def detected_by(self) -> tuple[str, ...]:
        """The requirements that failed or warned."""
        return self.failed + self.warned


def selftest_command(
    vendors: Sequence[str], switches: Sequence[str], seeds: int, jobs: int, *, full: bool
) -> int:
    """Run the trials, print the score, and return 0 if every verdict was correct, else 1.

    Raises:
        UsageError: unknown vendor or switch.
    """
    selected = list(_select(vendors, switches, seeds, full=full))
    console = Console(highlight=False)
    results = []
    for result in _run_all(selected, jobs):
        results.append(result)
        if console.is_terminal:
            console.print(f"{len(results)}/{len(selected)} {result.trial.name}", end="\r")
    console.print(build_score(results), width=min(WIDTH, console.width))
    return 0 if all(result.correct for result in results) else 1


def _select(
    vendors: Sequence[str], switches: Sequence[str], seeds: int, *, full: bool
) -> Iterator[Trial]:
    known = specs.vendors()
    _check_known("vendor", vendors, known, f"known vendors: {', '.join(known)}")
    hint = "`python -m conformance.reference --list` lists them"
    _check_known("defect or variant", switches, {*DEFECTS, *VARIANTS}, hint)
    for seed in range(1, seeds + 1):
        for vendor in vendors or known:
            for trial in trials(vendor, seed, full=full, alone=full or bool(switches)):
                if not switches or not set(switches).isdisjoint(trial.switches):
                    yield trial


def _check_known(kind: str, names: Sequence[str], known: Collection[str], hint: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"unknown {kind} {name!r}; {hint}")


def trials(vendor: str, seed: int, *, full: bool, alone: bool) -> list[Trial]:
    """Return every trial of a vendor; legal variants and the correct app always run in full.

    Each variant is tried `alone`, or beside others as the seed mixes them.
    """
    defects = [name for name, defect in DEFECTS.items() if defect.vendor == vendor]
    variants = [name for name, variant in VARIANTS.items() if variant.vendor == vendor]
    bundles = [(name,) for name in variants] if alone else _bundles(variants, seed)
    return [
        Trial(vendor, (), TrialKind.CORRECT, seed, full=True),
        *(Trial(vendor, (name,), TrialKind.DEFECT, seed, full) for name in defects),
        *(Trial(vendor, bundle, TrialKind.VARIANT, seed, full=True) for bundle in bundles),
    ]


def _bundles(variants: Sequence[str], seed: int) -> list[tuple[str, ...]]:
    """Return the variants in few bundles, each of variants that show beside the others."""
    bundles: list[tuple[str, ...]] = []
    for variant in Random(seed).sample(variants, len(variants)):
        fitting = [
            number
            for number, bundle in enumerate(bundles)
            if not any(are_exclusive(variant, other) for other in bundle)
        ]
        if fitting:
            smallest = min(fitting, key=lambda number: len(bundles[number]))
            bundles[smallest] += (variant,)
        else:
            bundles.append((variant,))
    return bundles


def _run_all(selected: Sequence[Trial], jobs: int) -> Iterator[TrialResult]:
    """Yield the results in the order of `selected`; `jobs` processes run in parallel."""
    if jobs == 1:
        yield from map(run_trial, selected)
        return
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if context.get_start_method() == "forkserver":  # one import for all of its processes
        context.set_forkserver_preload(["conformance.selftest", "conformance.drivers.engine"])
    workers = min(jobs, len(selected) or 1)
    with ProcessPoolExecutor(workers, context, max_tasks_per_child=MAX_TRIALS_PER_PROCESS) as pool:
        yield from pool.map(run_trial, selected)


def processors() -> int:
    """Return the number of processors for this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def run_trial(trial: Trial) -> TrialResult:
    """Judge the app with the trial's switch on.

    Most defects are detected at quick effort; a miss counts only at default effort. Legal variants
    are judged at default effort, as users do; of several, those that are not accused are left out.
    """
    if trial.kind is TrialKind.DEFECT:
        quick = _judge(trial, Effort.QUICK)
        if quick.correct:
            return quick
    result = _judge(trial, Effort.DEFAULT)
    for switch in trial.switches[: 0 if result.correct else None]:
        fewer = tuple(name for name in result.trial.switches if name != switch)
        if fewer:
            without = _judge(replace(trial, switches=fewer), Effort.DEFAULT)
            result = result if without.correct else without
    return result


def _judge(trial: Trial, effort: Effort) -> TrialResult:
    switches = trial.switches
    only = () if trial.full else DEFECTS[switches[0]].requirements
    settings = Settings(trial.profile, trial.seed, effort, frozenset(only))
    app = create_app(defects=switches, seed=trial.seed, profile=trial.profile)
    if any(VARIANTS[switch].needs_socket for switch in switches if switch in VARIANTS):
        with serve(app) as url:
            return _trial_result(trial, _runner(trial, url, settings).run())
    runner = _runner(trial, LOCAL_URL, settings)
    runner.adapter = lambda url, hosts: WsgiAdapter(app, url, *hosts)
    return _trial_result(trial, runner.run())


def _runner(trial: Trial, url: str, settings: Settings) -> Runner:
    runner = create_runner(
        trial.vendor, url, control_url=f"{url}/_mock", settings=settings, environment={}
    )
    runner.clock = SkippingClock()
    runner.fail_fast = True
    return runner


def _trial_result(trial: Trial, result: Result) -> TrialResult:
    failed, warned, errors = (
        tuple(row.requirement.id for row in result.requirements if row.verdict is verdict)
        for verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)
    )
    if trial.kind is TrialKind.DEFECT:
        correct = bool(failed) or (bool(warned) and not must_fail(DEFECTS[trial.switches[0]]))
    else:
        correct = not failed and not errors and not (warned and trial.kind is TrialKind.CORRECT)
    return TrialResult(trial, correct, failed, warned, errors, result.requests)


def must_fail(defect: Defect) -> bool:
    """Return True if a defect must FAIL; others may only WARN in the documented profile."""
    return defect.source == DOCUMENTED and defect.level == "must"


def build_score(results: Sequence[TrialResult]) -> RenderableType:
    """Return the score: a line for each vendor, then errors, then sole detections."""
    wrong = sum(not result.correct for result in results)
    seeds = len({result.trial.seed for result in results})
    summary = f"{len(results)} trials on {seeds} seed(s), {wrong} wrong"
    return Group(
        _table(results),
        *_errors(results),
        *_sole_detections(results),
        Text(("FAIL: " if wrong else "PASS: ") + summary, style="bold"),
    )


def _table(results: Sequence[TrialResult]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("vendor")
    for name in ("defects", "detected", "missed", "variants", "false alarms", "requests"):
        table.add_column(name, justify="right")
    for vendor in dict.fromkeys(result.trial.vendor for result in results):
        own = [result for result in results if result.trial.vendor == vendor]
        defects = [result.correct for result in own if result.trial.kind is TrialKind.DEFECT]
        legal = [result for result in own if result.trial.kind is not TrialKind.DEFECT]
        numbers = (
            len(defects),
            defects.count(True),
            defects.count(False),
            sum(len(result.trial.switches) or 1 for result in legal),
            sum(not result.correct for result in legal),
            sum(result.requests for result in own),
        )
        table.add_row(vendor, *map(str, numbers))
    return table


def _errors(results: Iterable[TrialResult]) -> Iterable[RenderableType]:
    for result in results:
        if result.correct:
            continue
        trial = result.trial
        label = "MISSED" if trial.kind is TrialKind.DEFECT else "FALSE ALARM"
        texts = [(DEFECTS.get(name) or VARIANTS[name]).text for name in trial.switches]
        text = "; ".join(texts) or "the app without any switch"
        yield Text.assemble((f"{label}  ", "bold red"), trial.name, f" (seed {trial.seed}): {text}")
        ids = ", ".join((*result.detected_by, *result.errors)) or "nothing"
        yield Padding(Text(f"detected by {ids}", style="dim"), (0, 0, 0, 8))


def _sole_detections(results: Iterable[TrialResult]) -> Iterable[RenderableType]:
    """Yield the requirements that alone detect a defect in a full run."""
    defects: dict[str, set[str]] = defaultdict(set)
    for result in results:
        is_full_defect = result.trial.kind is TrialKind.DEFECT and result.trial.full
        if is_full_defect and len(result.detected_by) == 1:
            defects[result.detected_by[0]].add(result.trial.name)
    if defects:
        yield Text("Detected by one requirement alone:", style="bold")
    for requirement, switches in sorted(defects.items()):
        yield Text(f"  {requirement}  {', '.join(sorted(switches))}", style="dim")
