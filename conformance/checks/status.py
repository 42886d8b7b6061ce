"""Judges of HTTP statuses."""

from collections.abc import Sequence
from typing import Final

from conformance.checks.applicability import applicable_response
from conformance.checks.registry import ExchangeCase, exchange_check
from conformance.verdict import CheckResult, failed, passed

# What HTTP itself may answer to any request (RFC 9110, 6585): no breach of a vendor's list.
GENERIC: Final = frozenset(
    {405, 406, 408, 411, 412, 413, 414, 415, 416, 417, 421, 426, 428, 429, 431, 451}
)


@exchange_check("no_server_error")
def no_server_error(case: ExchangeCase) -> CheckResult | None:
    """No 5xx, whatever was asked; 503 with Retry-After is load (sources: implied for all)."""
    received = case.exchange.response
    if received is None:
        return None
    if received.status == 503 and "Retry-After" in received.headers:
        return None
    if received.status >= 500:
        sent = case.exchange.request
        return failed(f"{sent.method} {sent.path} is answered {received.status}", case.exchange)
    return passed(case.exchange)


@exchange_check("success_status")
def success_status(case: ExchangeCase, *, also: Sequence[int] = ()) -> CheckResult | None:
    """A success or redirect has a status that the contract lists, or one of `also`."""
    received = applicable_response(case)
    if received is None or received.status >= 400:
        return None
    operation = case.contract.operations[case.exchange.operation or ""]
    listed = sorted({*(s for s in operation.responses if s < 400), *also})
    if received.status not in listed:
        right = " or ".join(map(str, listed))
        return failed(f"{received.status} where {right} is the success", case.exchange)
    return passed(case.exchange)


@exchange_check("status_listed")
def status_listed(case: ExchangeCase) -> CheckResult | None:
    """A refusal has a status of the contract, or one that HTTP gives to any request."""
    received = applicable_response(case)
    if received is None or not 400 <= received.status < 500:
        return None
    operation = case.contract.operations[case.exchange.operation or ""]
    if received.status in operation.responses or received.status in GENERIC:
        return passed(case.exchange)
    listed = ", ".join(str(s) for s in sorted(operation.responses) if s >= 400)
    return failed(f"{received.status} is none of {listed}", case.exchange)
