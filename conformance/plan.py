"""The plan of a run: which steps it takes, in which order, at what cost, and what it skips."""

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from conformance.checks import CheckKind, RegisteredCheck
from conformance.drivers import DriverCase, directed, fuzz, lifecycle
from conformance.errors import UsageError
from conformance.settings import Effort, Settings
from conformance.target import no_credential
from conformance.target.safety import READ_ONLY, CreationQuota, WritePolicy
from specs import Contract, Operation, Requirement

NOT_SOURCED: Final = "assumed: no source says it, so no target is judged by it"
# About the number of requests of each driver.
_LIFECYCLE_REQUESTS: Final = MappingProxyType(
    {Effort.QUICK: 60, Effort.DEFAULT: 250, Effort.DEEP: 1500}
)
_CONCURRENT_PER_OPERATION: Final = 4
_NEGATIVE_PER_OPERATION: Final = 40


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One driver, or the active check of one requirement; `requests` is about what it sends."""

    name: str
    requests: int
    operations: tuple[str, ...] = ()
    drive: Callable[[DriverCase], None] | None = None
    requirement: Requirement | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The requirements to judge, the steps, and the requirements that are skipped, with why.

    `create_operations` are the operations by which the run creates something, each at most
    `max_created` times (None: no limit).
    """

    requirements: tuple[Requirement, ...]
    steps: tuple[PlanStep, ...]
    skips: Mapping[str, str]
    create_operations: tuple[str, ...] = ()
    max_created: int | None = None

    @property
    def requests(self) -> int:
        """About how many requests the run sends."""
        return sum(step.requests for step in self.steps)


def make_plan(
    contract: Contract,
    checks: Mapping[str, RegisteredCheck],
    settings: Settings,
    policy: WritePolicy,
) -> Plan:
    """Return the plan of a run on the target of `policy`.

    Raises:
        UsageError: `settings.only` names an unknown requirement.
    """
    selected = _select(contract, settings)
    reasons = {r.id: _skip_reason(r, checks, contract, policy) for r in selected}
    skips = {id_: reason for id_, reason in reasons.items() if reason}
    tested = [requirement for requirement in selected if requirement.id not in skips]
    return Plan(
        selected,
        (*_driver_steps(contract, checks, tested, policy, settings), *_check_steps(checks, tested)),
        skips,
        create_operations=tuple(
            name
            for name in CreationQuota(contract).create_operations
            if _denial_reason(contract.operations[name], policy) is None
        ),
        max_created=policy.target.max_created,
    )


def _select(contract: Contract, settings: Settings) -> tuple[Requirement, ...]:
    ids = {requirement.id for requirement in contract.requirements}
    if unknown := sorted(settings.only - ids):
        raise UsageError(
            f"--only: unknown requirement {unknown[0]!r} in the profile {settings.profile!r}; "
            f"`conformance list {contract.vendor}` lists them"
        )
    return tuple(r for r in contract.requirements if not settings.only or r.id in settings.only)


def _skip_reason(
    requirement: Requirement,
    checks: Mapping[str, RegisteredCheck],
    contract: Contract,
    policy: WritePolicy,
) -> str | None:
    if requirement.check is None:
        return requirement.not_tested
    if requirement.source == "assumed":
        return NOT_SOURCED
    check = checks[requirement.check.name]
    if check.writes and not policy.target.writes:
        return READ_ONLY
    role = requirement.check.arguments.get("role")
    if role is not None and not policy.target.has_credential(role):
        return no_credential(role)
    missing = [f for f in check.facts if not f.optional and f.name not in policy.target.facts]
    names = " and ".join(f"`{fact.name}`" for fact in missing)
    if missing or check.kind is CheckKind.HISTORY or requirement.operation is None:
        return f"the target file has no {names} under `facts`" if missing else None
    return _denial_reason(contract.operations[requirement.operation], policy)


def _denial_reason(operation: Operation, policy: WritePolicy) -> str | None:
    """Return why no request of an operation may be sent, or None."""
    if denial := policy.token_denial(operation):
        return denial
    if policy.is_write(operation) and not policy.target.writes:
        return READ_ONLY
    if policy.needs_consent(operation) and operation.id not in policy.target.consent:
        return f"the target file has no `consent` for {operation.id}"
    return None


