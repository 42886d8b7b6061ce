"""Checks of resources that are created, read back and deleted."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.checks.probe_context import ProbeContext, expect_rejected
from conformance.checks.registry import (
    ActiveCase,
    ExchangeCase,
    active_check,
    exchange_check,
    successful_response,
)
from conformance.contract_queries import value_at
from conformance.errors import Untestable
from conformance.http.exchange import Exchange
from conformance.job_client import PROBE, JobClient
from conformance.request_data.operation_request import OperationRequest
from conformance.target.job_ids import created_ids
from conformance.verdict import CheckResult, failed, passed

_NOT_CREATED: Final = "no creation answered with an id"


@exchange_check("response_echoes_request")
def response_echoes_request(
    case: ExchangeCase, *, pointer: str, asked: str, upper: bool = False
) -> CheckResult | None:
    """The response has at `pointer` the text or integer that the request has at `asked`.

    Args:
        case: the exchange.
        pointer: a JSON pointer into the response body.
        asked: a JSON pointer into the request body.
        upper: the response has it in upper case.
    """
    response = successful_response(case)
    requested = value_at(case.exchange.request.json, asked)
    if response is None or type(requested) not in {str, int} or requested == "":
        return None
    shown = value_at(response.json, pointer)
    if type(shown) is not type(requested):
        return None
    expected = requested.upper() if upper else requested
    # Beyond ASCII it depends on the language what upper case is.
    same = upper and not requested.isascii() and shown.casefold() == requested.casefold()
    if shown != expected and not same:
        return failed(f"{pointer} is {shown!r}, not {expected!r}", case.exchange)
    return passed(case.exchange)


@active_check("rejects_duplicate", writes=True, requests=3)
def rejects_duplicate(case: ActiveCase, *, member: str) -> Iterator[CheckResult]:
    """A second creation with the same value at `member`, in the same or another case, fails."""
    probe = ProbeContext(case)
    request = probe.valid_request()
    first = probe.send(request)
    if first.status is None or first.status >= 400:
        raise Untestable("the first one could not be created")
    value = value_at(request.json, member)
    for duplicate in dict.fromkeys((value, str(value).lower())):
        exchange = probe.send(request.with_member(member, duplicate), valid=None)
        yield from expect_rejected(exchange, f"a second one with {duplicate!r}")


@active_check("created_reads_back", writes=True, requests=2)
def created_reads_back(case: ActiveCase, *, create: str) -> Iterator[CheckResult]:
    """What was created can be read, with every member as the creation answered it."""
    creation, ids = _create(case, create)
    read = _request_for(case, case.requirement.operation or "", ids).send(case.client, PROBE)
    if read.status is None:
        return
    if read.status >= 400:
        yield failed(f"what was just created is answered {read.status}", creation, read)
    elif different := _different_member(creation.json, read.json):
        yield failed(f"{different!r} differs from the response of the creation", creation, read)
    else:
        yield passed(creation, read)


def _create(case: ActiveCase, operation: str) -> tuple[Exchange, Mapping[str, str]]:
    """Create a resource and return the exchange and the new ids by parameter name.

    Raises:
        Untestable: the creation does not succeed or answers without an id.
    """
    creation = _request_for(case, operation, {}).send(case.client, PROBE)
    ids = dict(created_ids(case.contract, creation)) if creation.status else {}
    if creation.status is None or creation.status >= 300 or not ids:
        raise Untestable(_NOT_CREATED)
    return creation, ids


def _request_for(case: ActiveCase, operation: str, ids: Mapping[str, str]) -> OperationRequest:
    return JobClient(case.client, PROBE).factory.minimal(operation, ids)


def _different_member(created: Any, read: Any) -> str | None:
    if not isinstance(created, dict) or not isinstance(read, dict):
        return None
    shared = created.keys() & read.keys()
    return next((name for name in sorted(shared) if created[name] != read[name]), None)


@active_check("deleted_is_gone", writes=True, requests=3)
def deleted_is_gone(case: ActiveCase, *, create: str, read: str) -> Iterator[CheckResult]:
    """What was created can be deleted with a 204, and is then not readable any more."""
    creation, ids = _create(case, create)
    deletion = _request_for(case, case.requirement.operation or "", ids).send(case.client, PROBE)
    if deletion.status == 204:
        reading = _request_for(case, read, ids).send(case.client, PROBE, valid=None)
        yield from expect_rejected(reading, "reading what was deleted", after=(deletion,))
    elif deletion.status is not None and deletion.status < 500:
        yield failed(f"the deletion is answered {deletion.status}", creation, deletion)
