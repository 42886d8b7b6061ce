"""The result of a run; every report is a view of it."""

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
    """An exchange to repeat when a failure is reproduced.

    `waits_for` is a job's id and the state in which it was last observed before; `created` are the
    ids that came of the exchange, by parameter; `status` is that of its response.
    """

    exchange: Exchange
    waits_for: tuple[str, str] | None = None
    created: tuple[tuple[str, str], ...] = ()
    status: int | None = None


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """The verdict on one requirement.

    `exchanges` are the evidence, the smallest case first; `checked` counts how often the check
    passed or failed, `failures` how often it failed. `replay_steps` reproduce a failure. `accepted`
    is the row of the baseline that turned a FAIL into a WARN.
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
    """A whole run. `duration` is in seconds, `notes` are sentences for the user.

    `partial`: only some of the requirements were selected.
    """

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
    def problems(self) -> list[RequirementResult]:
        """The requirements with FAIL, ERROR or WARN, in this order."""
        problems = [result for result in self.requirements if result.verdict.is_problem]
        return sorted(problems, key=lambda result: -result.verdict.rank)

    @property
    def counts(self) -> dict[str, int]:
        """The number of requirements by verdict."""
        verdicts = [result.verdict for result in self.requirements]
        return {verdict.value: verdicts.count(verdict) for verdict in Verdict}

    @property
    def verdict(self) -> Verdict:
        """FAIL if any requirement is; ERROR if the target could not be judged; else PASS."""
        if any(result.verdict is Verdict.FAIL for result in self.requirements):
            return Verdict.FAIL
        must_error = any(
            result.verdict is Verdict.ERROR and result.requirement.level == "must"
            for result in self.requirements
        )
        return Verdict.ERROR if must_error or not self._conclusive else Verdict.PASS

    @property
    def _conclusive(self) -> bool:
        """True if a documented requirement passed; in a partial run, if any one was judged."""
        if self.partial:
            judged = {Verdict.PASS, Verdict.WARN}
            return any(result.verdict in judged for result in self.requirements)
        return any(
            result.verdict is Verdict.PASS and result.requirement.source == "documented"
            for result in self.requirements
        )

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 fails, 3 could not be judged."""
        codes = {Verdict.FAIL: EXIT_FAILED, Verdict.ERROR: EXIT_NOT_JUDGED}
        return codes.get(self.verdict, EXIT_CONFORMS)
