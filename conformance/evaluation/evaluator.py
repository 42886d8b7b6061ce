"""From recorded exchanges and judgements to news of what breaks, and a verdict a requirement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from conformance.checks.registry import (
    ActiveCase,
    CheckKind,
    ExchangeCase,
    HistoryCase,
    RegisteredCheck,
)
from conformance.errors import BudgetExceeded, NotPermitted, TargetUnavailable, Untestable
from conformance.evaluation.result import RequirementResult
from conformance.http.exchange import Exchange
from conformance.settings import Settings
from conformance.target.config import PRIMARY
from conformance.target.tracker import JobHistory
from conformance.verdict import CheckResult, Verdict, skipped
from specs import OBSERVED, Contract, Requirement

NOTHING_SEEN = "nothing came up that this applies to"
ABSENT_OPERATION = "not offered here: a valid request is refused in the same way"
# How a server answers an operation that it does not have.
NOT_OFFERED = frozenset({404, 405, 501})
MOST_EXCHANGES = 6

NewFailure = tuple[Requirement, str]
"""A requirement that is broken, and how."""


class Evaluator:
    """Judges a run while it goes on, each exchange once; at its end it has a row for everything.

    `skips` are the requirements that nobody is judged by, each with the reason.
    """

    def __init__(
        self,
        contract: Contract,
        checks: Mapping[str, RegisteredCheck],
        requirements: Sequence[Requirement],
        settings: Settings,
        skips: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._contract = contract
        self._settings = settings
        self._requirements = requirements
        self._skips = skips
        self._strange: set[str] = set()
        self._checks = {
            requirement.id: checks[requirement.check.name]
            for requirement in requirements
            if requirement.check is not None
        }
        self._judges: dict[str | None, list[Requirement]] = defaultdict(list)
        for requirement in requirements:
            if requirement.id not in skips and self._kind(requirement) is CheckKind.EXCHANGE:
                self._judges[requirement.operation].append(requirement)
        self._taken = 0
        self._judgements: dict[str, list[CheckResult]] = defaultdict(list)
        self._broken: set[str] = set()
        self._offered: dict[str, bool] = {}

    def evaluate(self, exchanges: Sequence[Exchange]) -> list[NewFailure]:
        """Judge those of the run's exchanges that are new; return what was never broken before."""
        new, self._taken = exchanges[self._taken :], len(exchanges)
        news = []
        for exchange in new:
            self._note_offered(exchange)
            for operation in dict.fromkeys((exchange.operation, None)):
                for requirement in self._judges[operation]:
                    judgement = self._ask(requirement, exchange)
                    if judgement is not None:
                        news += self.record(requirement, judgement)
        return news

    def _is_not_offered(self, requirement: Requirement, judgement: CheckResult) -> bool:
        """Return True for a failed probe of an operation that this target does not have at all.

        Only the five documents' operations must be there. Of the others, one that answers its
        valid requests just as it refuses the bad ones tells nothing.
        """
        name = requirement.operation
        if name is None or self._kind(requirement) is not CheckKind.ACTIVE:
            return False
        absent = self._offered.get(name) is False
        documented = self._contract.operations[name].source == "documented"
        last = judgement.exchanges[-1:]
        return absent and not documented and all(e.status in NOT_OFFERED for e in last)

    def _note_offered(self, exchange: Exchange) -> None:
        if exchange.operation is None or exchange.status is None or exchange.valid is not True:
            return
        if exchange.request.role == PRIMARY and exchange.status < 500:
            there = exchange.status not in NOT_OFFERED
            self._offered[exchange.operation] = there or bool(self._offered.get(exchange.operation))

    def record(self, requirement: Requirement, *judgements: CheckResult) -> list[NewFailure]:
        """Take what a probe has found; return it if it is broken and never was before."""
        self._judgements[requirement.id] += judgements
        reasons = [
            judgement.reason
            for judgement in judgements
            if _is_failure(judgement) and not self._is_not_offered(requirement, judgement)
        ]
        if not reasons or requirement.id in self._broken:
            return []
        self._broken.add(requirement.id)
        return [(requirement, reasons[0])]

    def failure_of(self, requirement: Requirement, exchange: Exchange) -> str | None:
        """Tell how an exchange by itself breaks a requirement that a judge looks after."""
        if self._kind(requirement) is not CheckKind.EXCHANGE:
            return None
        judgement = self._ask(requirement, exchange)
        return judgement.reason if judgement is not None and judgement.passed is False else None

    def results(
        self, exchanges: Sequence[Exchange], jobs: Sequence[JobHistory]
    ) -> Iterator[RequirementResult]:
        """Yield a row for each requirement, once the run is over."""
        self.evaluate(exchanges)
        self._strange = {job.id for job in jobs if not job.created_by_us}
        by_operation: dict[str | None, list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            by_operation[exchange.operation].append(exchange)
        for requirement in self._requirements:
            if requirement.id in self._skips:
                yield RequirementResult(requirement, Verdict.SKIP, self._skips[requirement.id])
                continue
            concerned = exchanges
            if requirement.operation is not None:
                concerned = by_operation[requirement.operation]
            if self._kind(requirement) is CheckKind.HISTORY:
                self.record(requirement, *self._ask_history(requirement, exchanges, jobs))
            yield self._row(requirement, self._judgements[requirement.id], concerned)

    def _kind(self, requirement: Requirement) -> CheckKind | None:
        check = self._checks.get(requirement.id)
        return check.kind if check else None

    def _ask(self, requirement: Requirement, exchange: Exchange) -> CheckResult | None:
        check = self._checks[requirement.id]
        if exchange.response is None and not check.unanswered:
            return None
        case = ExchangeCase(self._contract, requirement, exchange)
        try:
            judgement: CheckResult | None = check.function(case, **_arguments(requirement))
        except Exception as error:  # noqa: BLE001  (whatever it is, it is ours, not the target's)
            return check_crash(check, error, exchange)
        if judgement is not None and not judgement.exchanges:
            return CheckResult(judgement.passed, judgement.reason, (exchange,))
        return judgement

    def _ask_history(
        self, requirement: Requirement, exchanges: Sequence[Exchange], jobs: Sequence[JobHistory]
    ) -> list[CheckResult]:
        check = self._checks[requirement.id]
        case = HistoryCase(self._contract, requirement, jobs, exchanges)
        try:
            return list(check.function(case, **_arguments(requirement)))
        except Exception as error:  # noqa: BLE001  (as above)
            return [check_crash(check, error)]

    def _row(
        self,
        requirement: Requirement,
        judgements: Sequence[CheckResult],
        concerned: Sequence[Exchange],
    ) -> RequirementResult:
        absent = [j for j in judgements if self._is_not_offered(requirement, j)]
        judgements = [j for j in judgements if j not in absent]
        breaches = [judgement for judgement in judgements if _is_failure(judgement)]
        faults = [j for j in judgements if isinstance(j, CheckCrash)]
        kept = [j for j in judgements if j.passed]
        counts = len(kept) + len(breaches), len(breaches)
        if breaches:
            worst = min(breaches, key=self._weight)
            verdict = failure_verdict(requirement, self._settings)
            return RequirementResult(requirement, verdict, worst.reason, _proof(worst), *counts)
        if faults:
            return RequirementResult(
                requirement, Verdict.ERROR, faults[0].reason, _proof(faults[0]), *counts
            )
        if kept:
            example = min(kept, key=self._weight)
            return RequirementResult(requirement, Verdict.PASS, "", _proof(example), *counts)
        if absent:
            return RequirementResult(requirement, Verdict.SKIP, ABSENT_OPERATION)
        return _not_judged(requirement, judgements, concerned)

    def _weight(self, judgement: CheckResult) -> tuple[int, ...]:
        """Order judgements as proof: what can be made again first, then what is shown the least."""
        found = judgement.exchanges
        if not found:
            return (0, 0, 0)
        named = {str(v) for exchange in found for v in exchange.path_parameters.values()}
        smallest = min(exchange.sort_key for exchange in found)
        return (not named.isdisjoint(self._strange), len(found), *smallest)


class CheckCrash(CheckResult):
    """The check itself failed: the suite's fault, never the target's."""

    __slots__ = ()


def failure_verdict(requirement: Requirement, settings: Settings) -> Verdict:
    """Return what breaking a requirement means.

    A documented must is FAIL. A should, and what only the vendor's other pages or public clients
    say, is WARN; in the profile `observed` the latter is FAIL too, and with `strict` everything.
    """
    firm = requirement.source == "documented" or settings.profile == OBSERVED
    if settings.strict or (firm and requirement.level == "must"):
        return Verdict.FAIL
    return Verdict.WARN


def _arguments(requirement: Requirement) -> Mapping[str, object]:
    return requirement.check.arguments if requirement.check else {}


def run_active_check(check: RegisteredCheck, case: ActiveCase) -> Iterator[CheckResult]:
    """Yield the results of an active check; what it cannot test or a crash is its last result.

    Raises:
        NotPermitted: the target does not allow a request of the check.
        BudgetExceeded: nothing more may be sent.
        TargetUnavailable: the target cannot be judged any more.
    """
    before = len(case.client.exchanges)
    try:
        yield from check.function(case, **_arguments(case.requirement))
    except Untestable as reason:
        yield skipped(str(reason))
    except (NotPermitted, BudgetExceeded, TargetUnavailable):
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, it is ours, not the target's)
        yield check_crash(check, error, *case.client.exchanges[before:][-1:])


def check_crash(check: RegisteredCheck, error: Exception, *exchanges: Exchange) -> CheckCrash:
    """Return the judgement that a check failed in itself."""
    reason = f"the check {check.name!r} failed in itself: {type(error).__name__}: {error}"
    return CheckCrash(None, reason, exchanges)


def _is_failure(judgement: CheckResult) -> bool:
    """A breach needs an answer that breaks something; without any the network is to blame."""
    found = judgement.exchanges
    answered = not found or any(exchange.response is not None for exchange in found)
    return judgement.passed is False and answered


def _proof(judgement: CheckResult) -> tuple[Exchange, ...]:
    return judgement.exchanges[:MOST_EXCHANGES]


def _not_judged(
    requirement: Requirement, judgements: Sequence[CheckResult], concerned: Sequence[Exchange]
) -> RequirementResult:
    unanswered = [e for j in judgements for e in j.exchanges if e.failure]
    if not any(exchange.response for exchange in concerned):
        unanswered += [exchange for exchange in concerned if exchange.failure]
    if unanswered:
        first = unanswered[0]
        return RequirementResult(requirement, Verdict.ERROR, first.failure or "", (first,))
    reasons = [judgement.reason for judgement in judgements if judgement.reason]
    return RequirementResult(requirement, Verdict.SKIP, reasons[0] if reasons else NOTHING_SEEN)
