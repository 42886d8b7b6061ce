"""Exchange checks of HTTP statuses."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from conformance.checks.applicability import applicable_response
from conformance.checks.registry import ExchangeCase, exchange_check
from conformance.verdict import CheckResult, failed, passed

# HTTP itself allows these for any request (RFC 9110, 6585), whatever a vendor lists.
GENERIC: Final = frozenset(
    {405, 406, 408, 411, 412, 413, 414, 415, 416, 417, 421, 426, 428, 429, 431, 451}
)


@exchange_check("no_server_error")
def no_server_error(case: ExchangeCase) -> CheckResult | None:
    """No 5xx to any request; 503 is overload (implied by all sources)."""
    response = case.exchange.response
    if response is None or response.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    if response.status >= 500:
        request = case.exchange.request
        reason = f"{request.method} {request.path} is answered {response.status}"
        return failed(reason, case.exchange)
    return passed(case.exchange)


@exchange_check("success_status")
def success_status(case: ExchangeCase, *, also: Sequence[int] = ()) -> CheckResult | None:
    """A success or redirect has a status that the contract lists, or one of `also`."""
    response = applicable_response(case)
    if response is None or response.status >= 400:
        return None
    operation = case.contract.operations[case.exchange.operation or ""]
    listed = sorted({*(s for s in operation.responses if s < 400), *also})
    if response.status not in listed:
        expected = " or ".join(map(str, listed))
        return failed(f"{response.status}, not {expected}, is the success", case.exchange)
    return passed(case.exchange)


@exchange_check("status_listed")
def status_listed(case: ExchangeCase) -> CheckResult | None:
    """A 4xx is a status of the contract, or one that HTTP allows for any request."""
    response = applicable_response(case)
    if response is None or not 400 <= response.status < 500:
        return None
    operation = case.contract.operations[case.exchange.operation or ""]
    if response.status in operation.responses or response.status in GENERIC:
        return passed(case.exchange)
    listed = ", ".join(str(s) for s in sorted(operation.responses) if s >= 400)
    return failed(f"{response.status} is none of {listed}", case.exchange)
