"""The first requests of a run: is anybody there, and do they know us?"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import specs
from conformance.checks import registry
from conformance.checks.lint import require_valid_checks
from conformance.checks.registry import ActiveCase, RegisteredCheck
from conformance.contract_queries import SAFE_METHODS, load_contract
from conformance.drivers import DriverCase, deterministic_hypothesis
from conformance.errors import BudgetExceeded, NotPermitted, TargetUnavailable
from conformance.evaluation.baseline import apply_baseline, read_baseline
from conformance.evaluation.coverage import (
    byte_order_mark_hints,
    measure_coverage,
    profile_hints,
)
from conformance.evaluation.evaluator import Evaluator, run_active_check
from conformance.evaluation.result import AcceptedFailure, RequirementResult, Result
from conformance.http.adapter import AdapterFactory, GuardedAdapter
from conformance.http.exchange import Exchange
from conformance.http.limits import Clock
from conformance.http.transport import Transport
from conformance.plan import Plan, PlanStep, make_plan
from conformance.reproduction.shrink import Shrinker
from conformance.reproduction.steps import replay_steps
from conformance.request_data.operation_request import parameter_values
from conformance.settings import Effort, Settings
from conformance.target.cleanup import clean_up
from conformance.target.client import Client, open_session
from conformance.target.config import PRIMARY, Target, read_target
from conformance.verdict import CheckResult, skipped
from specs import Contract, Operation, Requirement
from specs.files import ROOT

DRIVER = "preflight"
MOST = 3


def preflight(client: Client) -> None:
    """Send a safe request or two.

    Raises:
        TargetUnavailable: the base URL or the control URL does not answer, or the credentials are
            rejected there.
    """
    if not client.control_answers():
        raise TargetUnavailable(
            f"--control-url: nobody answers at {client.target.control_url}/health"
        )
    answers = []
    for operation in _safe(client):
        exchange = _ask(client, operation)
        if exchange.failure is not None:
            raise TargetUnavailable(
                f"{client.target.base_url} cannot be reached: {exchange.failure}"
            )
        answers.append(exchange.status)
        if exchange.status not in {401, 403}:
            return
    if answers:
        raise TargetUnavailable(
            f"{client.target.base_url} refuses the credentials of the role {PRIMARY!r}: "
            f"it answered {answers[0]}"
        )


def _safe(client: Client) -> Iterator[Operation]:
    found = [o for o in client.contract.operations.values() if o.method in SAFE_METHODS]
    yield from found[:MOST]


def _ask(client: Client, operation: Operation) -> Exchange:
    values: Mapping[str, Mapping[str, Any]] = parameter_values(client, operation)
    return client.call(operation.id, path=values["path"], query=values["query"], driver=DRIVER)


def _silent(*_: object) -> None:
    pass


@dataclass(slots=True)
class Runner:
    """One run of the suite.

    `on_progress` takes a line before each step, `on_failure` a requirement that was seen to fail,
    and the reason, as soon as the step ends.
    `load_profile` loads the contract in another profile, for the hint that it fits better. `clock`
    takes the place of the machine's. `baseline` holds the failures that are accepted. `adapter`
    makes the way to a base URL.
    """

    contract: Contract
    checks: Mapping[str, RegisteredCheck]
    target: Target
    settings: Settings
    on_progress: Callable[[str], None] = _silent
    on_failure: Callable[[Requirement, str], None] = _silent
    load_profile: Callable[[str], Contract] | None = None
    clock: Clock | None = None
    baseline: tuple[AcceptedFailure, ...] = ()
    adapter: AdapterFactory = GuardedAdapter
    _stop_reason: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        require_valid_checks(self.contract, self.checks)

    def _open_session(self) -> tuple[Client, Transport]:
        return open_session(self.contract, self.target, self.settings, self.clock, self.adapter)

    def plan(self) -> Plan:
        """Return what `run` would do; nothing is sent."""
        client, _ = self._open_session()
        return make_plan(self.contract, self.checks, self.target, self.settings, client.policy)

    def run(self) -> Result:
        """Judge the target.

        Raises:
            UsageError: the settings or the target do not fit.
            TargetUnavailable: the target cannot be reached, or refuses the credentials.
        """
        client, transport = self._open_session()
        plan = make_plan(self.contract, self.checks, self.target, self.settings, client.policy)
        preflight(client)
        bench = Evaluator(self.contract, self.checks, plan.requirements, self.settings, plan.skips)
        try:
            self._steps(plan, client, bench)
        except (TargetUnavailable, KeyboardInterrupt) as error:
            error.args = (" ".join([*map(str, error.args), *self._clean_up(client, transport)]),)
            raise
        exchanges = tuple(client.exchanges)
        rows = tuple(bench.results(exchanges, client.jobs))
        shrinker = Shrinker(client)
        ways = tuple(self._with_way(self._shrunk(row, bench, shrinker), client) for row in rows)
        result = self._result(plan, ways, client, transport)
        return apply_baseline(result, self.baseline, transport.budget.clock.today().date())

    def _shrunk(
        self, row: RequirementResult, bench: Evaluator, shrinker: Shrinker
    ) -> RequirementResult:
        """Replace a proof of one exchange by a smaller one, where effort and budget allow it."""
        quick = self.settings.effort is Effort.QUICK
        if quick or self._stop_reason is not None or not row.failures or len(row.exchanges) != 1:
            return row
        requirement = row.requirement
        if bench.failure_of(requirement, row.exchanges[0]) is None:
            return row
        found = shrinker.shrink(
            row.exchanges[0], lambda exchange: bench.failure_of(requirement, exchange) is not None
        )
        reason = bench.failure_of(requirement, found) or row.reason
        return replace(row, exchanges=(found,), reason=reason)

    def _with_way(self, row: RequirementResult, client: Client) -> RequirementResult:
        if not row.failures:
            return row
        way = replay_steps(row.exchanges, client.exchanges, client.tracker, self.contract)
        return replace(row, replay_steps=way)

    def _steps(self, plan: Plan, client: Client, bench: Evaluator) -> None:
        pending = {requirement.id for requirement in plan.requirements} - plan.skips.keys()
        for step in plan.steps:
            if not pending:  # what has failed stays failed, so the rest can change no verdict
                return
            self.on_progress(step.name)
            news = []
            if step.requirement is None:
                self._drive(step, client)
            else:
                news += bench.record(step.requirement, *self._probe(step, client))
            for requirement, reason in news + bench.evaluate(client.exchanges):
                pending.discard(requirement.id)
                self.on_failure(requirement, reason)

    def _clean_up(self, client: Client, transport: Transport) -> tuple[str, ...]:
        """Remove what the run has made; tell what is left."""
        self.on_progress("clean-up")
        transport.budget.closing = True
        return clean_up(client)

    def _drive(self, step: PlanStep, client: Client) -> None:
        if step.drive is None or self._stop_reason is not None:
            return
        client.quota.start_step(step.name)
        case = DriverCase(
            contract=self.contract,
            client=client,
            target=self.target,
            seed=self.settings.seed,
            effort=self.settings.effort,
            operations=step.operations,
        )
        try:
            with deterministic_hypothesis():
                step.drive(case)
        except NotPermitted:
            return  # the rows say what was not seen
        except BudgetExceeded as reason:
            self._stop_reason = str(reason)

    def _probe(self, step: PlanStep, client: Client) -> list[CheckResult]:
        requirement = step.requirement
        if requirement is None or requirement.check is None:
            return []
        if self._stop_reason is not None:
            return [skipped(self._stop_reason)]
        client.quota.start_step(step.name)
        check = self.checks[requirement.check.name]
        case = ActiveCase(self.contract, requirement, client, self.target)
        before = len(client.exchanges)
        found: list[CheckResult] = []
        try:
            found.extend(run_active_check(check, case))
        except NotPermitted as reason:
            found.append(skipped(str(reason)))
        except BudgetExceeded as reason:
            self._stop_reason = str(reason)
            found.append(skipped(self._stop_reason))
        unanswered = [e for e in client.exchanges[before:] if e.failure]
        return found + [CheckResult(None, e.failure or "", (e,)) for e in unanswered[:1]]

    def _result(
        self, plan: Plan, rows: tuple[RequirementResult, ...], client: Client, transport: Transport
    ) -> Result:
        exchanges = tuple(client.exchanges)
        found = profile_hints(self.contract, exchanges, self.load_profile)
        found += byte_order_mark_hints(exchanges)
        if self._stop_reason is not None:
            found += (f"The run ended early: {self._stop_reason}.",)
        found += self._clean_up(client, transport)
        return Result(
            contract=self.contract,
            base_url=self.target.base_url,
            seed=self.settings.seed,
            requirements=rows,
            coverage=measure_coverage(self.contract, client.jobs, exchanges),
            jobs=client.jobs,
            notes=found,
            requests=transport.budget.used,
            duration=transport.budget.clock.now() - transport.budget.started,
            partial=plan.partial,
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
    on_failure: Callable[[specs.Requirement, str], None] | None = None,
    baseline: Path | None = None,
    root: Path = ROOT,
    checks: Mapping[str, registry.RegisteredCheck] | None = None,
) -> Runner:
    """Return a runner; the arguments are those of `conformance.run`.

    `root` and `checks` take the place of the project's own contracts and checks.
    """
    chosen = settings or Settings()
    chosen = replace(chosen, only=frozenset(only) or chosen.only)
    found = load_contract(vendor, chosen.profile, root)
    who = read_target(
        vendor,
        base_url,
        os.environ if environment is None else environment,
        file=target,
        control_url=control_url,
        fixture_root=specs.fixtures(root),
    )
    made = Runner(
        found,
        registry.load_checks() if checks is None else checks,
        who,
        chosen,
        load_profile=partial(_again, vendor, root=root),
        baseline=read_baseline(baseline) if baseline else (),
    )
    if on_progress is not None:
        made.on_progress = on_progress
    if on_failure is not None:
        made.on_failure = on_failure
    return made


def _again(vendor: str, profile: str, *, root: Path) -> specs.Contract:
    return load_contract(vendor, profile, root)
