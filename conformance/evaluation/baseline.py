"""Baselines: known failures with an owner, a reason, and the last day of their acceptance."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import specs
from conformance.errors import UsageError
from conformance.evaluation.result import AcceptedFailure, RequirementResult, Result
from conformance.target.user_files import first_invalid, read_user_yaml
from conformance.verdict import Verdict

SCHEMA: Final = Path(__file__).with_name("baseline.schema.json")


def read_baseline(file: Path) -> tuple[AcceptedFailure, ...]:
    """Return the rows of a baseline file.

    Raises:
        UsageError: the file cannot be read, or a row is invalid; the text names row and field.
    """
    raw = read_user_yaml(file, "--baseline")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    if invalid := first_invalid(schema, raw, file, "--baseline"):
        path, message = invalid
        raise UsageError(f"--baseline: {file}: {_place(raw, path)}{message}")
    for id_, count in Counter(row["requirement"] for row in raw).items():
        if count > 1:
            raise UsageError(f"--baseline: {file}: {id_}: requirement: duplicate, in {count} rows")
    return tuple(
        AcceptedFailure(r["requirement"], r["owner"], r["reason"], date.fromisoformat(r["expires"]))
        for r in raw
    )


def _place(raw: Any, path: Sequence[str | int]) -> str:
    if not path:
        return ""
    number = int(path[0])
    row = raw[number]
    id_ = f" ({row['requirement']})" if isinstance(row, dict) and "requirement" in row else ""
    return f"row {number + 1}{id_}: " + "".join(f"{step}: " for step in path[1:])


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
