"""The result as JSON; result.schema.json beside this file describes it."""

from typing import Any

import orjson

from conformance.findings.recording import record
from conformance.traffic.evidence import describe
from conformance.verdicts.coverage import Coverage, Move
from conformance.verdicts.result import Result, Row


def render(result: Result) -> bytes:
    """Return the result as UTF-8 JSON."""
    return orjson.dumps(as_data(result), option=orjson.OPT_INDENT_2) + b"\n"


def as_data(result: Result) -> dict[str, Any]:
    """Return the result as JSON types."""
    return {
        "vendor": result.contract.vendor,
        "profile": result.contract.profile,
        "base_url": result.base_url,
        "seed": result.seed,
        "verdict": result.verdict.value,
        "counts": result.counts,
        "requirements": [_row(row, result.seed) for row in result.rows],
        "coverage": _coverage(result.coverage),
        "notes": list(result.notes),
    }


def _row(row: Row, seed: int) -> dict[str, Any]:
    requirement = row.requirement
    return {
        "id": requirement.id,
        "statements": list(requirement.statements),
        "operation": requirement.operation,
        "source": requirement.source,
        "level": requirement.level,
        "verdict": row.verdict.value,
        "reason": row.reason,
        "expected": _expected(row),
        "evidence": [{"seed": seed, **describe(exchange)} for exchange in row.exchanges],
        "replay": [record(waypoint) for waypoint in row.way],
    }


def _expected(row: Row) -> dict[str, str] | None:
    """Return the baseline's row that accepts this failure, None where there is none."""
    if row.accepted is None:
        return None
    known = row.accepted
    return {"owner": known.owner, "reason": known.reason, "expires": known.expires.isoformat()}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "states": {
            "seen": list(coverage.states_seen),
            "not_seen": list(coverage.states_not_seen),
        },
        "edges": {
            "seen": [_edge(edge) for edge in coverage.edges_seen],
            "not_seen": [_edge(edge) for edge in coverage.edges_not_seen],
        },
        "operations": coverage.operations,
    }


def _edge(edge: Move) -> dict[str, str]:
    return {"from": edge[0], "to": edge[1]}
