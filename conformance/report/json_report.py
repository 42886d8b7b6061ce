"""The result as JSON; result.schema.json beside this file describes it."""

from typing import Any, Final

import orjson

from conformance.evaluation.coverage import Coverage, Transition
from conformance.evaluation.result import RequirementResult, Result
from conformance.http.curl import curl
from conformance.http.exchange import Exchange, RecordedResponse
from conformance.report.shared import judged_line, promises
from conformance.reproduction.steps import step_to_json

MAX_BODY_SHOWN: Final = 4096


def exchange_to_json(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as JSON types; it is redacted already."""
    request = exchange.request
    return {
        "number": exchange.number,
        "operation": exchange.operation,
        "driver": exchange.driver,
        "role": request.role,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers),
            "body": None if request.body is None else body_text(request.body),
        },
        "response": response_to_json(exchange.response),
        "failure": exchange.failure,
        "curl": curl(exchange),
    }


def response_to_json(response: RecordedResponse | None) -> dict[str, Any] | None:
    """Return a response as JSON types."""
    if response is None:
        return None
    return {
        "status": response.status,
        "headers": dict(response.headers),
        "body": body_text(response.body),
        "complete": response.complete,
    }


def body_text(body: bytes) -> str:
    """Return a body as text: cut where it is long, bytes that are not UTF-8 escaped."""
    shown = body[:MAX_BODY_SHOWN].decode("utf-8", errors="backslashreplace")
    rest = len(body) - MAX_BODY_SHOWN
    return f"{shown}… ({rest} more bytes)" if rest > 0 else shown


def render(result: Result) -> bytes:
    """Return the result as UTF-8 JSON."""
    return orjson.dumps(to_data(result), option=orjson.OPT_INDENT_2) + b"\n"


def to_data(result: Result) -> dict[str, Any]:
    """Return the result as JSON types."""
    return {
        "vendor": result.contract.vendor,
        "profile": result.contract.profile,
        "base_url": result.base_url,
        "seed": result.seed,
        "verdict": result.verdict.value,
        "counts": result.counts,
        "requirements": [_row(row, result) for row in result.requirements],
        "coverage": _coverage(result.coverage),
        "notes": list(result.notes),
        "judged": {
            "musts": result.musts,
            "judged": result.judged_musts,
            "not_judged": dict(result.unjudged),
            "untried": list(result.untried),
            "summary": judged_line(result),
        },
    }


def _row(row: RequirementResult, result: Result) -> dict[str, Any]:
    requirement = row.requirement
    return {
        "id": requirement.id,
        "statements": list(requirement.statements),
        "operation": requirement.operation,
        "source": requirement.source,
        "level": requirement.level,
        "promised": promises(result, requirement),
        "verdict": row.verdict.value,
        "reason": row.reason,
        "expected": _expected(row),
        "evidence": [
            {"seed": result.seed, **exchange_to_json(exchange)} for exchange in row.exchanges
        ],
        "replay": [step_to_json(step) for step in row.replay_steps],
    }


def _expected(row: RequirementResult) -> dict[str, str] | None:
    """Return the row of the baseline that accepts this failure, None where there is none."""
    accepted = row.accepted
    if accepted is None:
        return None
    expires = accepted.expires.isoformat()
    return {"owner": accepted.owner, "reason": accepted.reason, "expires": expires}


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


def _edge(edge: Transition) -> dict[str, str]:
    return {"from": edge[0], "to": edge[1]}
