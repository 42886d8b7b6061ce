"""Replays the failures of an earlier run and reports whether they occur again."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from conformance import report
from conformance.checks import CheckKind, CheckResult, Verdict
from conformance.checks.active_case import ActiveCase
from conformance.errors import BudgetExceeded, NotPermitted, UsageError
from conformance.evaluation import EXIT_CONFORMS, EXIT_FAILED, EXIT_NOT_JUDGED
from conformance.evaluation.evaluator import Evaluator, run_active_check
from conformance.reproduction import step_from_json
from conformance.reproduction.replayer import Replayer
from conformance.runner import Runner, create_runner
from conformance.session import clean_up, open_session, preflight
from conformance.settings import Settings
from specs import Requirement
from specs.explanation import FileShape

SCHEMA: Final = Path(report.__file__).parent / "result.schema.json"
REPLAYABLE: Final = frozenset({"FAIL", "WARN"})


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """A replayed failure: `reproduced` is None where that is unknown, for the `reason`."""

    requirement: str
    reproduced: bool | None
    reason: str


def replay_command(
    file: Path, ids: Sequence[str], options: Mapping[str, Any], limits: Mapping[str, Any]
) -> int:
    """Replay failures, print the outcome of each, and return the exit code.

    `limits` are the fields of `Settings` that limit the run.

    Raises:
        UsageError: the file, an id or an option is invalid.
        TargetUnavailable: the target cannot be reached, or rejects the credentials.
    """
    result = read_result(file)
    failures = select_failures(result, ids)
    runner = create_runner(
        result["vendor"],
        options["base_url"] or result["base_url"],
        control_url=options["control_url"],
        target=options["target"],
        settings=Settings(profile=result["profile"], seed=result["seed"], **limits),
        vendors=options["vendors"],
    )
    labels = {True: "fails again", False: "does not fail any more", None: "cannot be judged"}
    outcomes = []
    for outcome in replay_failures(runner, failures):
        outcomes.append(outcome)
        reason = f": {outcome.reason}" if outcome.reason else ""
        sys.stdout.write(f"{outcome.requirement}  {labels[outcome.reproduced]}{reason}\n")
    if not outcomes:
        sys.stdout.write("The result has no failure to replay.\n")
    return exit_code(outcomes)


def read_result(file: Path) -> dict[str, Any]:
    """Return the result that `--report json=FILE` wrote.

    Raises:
        UsageError: it is not one.
    """
    try:
        result: dict[str, Any] = orjson.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"{file}: not JSON; give a file of --report json=FILE") from None
    for place, reason in FileShape(orjson.loads(SCHEMA.read_bytes())).errors(result):
        raise UsageError(f"{file}: not a result of `conformance run`: {place}: {reason}")
    return result


def select_failures(result: Mapping[str, Any], ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the failures to replay: those with `ids`, or all.

    Raises:
        UsageError: an id is not a failure of this result.
    """
    failures = {r["id"]: r for r in result["requirements"] if r["verdict"] in REPLAYABLE}
    for id_ in ids:
        if id_ not in failures:
            raise UsageError(f"--id: {id_} is not a failure of this result ({', '.join(failures)})")
    return [failures[id_] for id_ in (ids or failures)]


def replay_failures(
    runner: Runner, failures: Sequence[Mapping[str, Any]]
) -> Iterator[ReplayOutcome]:
    """Yield the outcome of each failure; each has its own session, which is cleaned up.

    `runner` has the target, the contract and the limits.

    Raises:
        TargetUnavailable: the target cannot be reached, or rejects the credentials.
    """
    requirements = {requirement.id: requirement for requirement in runner.contract.requirements}
    for failure in failures:
        requirement = requirements.get(failure["id"])
        if requirement is None or requirement.check is None:
            reason = "the contract no longer has this requirement"
            yield ReplayOutcome(failure["id"], None, reason)
        else:
            yield _replay(runner, requirement, requirement.check.name, failure)


def _replay(
    runner: Runner, requirement: Requirement, check_name: str, failure: Mapping[str, Any]
) -> ReplayOutcome:
    client = open_session(runner.contract, runner.target, runner.settings, runner.clock)
    preflight(client)
    check = runner.checks[check_name]
    evaluator = Evaluator(runner.contract, runner.checks, [requirement], runner.settings)
    results: list[CheckResult] = []
    replayer = Replayer(client)
    try:
        if check.kind is CheckKind.ACTIVE:
            results = list(run_active_check(check, ActiveCase(requirement, client)))
        else:
            for row in failure["replay"]:
                replayer.replay(step_from_json(row))
    except (NotPermitted, BudgetExceeded) as reason:
        return ReplayOutcome(requirement.id, None, str(reason))
    finally:
        exchanges = tuple(client.exchanges)
        clean_up(client)
    evaluator.record(requirement, *results)
    result = next(evaluator.results(exchanges, client.jobs))
    divergence = replayer.divergence or ""
    if result.failures:
        return ReplayOutcome(requirement.id, True, result.reason or divergence)
    if result.verdict is Verdict.PASS:
        return ReplayOutcome(requirement.id, False, divergence)
    if divergence or results:
        return ReplayOutcome(requirement.id, None, result.reason or divergence)
    # The replay did not diverge, and what failed does not occur at all.
    return ReplayOutcome(requirement.id, False, "")


def exit_code(outcomes: Sequence[ReplayOutcome]) -> int:
    """Return 1 if a failure was reproduced, else 3 if one cannot be judged, else 0."""
    if any(outcome.reproduced for outcome in outcomes):
        return EXIT_FAILED
    unknown = any(outcome.reproduced is None for outcome in outcomes)
    return EXIT_NOT_JUDGED if unknown else EXIT_CONFORMS
