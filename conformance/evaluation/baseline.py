"""Known failures: each with an owner, a reason, and the last day on which it is accepted."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

import specs
from conformance.errors import UsageError
from conformance.evaluation.result import AcceptedFailure, RequirementResult, Result
from conformance.verdict import Verdict
from specs import SpecError, read_yaml

SCHEMA: Final = Path(__file__).with_name("baseline.schema.json")


def read_baseline(file: Path) -> tuple[AcceptedFailure, ...]:
    """Return the rows of a baseline file.

    Raises:
        UsageError: the file cannot be read, or a row is wrong; the text names row and field.
    """
    try:
        raw = read_yaml(file)
    except SpecError as error:
        raise UsageError(f"--baseline: {error}") from None
    except OSError as error:
        raise UsageError(f"--baseline: {file}: {error.strerror}") from None
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    for fault in validator.iter_errors(raw):
        raise UsageError(f"--baseline: {file}: {_place(raw, fault.instance_path)}{fault.message}")
    for id_, times in Counter(row["requirement"] for row in raw).items():
        if times > 1:
            raise UsageError(f"--baseline: {file}: {id_}: requirement: it has {times} rows")
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
    """Return the result with accepted failures as WARN, and notes on the rows that do not fit."""
    rows = {row.requirement.id: row for row in result.requirements}
    in_time = {one.requirement: one for one in accepted if one.expires >= today}
    changed = tuple(_expected(row, in_time.get(row.requirement.id)) for row in result.requirements)
    found = [note for one in accepted for note in _notes(one, result, rows, today)]
    return replace(result, requirements=changed, notes=(*result.notes, *found))


def _expected(row: RequirementResult, accepted: AcceptedFailure | None) -> RequirementResult:
    if accepted is None or row.verdict is not Verdict.FAIL:
        return row
    reason = f"expected until {accepted.expires} ({accepted.owner}: {accepted.reason}): "
    return replace(row, verdict=Verdict.WARN, reason=reason + row.reason, accepted=accepted)


def _notes(
    one: AcceptedFailure, result: Result, rows: dict[str, RequirementResult], today: date
) -> Iterator[str]:
    row = rows.get(one.requirement)
    if row is None:
        if not _is_known(one.requirement, result):
            yield f"Baseline: there is no requirement {one.requirement}; remove its row."
    elif row.verdict is Verdict.FAIL and one.expires < today:
        yield (
            f"Baseline: {one.requirement} was accepted until {one.expires} only; "
            f"{one.owner} knows more ({one.reason})."
        )
    elif row.verdict is Verdict.PASS:
        yield f"Baseline: {one.requirement} does not fail any more; remove its row."


def _is_known(id_: str, result: Result) -> bool:
    """Tell whether any vendor has such a requirement; this run may judge only a part of one."""
    own = {requirement.id for requirement in result.contract.requirements}
    others = (v for v in specs.vendors() if v != result.contract.vendor)
    profile = result.contract.profile
    return id_ in own or any(
        id_ == requirement.id for v in others for requirement in specs.load(v, profile).requirements
    )
