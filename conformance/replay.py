"""Repeats the findings of an earlier run, and tells whether they show again."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import orjson

from conformance import report
from conformance.checks.registry import ActiveCase, CheckKind
from conformance.errors import BudgetExceeded, NotPermitted, UsageError
from conformance.evaluation.evaluator import Evaluator, run_active_check
from conformance.evaluation.result import (
    EXIT_CONFORMS,
    EXIT_FAILED,
    EXIT_NOT_JUDGED,
    RequirementResult,
)
from conformance.reproduction.replayer import Replayer
from conformance.reproduction.steps import step_from_json
from conformance.runner import Runner, create_runner, preflight
from conformance.settings import Settings
from conformance.target.cleanup import clean_up
from conformance.target.client import open_session
from conformance.verdict import CheckResult, Verdict
from specs import Requirement

SCHEMA: Final = Path(report.__file__).parent / "result.schema.json"
REPLAYABLE: Final = frozenset({"FAIL", "WARN"})


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """A finding repeated: `reproduced` is None where that cannot be told, for the `reason`."""

    requirement: str
    reproduced: bool | None
    reason: str


def read_result(file: Path) -> dict[str, Any]:
    """Return the result that `--report json=FILE` wrote.

    Raises:
        UsageError: it is none.
    """
    try:
        result: dict[str, Any] = orjson.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"{file}: it is no JSON; give a file of --report json=FILE") from None
    validator = jsonschema_rs.validator_for(orjson.loads(SCHEMA.read_bytes()))
    for found in validator.iter_errors(result):
        place = "/" + "/".join(str(step) for step in found.instance_path)
        raise UsageError(f"{file}: {place}: {found.message}: it is no result of `conformance run`")
    return result


def select_failures(result: Mapping[str, Any], ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the findings to repeat: those named, or else all.

    Raises:
        UsageError: an id is no finding of this result.
    """
    findings = {r["id"]: r for r in result["requirements"] if r["verdict"] in REPLAYABLE}
    for id_ in ids:
        if id_ not in findings:
            raise UsageError(f"--id: {id_} is no finding of this result ({', '.join(findings)})")
    return [findings[id_] for id_ in (ids or findings)]


def replay_failures(made: Runner, findings: Sequence[Mapping[str, Any]]) -> Iterator[ReplayOutcome]:
    """Yield what became of each finding; each has a session of its own, cleaned up afterwards.

    `made` knows the target, the contract and the limits.

    Raises:
        TargetUnavailable: the target cannot be reached, or refuses the credentials.
    """
    requirements = {requirement.id: requirement for requirement in made.contract.requirements}
    for finding in findings:
        requirement = requirements.get(finding["id"])
        if requirement is None or requirement.check is None:
            yield ReplayOutcome(
                finding["id"], None, "the contract does not know this requirement now"
            )
        else:
            yield _one(made, requirement, finding)


def _one(made: Runner, requirement: Requirement, finding: Mapping[str, Any]) -> ReplayOutcome:
    client, transport = open_session(made.contract, made.target, made.settings, made.clock)
    preflight(client)
    check = made.checks[requirement.check.name] if requirement.check else None
    bench = Evaluator(made.contract, made.checks, [requirement], made.settings)
    probed: list[CheckResult] = []
    player = Replayer(client)
    try:
        if check is not None and check.kind is CheckKind.ACTIVE:
            probed = list(
                run_active_check(check, ActiveCase(made.contract, requirement, client, made.target))
            )
        else:
            for row in finding["replay"]:
                player.replay(step_from_json(row))
    except (NotPermitted, BudgetExceeded) as reason:
        return ReplayOutcome(requirement.id, None, str(reason))
    finally:
        exchanges = tuple(client.exchanges)
        transport.budget.closing = True
        clean_up(client)
    bench.record(requirement, *probed)
    told = _told(requirement, next(bench.results(exchanges, client.jobs)))
    if told.reproduced is not None or player.divergence is not None or probed:
        return replace(told, reason=told.reason or player.divergence or "")
    # All was as it was then, and what was wrong does not come up at all.
    return replace(told, reproduced=False, reason="")


def _told(requirement: Requirement, row: RequirementResult) -> ReplayOutcome:
    if row.failures:
        return ReplayOutcome(requirement.id, True, row.reason)
    if row.verdict is Verdict.PASS:
        return ReplayOutcome(requirement.id, False, "")
    return ReplayOutcome(requirement.id, None, row.reason)


def exit_code(replayed: Sequence[ReplayOutcome]) -> int:
    """Return 1 if a finding shows again, else 3 if one cannot be judged, else 0."""
    if any(one.reproduced for one in replayed):
        return EXIT_FAILED
    return EXIT_NOT_JUDGED if any(one.reproduced is None for one in replayed) else EXIT_CONFORMS


WORDS: Final = {True: "still broken", False: "does not show again", None: "cannot be judged"}


def replay_command(file: Path, ids: Sequence[str], options: Mapping[str, Any]) -> int:
    """Repeat findings, print what became of each, and return the exit code.

    Raises:
        UsageError: the file, an id or an option does not fit.
        TargetUnavailable: the target cannot be reached, or refuses the credentials.
    """
    result = read_result(file)
    findings = select_failures(result, ids)
    settings = Settings(
        profile=result["profile"],
        seed=result["seed"],
        **options["limits"],
    )
    made = create_runner(
        result["vendor"],
        options["base_url"] or result["base_url"],
        control_url=options["control_url"],
        target=options["target"],
        settings=settings,
    )
    replayed = []
    for one in replay_failures(made, findings):
        replayed.append(one)
        sys.stdout.write(_line(one))
    if not replayed:
        sys.stdout.write("The result holds no finding: nothing to repeat.\n")
    return exit_code(replayed)


def _line(one: ReplayOutcome) -> str:
    reason = f": {one.reason}" if one.reason else ""
    return f"{one.requirement}  {WORDS[one.reproduced]}{reason}\n"
