"""One run of the suite: preflight, drivers, active checks, clean-up, result."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from conformance.checks import CheckResult, RegisteredCheck, Verdict, load_checks, skipped
from conformance.checks.active_case import ActiveCase
from conformance.checks.lint import require_valid_checks
from conformance.contract_queries import load_contract
from conformance.drivers import DriverCase, deterministic_hypothesis
from conformance.errors import (
    BudgetExceeded,
    InternalError,
    NothingPending,
    NotPermitted,
    SuiteError,
    TargetUnavailable,
    Untestable,
    describe_crash,
)
from conformance.evaluation import (
    AcceptedFailure,
    RequirementResult,
    Result,
    SkipReasons,
    apply_baseline,
    read_baseline,
)
from conformance.evaluation.behaviour import observe_behaviour
from conformance.evaluation.coverage import (
    byte_order_mark_hints,
    count_purposes,
    measure_coverage,
    profile_hints,
    quota_hints,
)
from conformance.evaluation.evaluator import Evaluator, NewFailure, run_active_check
from conformance.http import Exchange
from conformance.http.adapter import AdapterFactory, GuardedAdapter
from conformance.http.limits import Clock
from conformance.plan import Plan, PlanStep, make_plan
from conformance.reproduction import replay_steps
from conformance.reproduction.replayer import Shrinker
from conformance.session import clean_up, open_session, preflight
from conformance.settings import Effort, Settings
from conformance.target import Target, read_target
from conformance.target.client import Client
from conformance.target.tracker import missing_id_reason, with_configured_ids
from specs import Contract, Requirement

# Seconds of `--max-time` from which on drivers shrink what they find.
TIME_TO_SHRINK: Final = 120.0
DID_NOT_RECUR: Final = (
    "Flaky, or dependent on time or on what came before; the same request did not fail again"
)
# Of an active check in which a connection broke.
CHECK_ATTEMPTS: Final = 3


def _ignore(*_: object) -> None:
    pass


@dataclass(slots=True)
class _WaitProgress:
    """Tells how long a step has waited for the target's jobs."""

    step: str
    tell: Callable[[str], None]
    waited: float = 0.0

    def __call__(self, seconds: float) -> None:
        self.tell(f"{self.step}: waiting for the target's jobs, {self.waited:.0f} s so far")
        self.waited += seconds


@dataclass(slots=True)
class Runner:
    """One run of the suite.

    Attributes:
        contract: the vendor's contract.
        checks: the registered checks by name.
        target: what is judged.
        settings: the settings of the run.
        on_progress: called with a line before each step.
        on_failure: called with each requirement that fails for the first time, and the reason, as
            soon as the step ends.
        load_profile: loads the contract in another profile, for the hint that it matches better.
        clock: replaces the machine's clock.
        baseline: the failures that are accepted.
        adapter: makes the HTTP adapter for a base URL.
        fail_fast: end a step as soon as every requirement has failed, where it would go on to find
            smaller evidence.
    """

    contract: Contract
    checks: Mapping[str, RegisteredCheck]
    target: Target
    settings: Settings
    on_progress: Callable[[str], None] = _ignore
    on_failure: Callable[[Requirement, str], None] = _ignore
    load_profile: Callable[[str], Contract] | None = None
    clock: Clock | None = None
    baseline: tuple[AcceptedFailure, ...] = ()
    adapter: AdapterFactory = GuardedAdapter
    fail_fast: bool = False
    _stop_reason: str | None = field(default=None, init=False)
    _unavailable: bool = field(default=False, init=False)
    _cut_steps: list[PlanStep] = field(default_factory=list, init=False)
    _crashes: list[str] = field(default_factory=list, init=False)
    _flaky: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.contract = with_configured_ids(self.contract, self.target.job_id)
        require_valid_checks(self.contract, self.checks)

    def _open(self) -> tuple[Client, Plan]:
        client = open_session(self.contract, self.target, self.settings, self.clock, self.adapter)
        return client, make_plan(self.contract, self.checks, self.settings, client.policy)

    def plan(self) -> Plan:
        """Return what `run` would do; nothing is sent."""
        return self._open()[1]

    def run(self) -> Result:
        """Judge the target.

        Raises:
            UsageError: the settings or the target are invalid.
            TargetUnavailable: the target cannot be reached, or rejects the credentials.
            InternalError: the suite crashed so that there is no result; it has cleaned up.
        """
        client, plan = self._open()
        preflight(client)
        evaluator = Evaluator(
            self.contract, self.checks, plan.requirements, self.settings, plan.skips
        )
        try:
            self._run_steps(plan, client, evaluator)
            found = list(evaluator.results(tuple(client.exchanges), client.jobs))
            reasons = self._skip_reasons(plan, client)
            results = [reasons.complete(result) for result in found]
            shrinking_from = client.next_number
            shrinker = Shrinker(client)
            reproducible = tuple(
                self._with_steps(self._shrunk(result, evaluator, shrinker), client)
                for result in results
            )
            shrinking = range(shrinking_from, client.next_number)
            result = self._result(reproducible, client, shrinking)
        except (TargetUnavailable, KeyboardInterrupt) as error:
            left = self._clean_up(client)
            error.args = (". ".join([*map(str, error.args), *left]),)
            raise
        except Exception as error:
            left = self._clean_up(client)
            raise InternalError(" ".join([describe_crash(error), *left])) from error
        return apply_baseline(result, self.baseline, client.budget.clock.today().date())

    def _run_steps(self, plan: Plan, client: Client, evaluator: Evaluator) -> None:
        pending = {requirement.id for requirement in plan.requirements} - plan.skips.keys()

        def report(failures: Iterable[NewFailure]) -> None:
            for requirement, reason in failures:
                pending.discard(requirement.id)
                self.on_failure(requirement, reason)

        def stop_if_decided() -> None:
            report(evaluator.evaluate(client.exchanges))
            if not pending:
                raise NothingPending

        for step in plan.steps:
            if not pending:  # a failure is final, so the rest can change no verdict
                return
            self.on_progress(step.name)
            client.on_wait = _WaitProgress(step.name, self.on_progress)
            if step.requirement is None:
                client.before_request = stop_if_decided if self.fail_fast else None
                self._drive(step, client, evaluator)
                client.before_request = None
            else:
                results = self._check(step, step.requirement, client)
                report(evaluator.evaluate(client.exchanges))
                if evaluator.needs_valid_request(step.requirement, results):
                    self._send_valid(step, step.requirement, client)
                    report(evaluator.evaluate(client.exchanges))
                report(evaluator.record(step.requirement, *results))
            report(evaluator.evaluate(client.exchanges))

    def _drive(self, step: PlanStep, client: Client, evaluator: Evaluator) -> None:
        if step.drive is None:
            return
        if self._stop_reason is not None:
            self._cut_steps.append(step)
            return
        client.step = step.name
        client.quota.start_step(step.name)
        case = DriverCase(
            contract=self.contract,
            client=client,
            target=self.target,
            seed=self.settings.seed,
            effort=self.settings.effort,
            operations=step.operations,
            evaluator=evaluator,
            shrinks=self._shrinks,
        )
        try:
            with deterministic_hypothesis():
                step.drive(case)
        except NothingPending:
            return
        except NotPermitted:
            return  # the results say what was not observed
        except (BudgetExceeded, TargetUnavailable) as reason:
            self._stop(step, reason)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is ours, not the target's)
            self._crashes.append(f"The driver {step.name!r} crashed: {describe_crash(error)}")

    @property
    def _shrinks(self) -> bool:
        """False where shrinking could use up what the rest of the plan needs."""
        settings = self.settings
        ample = settings.max_requests is None and settings.max_time >= TIME_TO_SHRINK
        return ample and settings.effort is not Effort.QUICK and not self.fail_fast

    def _check(self, step: PlanStep, requirement: Requirement, client: Client) -> list[CheckResult]:
        if requirement.check is None:
            return []
        if self._stop_reason is not None:
            self._cut_steps.append(step)
            return [skipped(self._stop_reason)]
        client.step = requirement.id
        client.quota.start_step(step.name)
        for _ in range(CHECK_ATTEMPTS):
            before = len(client.exchanges)
            results = self._attempt(step, self.checks[requirement.check.name], requirement, client)
            lost = [e for e in client.exchanges[before:] if e.transient]
            if not lost or self._stop_reason is not None:
                break
            if not all(client.may_repeat(exchange) for exchange in lost):
                results = [_inconclusive(result, lost[0]) for result in results]
                break
        unanswered = [e for e in client.exchanges[before:] if e.failure]
        return results + [CheckResult(None, e.failure or "", (e,)) for e in unanswered[:1]]

    def _attempt(
        self, step: PlanStep, check: RegisteredCheck, requirement: Requirement, client: Client
    ) -> list[CheckResult]:
        results: list[CheckResult] = []
        try:
            results.extend(run_active_check(check, ActiveCase(requirement, client)))
        except NotPermitted as reason:
            results.append(skipped(str(reason)))
        except BudgetExceeded as reason:
            results.append(self._stop(step, reason))
        except TargetUnavailable as reason:  # what the check saw last may be due to that
            results = [result for result in results if result.passed is not False]
            results.append(self._stop(step, reason))
        return results

    def _send_valid(self, step: PlanStep, requirement: Requirement, client: Client) -> None:
        """Send a valid request, which says whether the target has the operation at all."""
        if self._stop_reason is not None:
            return
        case = ActiveCase(requirement, client)
        try:
            case.send(case.request_for_rejection())
        except (NotPermitted, Untestable):
            return  # then a rejection as of a missing operation is no failure
        except (BudgetExceeded, TargetUnavailable) as reason:
            self._stop(step, reason)

    def _stop(self, step: PlanStep, reason: SuiteError) -> CheckResult:
        """Send no more than the clean-up for this run; what is planned still stays untried."""
        self._stop_reason = str(reason)
        self._cut_steps.append(step)
        self._unavailable = isinstance(reason, TargetUnavailable)
        return skipped(self._stop_reason)

    def _skip_reasons(self, plan: Plan, client: Client) -> SkipReasons:
        return SkipReasons(
            contract=self.contract,
            planned=frozenset(r.id for r in plan.requirements if r.check) - plan.skips.keys(),
            missing_id=missing_id_reason(self.contract, client.exchanges),
            stop_reason=self._stop_reason,
            untried=frozenset(self._untried(plan)),
            successful=frozenset(e.operation for e in client.exchanges if (e.status or 500) < 400),
            missing_key=client.policy.missing_key,
        )

    def _untried(self, plan: Plan) -> Iterator[str]:
        """Yield the requirements whose step a budget cut, or the driver of their operation."""
        active = {step.requirement.id for step in plan.steps if step.requirement}
        for step in self._cut_steps:
            if step.requirement is not None:
                yield step.requirement.id
                continue
            for row in plan.requirements:
                shows = row.operation is None or row.operation in step.operations
                if shows and row.id not in active:
                    yield row.id

    def _shrunk(
        self, result: RequirementResult, evaluator: Evaluator, shrinker: Shrinker
    ) -> RequirementResult:
        """Replace the evidence of one exchange by a smaller one, where effort and budget allow."""
        requirement, evidence = result.requirement, result.exchanges
        stopped = self.settings.effort is Effort.QUICK or self._stop_reason is not None
        if stopped or not result.failures or len(evidence) != 1:
            return result
        if evaluator.failure_of(requirement, evidence[0]) is None:
            return result
        try:
            smallest = shrinker.shrink(
                evidence[0],
                lambda exchange: evaluator.failure_of(requirement, exchange) is not None,
            )
        except TargetUnavailable:
            return result  # what was found stays true
        except Exception as error:  # noqa: BLE001  (as above; the finding stays as it was)
            self._crashes.append(f"Shrinking {requirement.id} crashed: {describe_crash(error)}")
            return result
        if not shrinker.recurred:
            self._flaky.append(requirement.id)
        reason = evaluator.failure_of(requirement, smallest) or result.reason
        return replace(result, exchanges=(smallest,), reason=reason)

    def _with_steps(self, result: RequirementResult, client: Client) -> RequirementResult:
        if not result.failures:
            return result
        steps = replay_steps(result.exchanges, client.exchanges, client.tracker, self.contract)
        return replace(result, replay_steps=steps)

    def _clean_up(self, client: Client) -> tuple[str, ...]:
        """Remove what the run has created; return sentences about what is left."""
        self.on_progress("clean-up")
        return clean_up(client)

    def _result(
        self, results: tuple[RequirementResult, ...], client: Client, shrinking: range
    ) -> Result:
        exchanges = tuple(client.exchanges)
        drawn = [exchange for exchange in exchanges if exchange.number not in shrinking]
        behaviour = observe_behaviour(client, drawn)
        notes = profile_hints(self.contract, exchanges, self.load_profile)
        notes += byte_order_mark_hints(exchanges) + quota_hints(client.quota.held_back)
        if self._stop_reason is not None:
            notes += (f"The run ended early: {self._stop_reason}.",)
        untried = tuple(
            result.requirement.id
            for result in results
            if result.verdict is Verdict.SKIP
            and result.reason == self._stop_reason
            and result.requirement.level == "must"
        )
        notes += tuple(self._crashes)
        if self._flaky:
            notes += (f"{DID_NOT_RECUR}: {', '.join(self._flaky)}.",)
        notes += self._clean_up(client)
        budget = client.budget
        coverage = measure_coverage(self.contract, client.jobs, exchanges)
        purposes = count_purposes(self.contract, client.exchanges, shrinking, budget.used)
        return Result(
            contract=self.contract,
            base_url=self.target.base_url,
            seed=self.settings.seed,
            requirements=results,
            coverage=replace(coverage, purposes=purposes),
            jobs=client.jobs,
            notes=notes,
            requests=budget.used,
            duration=budget.clock.now() - budget.started,
            untried=untried,
            require=self.settings.require,
            crashed=bool(self._crashes),
            unavailable=self._unavailable,
            behaviour=behaviour,
        )


def create_runner(  # noqa: PLR0913  (the parts of `conformance.run`)
    vendor: str,
    base_url: str,
    *,
    control_url: str | None = None,
    target: Path | None = None,
    settings: Settings | None = None,
    only: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    on_progress: Callable[[str], None] | None = None,
    on_failure: Callable[[Requirement, str], None] | None = None,
    baseline: Path | None = None,
    vendors: Sequence[Path] = (),
) -> Runner:
    """Return a runner; the arguments are those of `conformance.run`."""
    settings = settings or Settings()
    settings = replace(settings, only=frozenset(only) or settings.only)
    contract = load_contract(vendor, settings.profile, vendors)
    return Runner(
        contract,
        load_checks(),
        read_target(
            vendor,
            base_url,
            os.environ if environment is None else environment,
            file=target,
            control_url=control_url,
            contract=contract,
        ),
        settings,
        on_progress=on_progress or _ignore,
        on_failure=on_failure or _ignore,
        load_profile=partial(load_contract, vendor, vendors=vendors),
        baseline=read_baseline(baseline) if baseline else (),
    )


def _inconclusive(result: CheckResult, lost: Exchange) -> CheckResult:
    """Return a result that a lost response may have falsified as none; a success holds."""
    if result.passed is not False:
        return result
    return CheckResult(None, lost.failure or "", (lost,))
