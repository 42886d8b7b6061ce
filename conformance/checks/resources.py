"""Checks of resources that are created, read back and deleted."""

from collections.abc import Iterator
from typing import Any

from conformance.checks import Responses, active_check, exchange_check
from conformance.checks.active_case import ActiveCase, expect_rejected
from conformance.checks.cases import ExchangeCase
from conformance.contract_queries import value_at
from conformance.errors import Untestable
from conformance.verdict import CheckResult, failed, passed


@exchange_check("response_echoes_request", responses=Responses.SUCCESSFUL)
def response_echoes_request(
    case: ExchangeCase, *, pointer: str, requested: str, upper: bool = False
) -> CheckResult | None:
    """The response has at `pointer` the text or integer that the request has at `requested`.

    Args:
        case: the exchange.
        pointer: a JSON pointer into the response body.
        requested: a JSON pointer into the request body.
        upper: the response has it in upper case.
    """
    sent = value_at(case.exchange.request.json, requested)
    shown = value_at(case.response.json, pointer)
    if type(sent) not in {str, int} or sent == "" or type(shown) is not type(sent):
        return None
    expected = sent.upper() if upper else sent
    # Beyond ASCII it depends on the language what upper case is.
    same = upper and not sent.isascii() and shown.casefold() == sent.casefold()
    if shown != expected and not same:
        return failed(f"{pointer} is {shown!r}, not {expected!r}")
    return passed()


@active_check("rejects_duplicate", writes=True, requests=3)
def rejects_duplicate(case: ActiveCase, *, member: str) -> Iterator[CheckResult]:
    """A second creation with the same value at `member`, in the same or another case, fails."""
    request = case.valid_request()
    first = case.send(request)
    if first.status is None or first.status >= 400:
        raise Untestable("the first one could not be created")
    value = value_at(request.json, member)
    for duplicate in dict.fromkeys((value, str(value).lower())):
        second = request.with_member(member, duplicate)
        yield from case.send_invalid(second, f"a second one with {duplicate!r}", valid=None)


@active_check("created_reads_back", writes=True, requests=2)
def created_reads_back(case: ActiveCase, *, create: str) -> Iterator[CheckResult]:
    """What was created can be read, with every member as the creation answered it."""
    creation, ids = case.create_resource(create)
    read = case.send_minimal(case.operation, ids)
    if read.status is None:
        return
    if read.status >= 400:
        yield failed(f"what was just created is answered {read.status}", creation, read)
    elif different := _different_member(creation.json, read.json):
        yield failed(f"{different!r} differs from the response of the creation", creation, read)
    else:
        yield passed(creation, read)


def _different_member(created: Any, read: Any) -> str | None:
    if not isinstance(created, dict) or not isinstance(read, dict):
        return None
    shared = created.keys() & read.keys()
    return next((name for name in sorted(shared) if created[name] != read[name]), None)


@active_check("deleted_is_gone", writes=True, requests=3)
def deleted_is_gone(case: ActiveCase, *, create: str, read: str) -> Iterator[CheckResult]:
    """What was created can be deleted with a 204, and is then not readable any more."""
    creation, ids = case.create_resource(create)
    deletion = case.send_minimal(case.operation, ids)
    if deletion.status == 204:
        reading = case.send(case.factory.minimal(read, ids), valid=None)
        yield from expect_rejected(reading, "reading what was deleted", after=(deletion,))
    elif deletion.status is not None and deletion.status < 500:
        yield failed(f"the deletion is answered {deletion.status}", creation, deletion)
