"""Exchanges, jobs and cases for the tests of checks, on the real contracts."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

import specs
from conformance.checks import CheckResult, load_checks
from conformance.checks.cases import HistoryCase, JobRequests
from conformance.evaluation.evaluator import run_exchange_check, run_history_check
from conformance.http import Exchange, RecordedRequest, RecordedResponse
from conformance.http.request import build_path
from conformance.job_client import LIFECYCLE
from conformance.target import PRIMARY
from conformance.target.tracker import ResourceTracker

BASE = "http://127.0.0.1:9"
VENDORS = {"TD": "talkdesk", "C1": "clinicalone", "EC": "energycap"}
CHECKS = load_checks()


@functools.cache
def contract(vendor: str, profile: str = "documented") -> specs.Contract:
    return specs.load(vendor, profile)


def exchange(
    operation: str,
    status: int = 200,
    body: Any = None,
    *,
    vendor: str = "talkdesk",
    headers: Mapping[str, str] | None = None,
    path: Mapping[str, Any] | None = None,
    query: Sequence[tuple[str, str]] = (),
    sent: Any = None,
    role: str | None = PRIMARY,
    valid: bool | None = True,
    driver: str = LIFECYCLE,
    number: int = 1,
    complete: bool = True,
    method: str | None = None,
) -> Exchange:
    """An answered exchange; `body` and `sent` are bytes, or values to write as JSON."""
    described = contract(vendor).operations[operation]
    path = {"type": "calls", "id": "J1", **(path or {})} if vendor == "talkdesk" else path or {}
    names = {p["name"] for p in described.parameters if p["in"] == "path"}
    values = {name: path.get(name, "1") for name in names}
    where = build_path(described, values)
    media = {} if isinstance(body, bytes) or body is None else {"Content-Type": "application/json"}
    return Exchange(
        number=number,
        operation=operation,
        request=RecordedRequest(
            method or described.method, BASE + where, where, tuple(query), {}, _bytes(sent), role
        ),
        response=RecordedResponse(
            status, {**media, **(headers or {})}, _bytes(body) or b"", complete, 0.0,
            None if complete else "the body ended early",
        ),
        failure=None,
        driver=driver,
        valid=valid,
        path_parameters=values,
    )  # fmt: skip


def _bytes(value: Any) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else orjson.dumps(value)


def job(
    status: int = 200, state: str | None = "CREATED", number: int = 1, **members: Any
) -> Exchange:
    """A poll of a Talkdesk job."""
    shown = {"id": "J1", **({} if state is None else {"status": state}), **members}
    headers = members.pop("headers", None)
    return exchange("getReportJob", status, {"job": shown}, number=number, headers=headers)


def requirement(row: str, profile: str = "documented") -> specs.Requirement:
    requirements = contract(VENDORS[row[:2]], profile).requirements
    return next(requirement for requirement in requirements if requirement.id == row)


def passes(row: str, exchange: Exchange, profile: str = "documented") -> bool | None:
    """Return whether the exchange check of a row passes, None where it does not apply."""
    result = result_of(row, exchange, profile)
    return None if result is None else result.passed


def result_of(row: str, exchange: Exchange, profile: str = "documented") -> CheckResult | None:
    """Return the result of the exchange check of a row."""
    rule = requirement(row, profile)
    assert rule.check is not None
    check = CHECKS[rule.check.name]
    return run_exchange_check(check, contract(VENDORS[row[:2]], profile), rule, exchange)


def history(row: str, *exchanges: Exchange, profile: str = "documented") -> set[bool | None]:
    """Return the results of the history check of a row on exchanges that are numbered in order."""
    rule = requirement(row, profile)
    assert rule.check is not None
    tracker = ResourceTracker(contract(VENDORS[row[:2]], profile))
    for exchange in exchanges:
        tracker.observe(exchange)
    sent = JobRequests(contract(VENDORS[row[:2]], profile), exchanges)
    case = HistoryCase(rule, tracker.jobs, sent)
    return {result.passed for result in run_history_check(CHECKS[rule.check.name], case)}


def numbered(*exchanges: Exchange) -> tuple[Exchange, ...]:
    """The exchanges, numbered from 1."""
    for number, exchange in enumerate(exchanges, 1):
        object.__setattr__(exchange, "number", number)
    return exchanges
