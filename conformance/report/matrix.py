"""Which statement of which document leads to which requirement, check and verdict."""

from dataclasses import dataclass

from conformance.outcome import Verdict
from conformance.verdicts.result import Result, Row
from specs import Statement


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement with the rows that rest on it; `verdict` is the worst of those judged."""

    statement: Statement
    rows: tuple[Row, ...]
    verdict: Verdict


def trace(result: Result) -> tuple[Entry, ...]:
    """Return an entry for each statement, in the order of the documents."""
    entries = []
    for statement in result.contract.statements.values():
        rows = tuple(r for r in result.rows if statement.id in r.requirement.statements)
        judged = [row.verdict for row in rows if row.verdict is not Verdict.SKIP]
        entries.append(Entry(statement, rows, max(judged, default=Verdict.SKIP)))
    return tuple(entries)
