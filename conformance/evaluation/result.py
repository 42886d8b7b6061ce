"""The one result tree of a run; every report is a view of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from conformance.evaluation.coverage import Coverage
from conformance.http.exchange import Exchange
from conformance.target.tracker import JobHistory
from conformance.verdict import Verdict
from specs import Contract, Requirement

EXIT_CONFORMS = 0
EXIT_FAILED = 1
EXIT_NOT_JUDGED = 3


@dataclass(frozen=True, slots=True)
class AcceptedFailure:
    """A row of a baseline: a known failure, accepted up to and including the day `expires`."""

    requirement: str
    owner: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """An exchange on the way to a finding, for a replay.

    `waits_for` is the job's id and the state in which it was last seen then; `created` are the ids
    that came of it, by parameter; `status` is that of the answer then.
    """

    exchange: Exchange
    waits_for: tuple[str, str] | None = None
    created: tuple[tuple[str, str], ...] = ()
    status: int | None = None


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """What became of one requirement.

    `exchanges` prove the verdict, the smallest case first; `checked` counts how often the
    requirement was judged, `failures` how often it failed. `replay_steps` reproduce a failure.
    `accepted` is the baseline's row that turned a FAIL into a WARN.
    """

    requirement: Requirement
    verdict: Verdict
    reason: str
    exchanges: tuple[Exchange, ...] = ()
    checked: int = 0
    failures: int = 0
    replay_steps: tuple[ReplayStep, ...] = ()
    accepted: AcceptedFailure | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A whole run. `duration` is in seconds, `notes` are sentences for the user."""

    contract: Contract
    base_url: str
    seed: int
    requirements: tuple[RequirementResult, ...]
    coverage: Coverage
    jobs: Sequence[JobHistory] = ()
    notes: tuple[str, ...] = ()
    requests: int = 0
    duration: float = 0.0
    partial: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each verdict."""
        return {v.value: sum(row.verdict is v for row in self.requirements) for v in Verdict}

    @property
    def verdict(self) -> Verdict:
        """FAIL if any row is; ERROR if the target could not be judged; else PASS."""
        if any(row.verdict is Verdict.FAIL for row in self.requirements):
            return Verdict.FAIL
        erred = any(
            row.verdict is Verdict.ERROR and row.requirement.level == "must"
            for row in self.requirements
        )
        return Verdict.ERROR if erred or not self._conclusive else Verdict.PASS

    @property
    def _conclusive(self) -> bool:
        """At least one documented row passed; of a part of the rows, one was judged at all."""
        if self.partial:
            return any(row.verdict in {Verdict.PASS, Verdict.WARN} for row in self.requirements)
        return any(
            row.verdict is Verdict.PASS and row.requirement.source == "documented"
            for row in self.requirements
        )

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 fails, 3 could not be judged."""
        return {Verdict.FAIL: EXIT_FAILED, Verdict.ERROR: EXIT_NOT_JUDGED}.get(
            self.verdict, EXIT_CONFORMS
        )
