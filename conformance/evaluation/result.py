"""The result of a run; every report is a view of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from conformance.evaluation.coverage import Coverage
from conformance.http.exchange import Exchange
from conformance.settings import Threshold
from conformance.target.tracker import JobHistory
from conformance.verdict import Verdict
from specs import Contract, Requirement

EXIT_CONFORMS = 0
EXIT_FAILED = 1
EXIT_NOT_JUDGED = 3
NO_CHECK = "no check exists"
NOT_SELECTED = "left out by --only"


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

    @property
    def is_judged(self) -> bool:
        """True for PASS, WARN and FAIL."""
        return self.verdict not in {Verdict.SKIP, Verdict.ERROR}


@dataclass(frozen=True, slots=True)
class Result:
    """A whole run. `duration` is in seconds, `notes` are sentences for the user.

    `untried` are the ids of the planned musts that a budget (requests or time) left without a
    verdict; `require` is how many musts had to be judged.
    `crashed`: a part of the suite crashed, so that what it would have judged is unknown.
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
    untried: tuple[str, ...] = ()
    require: Threshold | None = None
    crashed: bool = False

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
    def musts(self) -> int:
        """The number of musts of the contract, whether selected or not."""
        return sum(r.level == "must" for r in self.contract.requirements)

    @property
    def judged_musts(self) -> int:
        """The number of musts with the verdict PASS, WARN or FAIL."""
        return sum(r.is_judged and r.requirement.level == "must" for r in self.requirements)

    @property
    def unjudged(self) -> Mapping[str, int]:
        """The reasons why musts were not judged, the most frequent first, with their numbers."""
        selected = [r for r in self.requirements if r.requirement.level == "must"]
        reasons = Counter(
            result.reason if result.requirement.check else NO_CHECK
            for result in selected
            if not result.is_judged
        )
        if left_out := self.musts - len(selected):
            reasons[NOT_SELECTED] = left_out
        return dict(reasons.most_common())

    @property
    def is_complete(self) -> bool:
        """True if no budget left planned musts untried, and as many were judged as required."""
        enough = self.require is None or self.require.is_met(self.judged_musts, self.musts)
        return enough and not self.untried

    @property
    def verdict(self) -> Verdict:
        """FAIL if any requirement is.

        Else ERROR if a must is, or if the run is not complete; else SKIP if nothing was judged;
        else PASS.
        """
        if any(result.verdict is Verdict.FAIL for result in self.requirements):
            return Verdict.FAIL
        must_error = any(
            result.verdict is Verdict.ERROR and result.requirement.level == "must"
            for result in self.requirements
        )
        if must_error or self.crashed or not self.is_complete:
            return Verdict.ERROR
        judged = any(result.is_judged for result in self.requirements)
        return Verdict.PASS if judged else Verdict.SKIP

    @property
    def exit_code(self) -> int:
        """0 conforms in what was judged, 1 fails, 3 was not judged as planned or required."""
        codes = {Verdict.FAIL: EXIT_FAILED, Verdict.ERROR: EXIT_NOT_JUDGED}
        return codes.get(self.verdict, EXIT_CONFORMS)
