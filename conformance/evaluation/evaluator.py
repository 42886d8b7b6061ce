"""From exchanges and check results to new failures, and to a verdict for each requirement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from conformance.checks import CheckKind, CheckResult, RegisteredCheck, Verdict, skipped
from conformance.checks.active_case import ActiveCase
from conformance.checks.cases import NOT_OFFERED, HistoryCase, JobRequests, exchange_case
from conformance.errors import BudgetExceeded, NotPermitted, TargetUnavailable, Untestable
from conformance.evaluation import RequirementResult
from conformance.http import Exchange
from conformance.settings import Settings
from conformance.target import PRIMARY
from conformance.target.tracker import JobHistory
from specs import OBSERVED, Contract, Requirement

NOT_APPLICABLE = "no exchange or job of the run was one that this applies to"
ABSENT_OPERATION = "not offered by this target: a valid request is rejected in the same way"
MAX_EXCHANGES = 6

NewFailure = tuple[Requirement, str]
"""A requirement that failed for the first time, and the reason."""


class Evaluator:
    """Evaluates a run while it goes on, each exchange once; at the end it has all results.

    `skips` are the requirements that are not tested, each with the reason.
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
        self._foreign_jobs: set[str] = set()
        self._checks = {
            requirement.id: checks[requirement.check.name]
            for requirement in requirements
            if requirement.check is not None
        }
        self._by_operation: dict[str | None, list[Requirement]] = defaultdict(list)
        for requirement in requirements:
            if requirement.id not in skips and self._kind(requirement) is CheckKind.EXCHANGE:
                self._by_operation[requirement.operation].append(requirement)
        self._evaluated = 0
        self._results: dict[str, list[CheckResult]] = defaultdict(list)
        self._failed: set[str] = set()
        self._offered: dict[str, bool] = {}
        self._shortest: dict[str, CheckResult] = {}
        # What drivers have asked already; an exchange may be forgotten, and its number used again.
        self._checked: dict[tuple[str, int], tuple[Exchange, CheckResult | None]] = {}

    @property
    def exchange_requirements(self) -> tuple[Requirement, ...]:
        """The requirements that judge one exchange and are tested."""
        return tuple(requirement for rows in self._by_operation.values() for requirement in rows)

    def evaluate(self, exchanges: Sequence[Exchange]) -> list[NewFailure]:
        """Evaluate those of the run's exchanges that are new; return the new failures."""
        new, self._evaluated = exchanges[self._evaluated :], len(exchanges)
        failures = []
        for exchange in new:
            self._record_offered(exchange)
            for operation in dict.fromkeys((exchange.operation, None)):
                for requirement in self._by_operation[operation]:
                    result = self._check_exchange(requirement, exchange)
                    if result is not None:
                        failures += self.record(requirement, result)
        return failures

    def _record_offered(self, exchange: Exchange) -> None:
        operation, status = exchange.operation, exchange.status
        if operation is None or status is None or exchange.valid is not True:
            return
        # A refusal of values that this target does not know may come before that of the method.
        if exchange.request.role == PRIMARY and status < 500 and status not in {400, 422}:
            offered = status not in NOT_OFFERED
            self._offered[operation] = offered or bool(self._offered.get(operation))

    def _is_not_offered(self, requirement: Requirement, result: CheckResult) -> bool:
        """Return True for an active check of an operation that the target does not have at all.

        Only the operations of the five documents must exist. Another one that rejects its valid
        requests in the same way as the invalid ones is no evidence.
        """
        operation = requirement.operation
        if operation is None or self._kind(requirement) is not CheckKind.ACTIVE:
            return False
        offered = self._offered.get(operation)
        absent = offered is False or (offered is None and result.passed is False)
        documented = self._contract.operations[operation].source == "documented"
        last = result.exchanges[-1:]
        return absent and not documented and all(e.status in NOT_OFFERED for e in last)

    def needs_valid_request(self, requirement: Requirement, results: Sequence[CheckResult]) -> bool:
        """Return True if only a valid request can tell a rejection from a missing operation."""
        unknown = requirement.operation is not None and requirement.operation not in self._offered
        judged = [result for result in results if result.passed is not None and result.exchanges]
        return unknown and any(self._may_be_absent(requirement, result) for result in judged)

    def _may_be_absent(self, requirement: Requirement, result: CheckResult) -> bool:
        documented = self._contract.operations[requirement.operation or ""].source == "documented"
        return not documented and result.exchanges[-1].status in NOT_OFFERED

    def record(self, requirement: Requirement, *results: CheckResult) -> list[NewFailure]:
        """Record results of a check; return the failure if the requirement failed first now."""
        self._results[requirement.id] += results
        reasons = [
            result.reason
            for result in results
            if _is_failure(result) and not self._is_not_offered(requirement, result)
        ]
        if not reasons or requirement.id in self._failed:
            return []
        self._failed.add(requirement.id)
        return [(requirement, reasons[0])]

    def failure_of(self, requirement: Requirement, exchange: Exchange) -> str | None:
        """Return why an exchange by itself fails an exchange check, None where it does not."""
        if self._kind(requirement) is not CheckKind.EXCHANGE:
            return None
        result = self._check_exchange(requirement, exchange)
        return result.reason if result is not None and result.passed is False else None

    def history_failures(
        self, exchanges: Sequence[Exchange], jobs: Sequence[JobHistory]
    ) -> Iterator[tuple[Requirement, CheckResult]]:
        """Yield what some jobs and exchanges by themselves violate; nothing is recorded."""
        sent = JobRequests(self._contract, exchanges)
        for requirement in self._requirements:
            if requirement.id in self._skips or self._kind(requirement) is not CheckKind.HISTORY:
                continue
            failures = filter(_is_failure, self._check_history(requirement, sent, jobs))
            if (first := next(failures, None)) is not None:
                yield requirement, first

    def prefer(self, requirement: Requirement, shortest: CheckResult) -> None:
        """Show this failure of a requirement, should it fail: it is the shortest sequence."""
        self._shortest[requirement.id] = shortest

    def results(
        self, exchanges: Sequence[Exchange], jobs: Sequence[JobHistory]
    ) -> Iterator[RequirementResult]:
        """Yield the result of each requirement, once the run is over."""
        self.evaluate(exchanges)
        self._foreign_jobs = {job.id for job in jobs if not job.created_by_us}
        sent = JobRequests(self._contract, exchanges)
        by_operation: dict[str | None, list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            by_operation[exchange.operation].append(exchange)
        for requirement in self._requirements:
            if requirement.id in self._skips:
                reason = self._skips[requirement.id]
                yield RequirementResult(requirement, Verdict.SKIP, reason)
                continue
            if self._kind(requirement) is CheckKind.HISTORY:
                self.record(requirement, *self._check_history(requirement, sent, jobs))
            relevant = by_operation[requirement.operation] if requirement.operation else exchanges
            yield self._result(requirement, self._results[requirement.id], relevant)

    def _kind(self, requirement: Requirement) -> CheckKind | None:
        check = self._checks.get(requirement.id)
        return check.kind if check else None

    def _check_exchange(self, requirement: Requirement, exchange: Exchange) -> CheckResult | None:
        key = (requirement.id, exchange.number)
        checked = self._checked.get(key)
        if checked is None or checked[0] is not exchange:
            checked = self._checked[key] = (exchange, self._run_check(requirement, exchange))
        return checked[1]

    def _run_check(self, requirement: Requirement, exchange: Exchange) -> CheckResult | None:
        check = self._checks[requirement.id]
        try:
            return run_exchange_check(check, self._contract, requirement, exchange)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is ours, not the target's)
            return check_crash(check, error, exchange)

    def _check_history(
        self, requirement: Requirement, sent: JobRequests, jobs: Sequence[JobHistory]
    ) -> list[CheckResult]:
        check = self._checks[requirement.id]
        case = HistoryCase(requirement, jobs, sent)
        try:
            return run_history_check(check, case)
        except Exception as error:  # noqa: BLE001  (as above)
            return [check_crash(check, error)]

    def _result(
        self,
        requirement: Requirement,
        results: Sequence[CheckResult],
        relevant: Sequence[Exchange],
    ) -> RequirementResult:
        absent = [result for result in results if self._is_not_offered(requirement, result)]
        results = [result for result in results if result not in absent]
        failures = [result for result in results if _is_failure(result)]
        crashes = [result for result in results if isinstance(result, CheckCrash)]
        successes = [result for result in results if result.passed]
        if failures:
            shortest = self._shortest.get(requirement.id)
            shown = shortest or min(failures, key=self._evidence_order)
            verdict, reason = failure_verdict(requirement, self._settings), shown.reason
        elif crashes:
            shown, verdict, reason = crashes[0], Verdict.ERROR, crashes[0].reason
        elif successes:
            shown, verdict, reason = min(successes, key=self._evidence_order), Verdict.PASS, ""
        elif absent:
            return RequirementResult(requirement, Verdict.SKIP, ABSENT_OPERATION)
        else:
            return _untested(requirement, results, relevant)
        evidence = shown.exchanges[:MAX_EXCHANGES]
        checked = len(successes) + len(failures)
        return RequirementResult(requirement, verdict, reason, evidence, checked, len(failures))

    def _evidence_order(self, result: CheckResult) -> tuple[int, ...]:
        """Order results as evidence: the reproducible first, then the fewest and smallest."""
        exchanges = result.exchanges
        if not exchanges:
            return (0, 0, 0)
        ids = {str(v) for exchange in exchanges for v in exchange.path_parameters.values()}
        smallest = min(exchange.sort_key for exchange in exchanges)
        return (not ids.isdisjoint(self._foreign_jobs), len(exchanges), *smallest)


class CheckCrash(CheckResult):
    """The check itself raised an exception: a bug of the suite, never of the target."""

    __slots__ = ()


def check_crash(check: RegisteredCheck, error: Exception, *exchanges: Exchange) -> CheckCrash:
    """Return the result that a check crashed."""
    reason = f"the check {check.name!r} crashed: {type(error).__name__}: {error}"
    return CheckCrash(None, reason, exchanges)


def run_exchange_check(
    check: RegisteredCheck, contract: Contract, requirement: Requirement, exchange: Exchange
) -> CheckResult | None:
    """Return the result of an exchange check, None where it does not apply to the exchange."""
    case = exchange_case(contract, requirement, exchange, check.responses)
    result = check.call(case, arguments_of(requirement)) if case else None
    return result and CheckResult(result.passed, result.reason, (exchange,))


def run_history_check(check: RegisteredCheck, case: HistoryCase) -> list[CheckResult]:
    """Return the results of a history check: one that says why, where it applied to nothing."""
    arguments = arguments_of(case.requirement)
    texts = {k: " or ".join(v) if isinstance(v, list) else v for k, v in arguments.items()}
    results = list(check.call(case, arguments))
    return results or [skipped(check.otherwise.format_map(texts))]


def run_active_check(check: RegisteredCheck, case: ActiveCase) -> Iterator[CheckResult]:
    """Yield the results of an active check; what it cannot test or a crash is its last result.

    Raises:
        NotPermitted: the target does not allow a request of the check.
        BudgetExceeded: nothing more may be sent.
        TargetUnavailable: the target cannot be judged any more.
    """
    before = len(case.client.exchanges)
    try:
        yield from check.call(case, arguments_of(case.requirement))
    except Untestable as reason:
        yield skipped(str(reason))
    except (NotPermitted, BudgetExceeded, TargetUnavailable):
        raise
    except Exception as error:  # noqa: BLE001  (as above)
        yield check_crash(check, error, *case.client.exchanges[before:][-1:])


def failure_verdict(requirement: Requirement, settings: Settings) -> Verdict:
    """Return the verdict on a failed requirement.

    A documented must is FAIL. A should, and what only the vendor's other pages or public clients
    say, is WARN; in the profile `observed` the latter is FAIL too, and with `strict` everything.
    """
    firm = requirement.source == "documented" or settings.profile == OBSERVED
    if settings.strict or (firm and requirement.level == "must"):
        return Verdict.FAIL
    return Verdict.WARN


def arguments_of(requirement: Requirement) -> Mapping[str, Any]:
    """Return the arguments that a row gives its check."""
    return requirement.check.arguments if requirement.check else {}


def _is_failure(result: CheckResult) -> bool:
    """Return True for a failure with a response; without any the network is to blame."""
    answered = not result.exchanges or any(e.response is not None for e in result.exchanges)
    return result.passed is False and answered


def _untested(
    requirement: Requirement, results: Sequence[CheckResult], relevant: Sequence[Exchange]
) -> RequirementResult:
    unanswered = [e for result in results for e in result.exchanges if e.failure]
    if not any(exchange.response for exchange in relevant):
        unanswered += [exchange for exchange in relevant if exchange.failure]
    if unanswered:
        first = unanswered[0]
        return RequirementResult(requirement, Verdict.ERROR, first.failure or "", (first,))
    reason = next((result.reason for result in results if result.reason), NOT_APPLICABLE)
    return RequirementResult(requirement, Verdict.SKIP, reason)
