"""The requirements that a contract and a lifecycle imply, for a vendor of the user's own folder.

Each is a row that requirements.yaml could have: an id that does not depend on other operations, a
check of the suite by its name, and the place in the files that says so. What contract and lifecycle
do not say is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from specs.contract import Contract
from specs.errors import SpecError, SpecIssue
from specs.implied.jobs import rows_of_jobs
from specs.implied.operations import rows_of_operation
from specs.implied.rows import OPENAPI, Rows
from specs.requirements import Requirement, Requirements

__all__ = ["with_implied"]


def with_implied(contract: Contract) -> Contract:
    """Return a contract whose requirements are the vendor's own rows, then the implied ones.

    An implied row that an own one covers is left out. A row that `switched_off` names is not
    tested, for the reason given there.

    Raises:
        SpecError: at the first use of the requirements, `switched_off` names an unknown one.
    """

    def load_requirements() -> Requirements:
        rows = contract.load_requirements()
        own = rows.requirements
        implied = [row for row in _implied(contract) if not _is_covered(row, own)]
        known = (*own, *implied)
        if unknown := rows.switched_off.keys() - {row.id for row in known}:
            path = f"{contract.folder}/requirements.yaml"
            reason = "unknown requirement"
            raise SpecError([SpecIssue(path, f"/switched_off/{id_}", reason) for id_ in unknown])
        tested = (_switched(row, rows.switched_off) for row in known)
        return rows._replace(requirements=tuple(tested))

    return replace(contract, load_requirements=load_requirements)


def _implied(contract: Contract) -> Iterator[Requirement]:
    rows = Rows(contract)
    place = f"{OPENAPI}#/paths"
    text = "An answer arrives whole and can be decoded."
    yield rows.row("WHOLE", text, "complete_body", place=place)
    text = "A body is of the media type that its Content-Type states."
    yield rows.row("MEDIA", text, "media_matches_body", place=place)
    for operation in contract.operations.values():
        if operation.source != "assumed":
            yield from rows_of_operation(rows, operation)
    yield from rows_of_jobs(rows)


def _switched(row: Requirement, reasons: Mapping[str, str]) -> Requirement:
    if row.id not in reasons:
        return row
    reason = f"switched off in requirements.yaml: {reasons[row.id]}"
    return replace(row, check=None, not_tested=reason)


def _is_covered(row: Requirement, own: Sequence[Requirement]) -> bool:
    """Return True if a row of requirements.yaml has the id, or the same check of as much."""
    return any(row.id == other.id or _covers(other, row) for other in own)


def _covers(own: Requirement, row: Requirement) -> bool:
    if own.check is None or row.check is None or own.check.name != row.check.name:
        return False
    if own.operation not in {None, row.operation}:
        return False
    wanted, given = row.check.arguments, own.check.arguments
    return all(_contains(given[name], value) for name, value in wanted.items() if name in given)


def _contains(given: Any, wanted: Any) -> bool:
    if isinstance(given, list | tuple) and isinstance(wanted, list | tuple):
        return all(item in given for item in wanted)
    return bool(given == wanted)
