"""The result as JSON; result.schema.json beside this file describes it."""

from typing import Any, Final

import orjson

from conformance.evaluation import RequirementResult, Result
from conformance.evaluation.coverage import Coverage, Transition
from conformance.http import LONE_SURROGATE, Exchange, RecordedResponse
from conformance.report.exchange_text import curl
from conformance.report.finding import Finding, findings, judged_line, promises
from conformance.reproduction import step_to_json

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
    data = to_data(result)
    try:
        return orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n"
    except TypeError:  # a lone surrogate is no Unicode text, and UTF-8 cannot have it
        return orjson.dumps(_encodable(data), option=orjson.OPT_INDENT_2) + b"\n"


def _encodable(value: Any) -> Any:
    """Return JSON types with U+FFFD for each lone surrogate."""
    if isinstance(value, str):
        return LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_encodable(name): _encodable(member) for name, member in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value


def to_data(result: Result) -> dict[str, Any]:
    """Return the result as JSON types."""
    shown = {finding.id: finding for finding in findings(result)}
    return {
        "vendor": result.contract.vendor,
        "profile": result.contract.profile,
        "base_url": result.base_url,
        "seed": result.seed,
        "verdict": result.verdict.value,
        "counts": result.counts,
        "requirements": [
            _row(row, result, shown.get(row.requirement.id)) for row in result.requirements
        ],
        "coverage": _coverage(result.coverage),
        "requests": {"total": result.requests, "purposes": result.coverage.purposes},
        "notes": list(result.notes),
        "judged": {
            "musts": result.musts,
            "judged": result.judged_musts,
            "not_judged": dict(result.unjudged),
            "untried": list(result.untried),
            "summary": judged_line(result),
        },
        **({"behaviour": dict(result.behaviour)} if result.behaviour else {}),
    }


def _row(row: RequirementResult, result: Result, finding: Finding | None) -> dict[str, Any]:
    requirement = row.requirement
    return {
        "id": requirement.id,
        "text": requirement.text,
        "statements": list(requirement.statements),
        "operation": requirement.operation,
        "source": requirement.source,
        "level": requirement.level,
        "promised": promises(result, requirement),
        "verdict": row.verdict.value,
        "reason": row.reason,
        "checked": row.checked,
        "failures": row.failures,
        "finding": finding and _finding(finding),
        "expected": _expected(row),
        "evidence": [
            {"seed": result.seed, **exchange_to_json(exchange)} for exchange in row.exchanges
        ],
        "replay": [step_to_json(step) for step in row.replay_steps],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    """Return what a reader is told of a problem, as JSON types."""
    excerpt = finding.excerpt
    return {
        "place": finding.place,
        "operation": finding.operation,
        "before": list(finding.before),
        "sent": list(excerpt.sent) if excerpt else [],
        "seen": list(excerpt.seen) if excerpt else [],
        "folded": excerpt.folded if excerpt else 0,
        "again": finding.again,
        "replay_command": finding.replay_command,
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
