"""Repeats the findings of an earlier run, and tells whether they show again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import orjson

from conformance import report
from conformance.access.cleanup import clean_up
from conformance.access.session import open_session
from conformance.checks.base import Kind, ProbeCase, RegisteredCheck
from conformance.failures import BudgetSpent, NotJudged, Refused, UsageError
from conformance.findings.player import Player
from conformance.findings.recording import restore
from conformance.outcome import Judgement, Verdict
from conformance.running.preflight import reach
from conformance.running.runner import Runner
from conformance.verdicts.judging import Bench, fault
from conformance.verdicts.result import EXIT_CONFORMS, EXIT_FAILED, EXIT_NOT_JUDGED, Row
from specs import Requirement

SCHEMA: Final = Path(report.__file__).parent / "result.schema.json"
FOUND: Final = frozenset({"FAIL", "WARN"})


@dataclass(frozen=True, slots=True)
class Replayed:
    """A finding repeated: `shows` is None where that cannot be told, for the `reason`."""

    requirement: str
    shows: bool | None
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


def choose(result: Mapping[str, Any], ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the findings to repeat: those named, or else all.

    Raises:
        UsageError: an id is no finding of this result.
    """
    findings = {r["id"]: r for r in result["requirements"] if r["verdict"] in FOUND}
    for id_ in ids:
        if id_ not in findings:
            raise UsageError(f"--id: {id_} is no finding of this result ({', '.join(findings)})")
    return [findings[id_] for id_ in (ids or findings)]


def replay(made: Runner, findings: Sequence[Mapping[str, Any]]) -> Iterator[Replayed]:
    """Yield what became of each finding; each has a session of its own, cleaned up afterwards.

    `made` knows the target, the contract and the limits.

    Raises:
        NotJudged: the target cannot be reached, or refuses the credentials.
    """
    requirements = {requirement.id: requirement for requirement in made.contract.requirements}
    for finding in findings:
        requirement = requirements.get(finding["id"])
        if requirement is None or requirement.check is None:
            yield Replayed(finding["id"], None, "the contract does not know this requirement now")
        else:
            yield _one(made, requirement, finding)


def _one(made: Runner, requirement: Requirement, finding: Mapping[str, Any]) -> Replayed:
    client, transport = open_session(made.contract, made.target, made.settings, made.clock)
    reach(client)
    check = made.checks[requirement.check.name] if requirement.check else None
    bench = Bench(made.contract, made.checks, [requirement], made.settings)
    probed: list[Judgement] = []
    player = Player(client)
    try:
        if check is not None and check.kind is Kind.PROBE:
            probed = list(_probe(check, ProbeCase(made.contract, requirement, client, made.target)))
        else:
            for row in finding["replay"]:
                player.play(restore(row))
    except (Refused, BudgetSpent) as reason:
        return Replayed(requirement.id, None, str(reason))
    finally:
        exchanges = tuple(client.exchanges)
        transport.budget.closing = True
        clean_up(client)
    bench.note(requirement, *probed)
    told = _told(requirement, next(bench.rows(exchanges, client.jobs)))
    if told.shows is not None or player.strayed is not None or probed:
        return replace(told, reason=told.reason or player.strayed or "")
    # All was as it was then, and what was wrong does not come up at all.
    return replace(told, shows=False, reason="")


def _probe(check: RegisteredCheck, case: ProbeCase) -> Iterator[Judgement]:
    arguments = case.requirement.check.arguments if case.requirement.check else {}
    try:
        yield from check.function(case, **arguments)
    except (Refused, BudgetSpent, NotJudged):
        raise
    except Exception as error:  # noqa: BLE001  (the suite's fault, told as such)
        yield fault(check, error)


def _told(requirement: Requirement, row: Row) -> Replayed:
    if row.breaches:
        return Replayed(requirement.id, True, row.reason)
    if row.verdict is Verdict.PASS:
        return Replayed(requirement.id, False, "")
    return Replayed(requirement.id, None, row.reason)


def exit_code(replayed: Sequence[Replayed]) -> int:
    """Return 1 if a finding shows again, else 3 if one cannot be judged, else 0."""
    if any(one.shows for one in replayed):
        return EXIT_FAILED
    return EXIT_NOT_JUDGED if any(one.shows is None for one in replayed) else EXIT_CONFORMS
