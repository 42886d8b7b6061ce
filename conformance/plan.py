"""What a run will do on a target, in which order, and at what cost."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from conformance.checks.registry import CheckKind, RegisteredCheck
from conformance.drivers import DriverCase, examples, lifecycle, negative, side_by_side
from conformance.errors import UsageError
from conformance.settings import Effort, Settings
from conformance.target.config import Target
from conformance.target.safety import CreationQuota, WritePolicy
from specs import Contract, Operation, Requirement

NOT_SOURCED = "assumed: no source says it, so nobody is judged by it"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One driver, or one requirement's probe; `requests` is about what it sends."""

    name: str
    requests: int
    operations: tuple[str, ...] = ()
    drive: Callable[[DriverCase], None] | None = None
    requirement: Requirement | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows to judge, the steps that lead there, and the rows that cannot be tried, with why.

    `create_operations` are the operations by which the run creates something, each at most
    `max_created` times (None: no limit).
    """

    requirements: tuple[Requirement, ...]
    steps: tuple[PlanStep, ...]
    skips: Mapping[str, str]
    partial: bool
    create_operations: tuple[str, ...] = ()
    max_created: int | None = None

    @property
    def requests(self) -> int:
        """About how many requests the run sends."""
        return sum(step.requests for step in self.steps)


def make_plan(
    contract: Contract,
    checks: Mapping[str, RegisteredCheck],
    target: Target,
    settings: Settings,
    guard: WritePolicy,
) -> Plan:
    """Return the plan of a run.

    Raises:
        UsageError: `settings.only` names a requirement that does not exist.
    """
    chosen = _choose(contract, settings)
    skips = {}
    for requirement in chosen:
        if reason := _reason_to_skip(requirement, checks, target, contract, guard):
            skips[requirement.id] = reason
    wanted = [requirement for requirement in chosen if requirement.id not in skips]
    steps = (*_driver_steps(contract, checks, wanted, guard, settings), *_probes(checks, wanted))
    makers = tuple(
        name
        for name in CreationQuota(contract).create_operations
        if _reason_not_to_send(contract.operations[name], guard) is None
    )
    return Plan(chosen, steps, skips, bool(settings.only), makers, target.max_created)


def _choose(contract: Contract, settings: Settings) -> tuple[Requirement, ...]:
    known = {requirement.id for requirement in contract.requirements}
    if unknown := sorted(settings.only - known):
        raise UsageError(
            f"--only: there is no requirement {unknown[0]!r} in the profile {settings.profile!r}; "
            f"`conformance list {contract.vendor}` names them all"
        )
    return tuple(r for r in contract.requirements if not settings.only or r.id in settings.only)


def _reason_to_skip(
    requirement: Requirement,
    checks: Mapping[str, RegisteredCheck],
    target: Target,
    contract: Contract,
    guard: WritePolicy,
) -> str | None:
    if requirement.check is None:
        return requirement.not_tested
    if requirement.source == "assumed":
        return NOT_SOURCED
    check = checks[requirement.check.name]
    if check.writes and not target.writes:
        return "the target is read-only"
    for role in check.roles:
        if not target.has_credential(role):
            return f"the target names no credential for the role {role!r}"
    if check.kind is CheckKind.EXCHANGE and requirement.operation is not None:
        return _reason_not_to_send(contract.operations[requirement.operation], guard)
    return None


def _reason_not_to_send(operation: Operation, guard: WritePolicy) -> str | None:
    if denial := guard.token_denial(operation):
        return denial
    if guard.is_write(operation) and not guard.target.writes:
        return "the target is read-only"
    if guard.needs_consent(operation) and operation.id not in guard.target.consent:
        return f"the target file has no `consent` for {operation.id}"
    return None


def _driver_steps(
    contract: Contract,
    checks: Mapping[str, RegisteredCheck],
    wanted: Iterable[Requirement],
    guard: WritePolicy,
    settings: Settings,
) -> Iterable[PlanStep]:
    kinds = {CheckKind.EXCHANGE: set[str | None](), CheckKind.HISTORY: set[str | None]()}
    for requirement in wanted:
        if requirement.check is not None:
            kind = checks[requirement.check.name].kind
            if kind in kinds:
                kinds[kind].add(requirement.operation)
    judged = kinds[CheckKind.EXCHANGE]
    allowed = [n for n, o in contract.operations.items() if _reason_not_to_send(o, guard) is None]
    operations = tuple(name for name in allowed if None in judged or name in judged)
    together = tuple(n for n in allowed if n in operations or n in kinds[CheckKind.HISTORY])
    # First, while nothing else has been made, changed or deleted.
    live = {action.operation for action in contract.lifecycle.actions.values()}
    if kinds[CheckKind.HISTORY] or live & set(operations):
        cost = _LIFECYCLE_COST[settings.effort]
        yield PlanStep("lifecycle", cost, tuple(sorted(live)), lifecycle.drive)
    if together:
        yield PlanStep("side_by_side", 4 * len(together), together, side_by_side.drive)
    if operations:
        each = settings.effort.examples * 3
        yield PlanStep("examples", 6 * len(operations), operations, examples.drive)
        if settings.effort is not Effort.QUICK:
            yield PlanStep("fuzz", each * len(operations), operations, _fuzz)
        yield PlanStep("negative", 20 * len(operations), operations, negative.drive)


def _fuzz(case: DriverCase) -> None:
    from conformance.drivers import fuzz  # noqa: PLC0415  (importing Schemathesis takes a second)

    fuzz.drive(case)


_LIFECYCLE_COST = {Effort.QUICK: 60, Effort.DEFAULT: 250, Effort.DEEP: 1500}


def _probes(
    checks: Mapping[str, RegisteredCheck], wanted: Iterable[Requirement]
) -> Iterable[PlanStep]:
    for requirement in wanted:
        if requirement.check is None:
            continue
        check = checks[requirement.check.name]
        if check.kind is CheckKind.ACTIVE:
            operations = (requirement.operation,) if requirement.operation else ()
            name = f"probe {check.name}"
            yield PlanStep(name, check.requests, operations, requirement=requirement)