def _driver_steps(
    contract: Contract,
    checks: Mapping[str, RegisteredCheck],
    tested: Iterable[Requirement],
    policy: WritePolicy,
    settings: Settings,
) -> Iterable[PlanStep]:
    kinds = [(checks[r.check.name].kind, r.operation) for r in tested if r.check]
    checked = {operation for kind, operation in kinds if kind is CheckKind.EXCHANGE}
    in_histories = {operation for kind, operation in kinds if kind is CheckKind.HISTORY}
    allowed = [n for n, o in contract.operations.items() if _denial_reason(o, policy) is None]
    operations = tuple(name for name in allowed if checked & {None, name})
    together = tuple(name for name in allowed if name in {*operations, *in_histories})
    # Jobs come first, while nothing else has been created, changed or deleted.
    acting = {action.operation for action in contract.lifecycle.actions.values()}
    if in_histories or acting & set(operations):
        requests = _LIFECYCLE_REQUESTS[settings.effort]
        yield PlanStep("lifecycle", requests, tuple(sorted(acting)), lifecycle.drive)
    if together:
        requests = _CONCURRENT_PER_OPERATION * len(together)
        yield PlanStep("concurrent", requests, together, directed.drive_concurrent)
    if operations:
        count = len(operations)
        if settings.effort is not Effort.QUICK:
            yield PlanStep("fuzz", settings.effort.examples * 3 * count, operations, fuzz.drive)
        yield PlanStep(
            "negative", _NEGATIVE_PER_OPERATION * count, operations, directed.drive_negative
        )


def _check_steps(
    checks: Mapping[str, RegisteredCheck], tested: Iterable[Requirement]
) -> Iterable[PlanStep]:
    for requirement in tested:
        check = checks[requirement.check.name] if requirement.check else None
        if check is not None and check.kind is CheckKind.ACTIVE:
            operations = (requirement.operation,) if requirement.operation else ()
            name = f"check {check.name}"
            yield PlanStep(name, check.requests, operations, requirement=requirement)


def describe_plan(plan: Plan) -> str:
    """Return the steps of a run with their cost, and what it skips: the output of `--dry-run`."""
    lines = [f"{step.requests:>6}  {step.name}: {_about(step)}" for step in plan.steps]
    lines += [f"  skip  {id_}: {reason}" for id_, reason in plan.skips.items()]
    # `max_created` of the target file limits each of these operations.
    limit = "any" if plan.max_created is None else f"<= {plan.max_created}"
    lines += [f"{limit:>6}  resources created by {name}" for name in plan.create_operations]
    lines.append(f"{plan.requests:>6}  requests, about; {len(plan.requirements)} requirements")
    return "\n".join(lines) + "\n"


def _about(step: PlanStep) -> str:
    if step.requirement is not None:
        return f"{step.requirement.id} {step.requirement.text}"
    return ", ".join(step.operations)


def describe_target(
    contract: Contract,
    checks: Mapping[str, RegisteredCheck],
    settings: Settings,
    policy: WritePolicy,
    *,
    unset: Sequence[str] = (),
) -> str:
    """Return what can and cannot be judged with a target file; nothing is sent.

    `unset` are the environment variables that it names and that are not set.
    """
    plan = make_plan(contract, checks, settings, policy)
    judged = [r for r in plan.requirements if r.id not in plan.skips]
    never = [r.id for r in plan.requirements if r.check is None or r.source == "assumed"]
    musts = sum(r.level == "must" for r in judged)
    total = sum(r.level == "must" for r in plan.requirements)
    count = f"at most {len(judged)} of {len(plan.requirements)} requirements can be judged"
    lines = [f"{contract.vendor}, {contract.profile}: {count} ({musts} of {total} musts)."]
    for reason in dict.fromkeys(r for id_, r in plan.skips.items() if id_ not in never):
        ids = [id_ for id_, other in plan.skips.items() if other == reason]
        lines += _block(f"{len(ids)} not: {reason}", ids)
    if never:
        lines += _block(f"{len(never)} never, `conformance explain ID` says why", never)
    target = policy.target
    if not target.known and not target.control_url:
        finals = [state.wire for state in contract.lifecycle.states.values() if state.final]
        lines += _block(
            "Jobs end as they do: without `known` or `control_url` states that a run cannot cause "
            f"are judged only if they come by themselves ({', '.join(dict.fromkeys(finals))}).",
            (),
        )
    if target.job_seconds is None:
        lines += _block("Without `job_seconds` no slowness of a job is a failure.", ())
    if plan.create_operations:
        names = ", ".join(plan.create_operations)
        limit = "any number" if plan.max_created is None else f"at most {plan.max_created}"
        lines += _block(f"The run creates {limit} by each of: {names}.", ())
    lines += _block(f"About {plan.requests} requests.", ())
    lines += [f"Not set: the environment variable {name}." for name in unset]
    return "\n".join(lines) + "\n"


def _block(text: str, ids: Sequence[str]) -> list[str]:
    """Return a sentence, and ids below it, in lines of 80 columns."""
    lines = textwrap.wrap(text, 80, subsequent_indent="  ", break_on_hyphens=False)
    body = ", ".join(ids)
    return lines + textwrap.wrap(
        body, 80, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )
