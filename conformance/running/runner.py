"""Runs a plan: drivers, probes, judges, clean-up; its result goes to the reports."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from conformance.access.cleanup import clean_up
from conformance.access.client import Client
from conformance.access.session import open_session
from conformance.access.target import Target
from conformance.checks.base import ProbeCase, RegisteredCheck
from conformance.drivers.base import DriverCase
from conformance.failures import BudgetSpent, NotJudged, Refused
from conformance.findings.retrace import way_to
from conformance.findings.shrink import Shrinker
from conformance.outcome import Judgement, skipped
from conformance.requests.repeatable import repeatable
from conformance.running.plan import Plan, Step, check_arguments, make_plan
from conformance.running.preflight import reach
from conformance.settings import Effort, Settings
from conformance.traffic.clock import Clock
from conformance.traffic.transport import Transport
from conformance.verdicts.baseline import apply
from conformance.verdicts.coverage import measure
from conformance.verdicts.judging import Bench, fault
from conformance.verdicts.notes import notes
from conformance.verdicts.result import Acceptance, Result, Row
from specs import Contract, Requirement


def _silent(*_: object) -> None:
    pass


@dataclass(slots=True)
class Runner:
    """One run of the suite.

    `tell` takes a line of progress before each step, `broke` a requirement that was seen to break,
    and how, as soon as a step ends in which that came up.
    `specs_again` loads the contract in another profile, for the hint that it fits better. `clock`
    takes the place of the machine's. `baseline` holds the failures that are accepted.
    """

    contract: Contract
    checks: Mapping[str, RegisteredCheck]
    target: Target
    settings: Settings
    tell: Callable[[str], None] = _silent
    broke: Callable[[Requirement, str], None] = _silent
    specs_again: Callable[[str], Contract] | None = None
    clock: Clock | None = None
    baseline: tuple[Acceptance, ...] = ()
    _spent: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        check_arguments(self.contract, self.checks)

    def plan(self) -> Plan:
        """Return what `run` would do; nothing is sent."""
        client, _ = open_session(self.contract, self.target, self.settings, self.clock)
        return make_plan(self.contract, self.checks, self.target, self.settings, client.guard)

    def run(self) -> Result:
        """Judge the target.

        Raises:
            UsageError: the settings or the target do not fit.
            NotJudged: the target cannot be reached, or refuses the credentials.
        """
        client, transport = open_session(self.contract, self.target, self.settings, self.clock)
        plan = make_plan(self.contract, self.checks, self.target, self.settings, client.guard)
        reach(client)
        bench = Bench(self.contract, self.checks, plan.requirements, self.settings, plan.skips)
        try:
            self._steps(plan, client, bench)
        except (NotJudged, KeyboardInterrupt) as error:
            error.args = (" ".join([*map(str, error.args), *self._tidy(client, transport)]),)
            raise
        exchanges = tuple(client.exchanges)
        rows = tuple(bench.rows(exchanges, client.jobs))
        shrinker = Shrinker(client)
        ways = tuple(self._with_way(self._shrunk(row, bench, shrinker), client) for row in rows)
        result = self._result(plan, ways, client, transport)
        return apply(result, self.baseline, transport.budget.clock.today().date())

    def _shrunk(self, row: Row, bench: Bench, shrinker: Shrinker) -> Row:
        """Replace a proof of one exchange by a smaller one, where effort and budget allow it."""
        quick = self.settings.effort is Effort.QUICK
        if quick or self._spent is not None or not row.breaches or len(row.exchanges) != 1:
            return row
        requirement = row.requirement
        if bench.breach_in(requirement, row.exchanges[0]) is None:
            return row
        found = shrinker.shrink(
            row.exchanges[0], lambda exchange: bench.breach_in(requirement, exchange) is not None
        )
        reason = bench.breach_in(requirement, found) or row.reason
        return replace(row, exchanges=(found,), reason=reason)

    def _with_way(self, row: Row, client: Client) -> Row:
        if not row.breaches:
            return row
        way = way_to(row.exchanges, client.exchanges, client.ledger, self.contract)
        return replace(row, way=way)

    def _steps(self, plan: Plan, client: Client, bench: Bench) -> None:
        for step in plan.steps:
            self.tell(step.name)
            news = []
            if step.requirement is None:
                self._drive(step, client)
            else:
                news += bench.note(step.requirement, *self._probe(step, client))
            for requirement, reason in news + bench.take(client.exchanges):
                self.broke(requirement, reason)

    def _tidy(self, client: Client, transport: Transport) -> tuple[str, ...]:
        """Remove what the run has made; tell what is left."""
        self.tell("clean-up")
        transport.budget.closing = True
        return clean_up(client)

    def _drive(self, step: Step, client: Client) -> None:
        if self._spent is not None:
            return
        client.allowance.begin(step.name)
        module = importlib.import_module(f"conformance.drivers.{step.name}")
        case = DriverCase(
            contract=self.contract,
            client=client,
            target=self.target,
            seed=self.settings.seed,
            effort=self.settings.effort,
            operations=step.operations,
        )
        try:
            with repeatable():
                module.drive(case)
        except Refused:
            return  # the rows say what was not seen
        except BudgetSpent as reason:
            self._spent = str(reason)

    def _probe(self, step: Step, client: Client) -> list[Judgement]:
        requirement = step.requirement
        if requirement is None or requirement.check is None:
            return []
        if self._spent is not None:
            return [skipped(self._spent)]
        client.allowance.begin(step.name)
        check = self.checks[requirement.check.name]
        case = ProbeCase(self.contract, requirement, client, self.target)
        before = len(client.exchanges)
        found: list[Judgement] = []
        try:
            found.extend(check.function(case, **requirement.check.arguments))
        except Refused as reason:
            found.append(skipped(str(reason)))
        except BudgetSpent as reason:
            self._spent = str(reason)
            found.append(skipped(self._spent))
        except NotJudged:
            raise
        except Exception as error:  # noqa: BLE001  (the suite's fault, told as such)
            found.append(fault(check, error, *client.exchanges[before:][-1:]))
        unanswered = [e for e in client.exchanges[before:] if e.failure]
        return found + [Judgement(None, e.failure or "", (e,)) for e in unanswered[:1]]

    def _result(
        self, plan: Plan, rows: tuple[Row, ...], client: Client, transport: Transport
    ) -> Result:
        exchanges = tuple(client.exchanges)
        found = notes(self.contract, exchanges, self.specs_again)
        if self._spent is not None:
            found += (f"The run ended early: {self._spent}.",)
        found += self._tidy(client, transport)
        return Result(
            contract=self.contract,
            base_url=self.target.base_url,
            seed=self.settings.seed,
            rows=rows,
            coverage=measure(self.contract, client.jobs, exchanges),
            jobs=client.jobs,
            notes=found,
            requests=transport.budget.used,
            duration=transport.budget.clock.now() - transport.budget.started,
            partial=plan.partial,
        )
