"""The result of a run, of which every report is a view, and the baseline that accepts failures."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import specs
from conformance.checks import Verdict
from conformance.contract_queries import is_job_operation, job_parameter
from conformance.errors import UsageError
from conformance.evaluation.coverage import Coverage
from conformance.http import Exchange
from conformance.settings import Threshold
from conformance.target.tracker import JobHistory
from conformance.target.user_files import first_invalid, read_user_yaml
from specs import Contract, Requirement

EXIT_CONFORMS = 0
EXIT_FAILED = 1
EXIT_NOT_JUDGED = 3
NO_CHECK = "no check exists"
NOT_SELECTED = "left out by --only"
BASELINE_SCHEMA: Final = Path(__file__).with_name("baseline.schema.json")


@dataclass(frozen=True, slots=True)
class AcceptedFailure:
    """A row of a baseline: a known failure, accepted up to and including the day `expires`."""

    requirement: str
    owner: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """An exchange to repeat when a failure is reproduced.

    `waits_for` is a job's id and the state in which it was last observed before; `created` are the
    ids that came of the exchange, by parameter; `status` is that of its response.
    """

    exchange: Exchange
    waits_for: tuple[str, str] | None = None
    created: tuple[tuple[str, str], ...] = ()
    status: int | None = None


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """The verdict on one requirement.

    `exchanges` are the evidence, the smallest case first; `checked` counts how often the check
    passed or failed, `failures` how often it failed. `replay_steps` reproduce a failure. `accepted`
    is the row of the baseline that turned a FAIL into a WARN.
    """

    requirement: Requirement
    verdict: Verdict
    reason: str
    exchanges: tuple[Exchange, ...] = ()
    checked: int = 0
    failures: int = 0
    replay_steps: tuple[ReplayStep, ...] = ()
    accepted: AcceptedFailure | None = None

    @property
    def is_judged(self) -> bool:
        """True for PASS, WARN and FAIL."""
        return self.verdict not in {Verdict.SKIP, Verdict.ERROR}


@dataclass(frozen=True, slots=True)
class SkipReasons:
    """What a run knows at its end of why requirements have no verdict.

    `planned` are the requirements that were to be tested, `untried` those that the end of a budget
    (`stop_reason`) left out. `missing_id` says that no creation showed an id. `successful` are the
    operations of which a request succeeded. `missing_key` returns what the target file should say
    to show more of an operation; its second argument is whether known jobs would.
    """

    contract: Contract
    planned: frozenset[str]
    missing_id: str | None
    stop_reason: str | None
    untried: frozenset[str]
    successful: frozenset[str | None]
    missing_key: Callable[[str | None, bool], str | None]

    def complete(self, result: RequirementResult) -> RequirementResult:
        """Return a result with all that is known of why it is a SKIP."""
        requirement = result.requirement
        if result.verdict is not Verdict.SKIP:
            return result
        if requirement.id in self.untried and self.stop_reason is not None:
            return replace(result, reason=self.stop_reason)
        if requirement.id not in self.planned:
            return result
        operation = requirement.operation
        is_of_jobs = operation is None or is_job_operation(self.contract, operation)
        if self.missing_id is not None and is_of_jobs:
            result = replace(result, reason=f"{result.reason}; {self.missing_id}")
        if "`" in result.reason or result.reason == self.stop_reason:
            return result  # it names a key already, or no key would help
        key = self.missing_key(operation, self._may_be_shown_by_jobs(requirement))
        return result if key is None else replace(result, reason=f"{result.reason}; {key}")

    def _may_be_shown_by_jobs(self, requirement: Requirement) -> bool:
        """Return True where what was not seen is a job in some state, or any job at all."""
        arguments = requirement.check.arguments if requirement.check else {}
        by_time = frozenset({"time"})
        lifecycle = self.contract.lifecycle
        if states := arguments.get("states"):  # a job that the file names stays where it is
            return any(not lifecycle.reachable(state, by_time) for state in states)
        if "format" in arguments:
            return True
        operation = requirement.operation
        acts_on_job = operation is not None and job_parameter(self.contract, operation) is not None
        return acts_on_job and operation not in self.successful


@dataclass(frozen=True, slots=True)
class Result:
    """A whole run. `duration` is in seconds, `notes` are sentences for the user.

    `untried` are the ids of the planned musts that a budget (requests or time) left without a
    verdict; `require` is how many musts had to be judged.
    `crashed`: a part of the suite crashed, so that what it would have judged is unknown;
    `unavailable`: the target or the credential stopped working in the middle of the run.
    `behaviour` is what `conformance compare` compares; see `observe_behaviour`.
    """

    contract: Contract
    base_url: str
    seed: int
    requirements: tuple[RequirementResult, ...]
    coverage: Coverage
    jobs: Sequence[JobHistory] = ()
    notes: tuple[str, ...] = ()
    requests: int = 0
    duration: float = 0.0
    untried: tuple[str, ...] = ()
    require: Threshold | None = None
    crashed: bool = False
    unavailable: bool = False
    behaviour: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> list[RequirementResult]:
        """The requirements with FAIL, ERROR or WARN, in this order."""
        problems = [result for result in self.requirements if result.verdict.is_problem]
        return sorted(problems, key=lambda result: -result.verdict.rank)

    @property
    def counts(self) -> dict[str, int]:
        """The number of requirements by verdict."""
        verdicts = [result.verdict for result in self.requirements]
        return {verdict.value: verdicts.count(verdict) for verdict in Verdict}

    @property
    def musts(self) -> int:
        """The number of musts of the contract, whether selected or not."""
        return sum(r.level == "must" for r in self.contract.requirements)

    @property
    def judged_musts(self) -> int:
        """The number of musts with the verdict PASS, WARN or FAIL."""
        return sum(r.is_judged and r.requirement.level == "must" for r in self.requirements)

    @property
    def unjudged(self) -> Mapping[str, int]:
        """The reasons why musts were not judged, the most frequent first, with their numbers."""
        selected = [r for r in self.requirements if r.requirement.level == "must"]
        reasons = Counter(
            result.reason if result.requirement.check else NO_CHECK
            for result in selected
            if not result.is_judged
        )
        if left_out := self.musts - len(selected):
            reasons[NOT_SELECTED] = left_out
        return dict(reasons.most_common())

    @property
    def is_complete(self) -> bool:
        """True if no budget left planned musts untried, and as many were judged as required."""
        enough = self.require is None or self.require.is_met(self.judged_musts, self.musts)
        return enough and not self.untried

    @property
    def verdict(self) -> Verdict:
        """FAIL if any requirement is.

        Else ERROR if a must is, or if the run is not complete; else SKIP if nothing was judged;
        else PASS.
        """
        if any(result.verdict is Verdict.FAIL for result in self.requirements):
            return Verdict.FAIL
        must_error = any(
            result.verdict is Verdict.ERROR and result.requirement.level == "must"
            for result in self.requirements
        )
        if must_error or self.crashed or self.unavailable or not self.is_complete:
            return Verdict.ERROR
        judged = any(result.is_judged for result in self.requirements)
        return Verdict.PASS if judged else Verdict.SKIP

    @property
    def exit_code(self) -> int:
        """0 conforms in what was judged, 1 fails, 3 was not judged as planned or required."""
        codes = {Verdict.FAIL: EXIT_FAILED, Verdict.ERROR: EXIT_NOT_JUDGED}
        return codes.get(self.verdict, EXIT_CONFORMS)


def read_baseline(file: Path) -> tuple[AcceptedFailure, ...]:
    """Return the rows of a baseline file.

    Raises:
        UsageError: the file cannot be read, or a row is invalid; the text names row and field.
    """
    raw = read_user_yaml(file, "--baseline")
    schema = json.loads(BASELINE_SCHEMA.read_text(encoding="utf-8"))
    if invalid := first_invalid(schema, raw, file, "--baseline"):
        place, message = invalid
        raise UsageError(f"--baseline: {file}: {_row(raw, place)}{message}")
    for id_, count in Counter(row["requirement"] for row in raw).items():
        if count > 1:
            raise UsageError(f"--baseline: {file}: {id_}: requirement: duplicate, in {count} rows")
    return tuple(
        AcceptedFailure(r["requirement"], r["owner"], r["reason"], date.fromisoformat(r["expires"]))
        for r in raw
    )


def _row(raw: Any, place: str) -> str:
    """Return the row and the member at a place, in words."""
    first, *rest = place.removeprefix("/").split("/")
    if not first:
        return ""
    number = int(first)
    row = raw[number]
    id_ = f" ({row['requirement']})" if isinstance(row, dict) and "requirement" in row else ""
    return f"row {number + 1}{id_}: " + "".join(f"{step}: " for step in rest)


def apply_baseline(result: Result, accepted: Sequence[AcceptedFailure], today: date) -> Result:
    """Return the result with accepted failures as WARN, and notes on outdated rows."""
    rows = {row.requirement.id: row for row in result.requirements}
    valid = {failure.requirement: failure for failure in accepted if failure.expires >= today}
    changed = tuple(_expected(row, valid.get(row.requirement.id)) for row in result.requirements)
    notes = [note for failure in accepted for note in _notes(failure, result, rows, today)]
    return replace(result, requirements=changed, notes=(*result.notes, *notes))


def _expected(row: RequirementResult, accepted: AcceptedFailure | None) -> RequirementResult:
    if accepted is None or row.verdict is not Verdict.FAIL:
        return row
    reason = f"expected until {accepted.expires} ({accepted.owner}: {accepted.reason}): "
    return replace(row, verdict=Verdict.WARN, reason=reason + row.reason, accepted=accepted)


def _notes(
    accepted: AcceptedFailure, result: Result, rows: dict[str, RequirementResult], today: date
) -> Iterator[str]:
    id_ = accepted.requirement
    row = rows.get(id_)
    if row is None:
        if not _is_known(id_, result):
            yield f"Baseline: unknown requirement {id_}; remove its row."
    elif row.verdict is Verdict.FAIL and accepted.expires < today:
        yield (
            f"Baseline: {id_} was accepted until {accepted.expires} only; "
            f"ask {accepted.owner} ({accepted.reason})."
        )
    elif row.verdict is Verdict.PASS:
        yield f"Baseline: {id_} does not fail any more; remove its row."


def _is_known(id_: str, result: Result) -> bool:
    """Return True if any vendor has such a requirement: a baseline may cover several."""
    own = {requirement.id for requirement in result.contract.requirements}
    others = (v for v in specs.vendors() if v != result.contract.vendor)
    profile = result.contract.profile
    return id_ in own or any(
        id_ == requirement.id for v in others for requirement in specs.load(v, profile).requirements
    )
