"""One trial: the reference app with one switch on, judged, and whether the verdict is right."""

from dataclasses import dataclass
from enum import StrEnum

from conformance.outcome import Verdict
from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS, VARIANTS, Defect
from conformance.reference.serving import serve
from conformance.running.bootstrap import runner
from conformance.settings import Effort, Settings
from conformance.traffic.clock import SkippingClock
from conformance.verdicts.result import Result
from specs import DOCUMENTED


class Kind(StrEnum):
    """What is switched on: a planted defect, a legal variant, or nothing."""

    DEFECT = "defect"
    VARIANT = "variant"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try. `switch` is empty for the correct app; `whole` runs every requirement."""

    vendor: str
    switch: str
    kind: Kind
    seed: int
    whole: bool
    profile: str = DOCUMENTED


@dataclass(frozen=True, slots=True)
class Finding:
    """What a trial showed: the ids of the rows by verdict, and whether that is as it should be."""

    trial: Trial
    right: bool
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    erred: tuple[str, ...]
    requests: int

    @property
    def caught_by(self) -> tuple[str, ...]:
        """The requirements that noticed something."""
        return self.failed + self.warned


def trials(vendor: str, seed: int, *, whole: bool) -> list[Trial]:
    """Return every trial of a vendor; legal variants and the correct app always run whole."""
    defects = [name for name, defect in DEFECTS.items() if defect.vendor == vendor]
    variants = [name for name, variant in VARIANTS.items() if variant.vendor == vendor]
    return [
        Trial(vendor, "", Kind.CORRECT, seed, whole=True),
        *(Trial(vendor, name, Kind.DEFECT, seed, whole) for name in defects),
        *(Trial(vendor, name, Kind.VARIANT, seed, whole=True) for name in variants),
    ]


def attempt(trial: Trial) -> Finding:
    """Judge the app with the trial's switch on, as hard as it takes.

    What must not be accused is judged at default effort, as users do. Most defects show to a quick
    run already; a miss counts only at default effort.
    """
    if trial.kind is Kind.DEFECT:
        quick = _judge(trial, Effort.QUICK)
        if quick.right:
            return quick
    return _judge(trial, Effort.DEFAULT)


def _judge(trial: Trial, effort: Effort) -> Finding:
    switches = (trial.switch,) if trial.switch else ()
    only = () if trial.whole else DEFECTS[trial.switch].requirements
    settings = Settings(trial.profile, trial.seed, effort, frozenset(only))
    with serve(create_app(defects=switches, seed=trial.seed, profile=trial.profile)) as url:
        made = runner(
            trial.vendor, url, control_url=f"{url}/_mock", settings=settings, environment={}
        )
        made.clock = SkippingClock()
        return _finding(trial, made.run())


def _finding(trial: Trial, result: Result) -> Finding:
    failed, warned, erred = (
        tuple(row.requirement.id for row in result.rows if row.verdict is verdict)
        for verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)
    )
    right = _is_right(trial, failed, warned, erred)
    return Finding(trial, right, failed, warned, erred, result.requests)


def _is_right(
    trial: Trial, failed: tuple[str, ...], warned: tuple[str, ...], erred: tuple[str, ...]
) -> bool:
    if trial.kind is Kind.DEFECT:
        return bool(failed) if is_breach(DEFECTS[trial.switch]) else bool(failed or warned)
    return not failed and not erred and not (warned and trial.kind is Kind.CORRECT)


def is_breach(defect: Defect) -> bool:
    """Return whether a defect must FAIL; others may only WARN in the documented profile."""
    return defect.source == DOCUMENTED and defect.level == "must"
