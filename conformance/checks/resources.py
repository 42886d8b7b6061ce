"""Probes and judges of things that are created, read, found again and deleted."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.checks.applicability import applicable_response, expected_statuses
from conformance.checks.datetimes import request_json
from conformance.checks.probe_context import ProbeContext, expect_rejected
from conformance.checks.registry import ActiveCase, ExchangeCase, active_check, exchange_check
from conformance.contract_queries import created_ids, value_at, values_at
from conformance.http.exchange import Exchange
from conformance.job_client import PROBE, JobClient
from conformance.request_data.operation_request import OperationRequest
from conformance.verdict import CheckResult, failed, passed, skipped

_NOT_MADE: Final = "no creation answered with an id"


@exchange_check("response_echoes_report_ids")
def response_echoes_report_ids(
    case: ExchangeCase, *, asked: str, pointer: str, member: str
) -> CheckResult | None:
    """The items at `pointer` have, at `member`, the ids that the request named at `asked`."""
    received = applicable_response(case, expected_statuses(case, ()))
    wanted = value_at(request_json(case.exchange), asked)
    if received is None or not isinstance(wanted, list):
        return None
    if not isinstance(value_at(received.json, pointer), list):
        return None
    shown = [value for _, value in values_at(received.json, f"{pointer}/-{member}")]
    if {str(id_) for id_ in shown} != {str(id_) for id_ in wanted}:
        return failed(f"asked for were {wanted}, in the answer are {shown}", case.exchange)
    return passed(case.exchange)


@exchange_check("response_echoes_request")
def response_echoes_request(
    case: ExchangeCase, *, pointer: str, asked: str, upper: bool = False
) -> CheckResult | None:
    """What the request said at `asked` is in the answer at `pointer`, in capitals if `upper`."""
    received = applicable_response(case, expected_statuses(case, ()))
    wanted = value_at(request_json(case.exchange), asked)
    if received is None or not isinstance(wanted, str) or not wanted:
        return None
    shown = value_at(received.json, pointer)
    if not isinstance(shown, str):
        return None
    right = wanted.upper() if upper else wanted
    if shown != right:
        return failed(f"{pointer} is {shown!r}, not {right!r}", case.exchange)
    return passed(case.exchange)


@active_check("rejects_duplicate", writes=True, requests=3)
def rejects_duplicate(case: ActiveCase, *, member: str) -> Iterator[CheckResult]:
    """A second creation with the same value at `member`, in the same or another case, fails."""
    subject = ProbeContext(case)
    asked = subject.valid_request()
    first = subject.send(asked) if asked is not None else None
    if asked is None or first is None or first.status is None or first.status >= 400:
        yield skipped("no first one could be created")
        return
    value = value_at(asked.json, member)
    for again in dict.fromkeys((value, str(value).lower())):
        exchange = subject.send(asked.with_member(member, again), valid=None)
        if judgement := expect_rejected(exchange, f"a second one with {again!r}", ()):
            yield judgement


@active_check("created_reads_back", writes=True, requests=2)
def created_reads_back(case: ActiveCase, *, create: str) -> Iterator[CheckResult]:
    """What was created can be read, and every member reads as it was answered."""
    made = _create(case, create)
    if made is None:
        yield skipped(_NOT_MADE)
        return
    creation, ids = made
    read = _about(case, case.requirement.operation or "", ids).send(case.client, PROBE)
    if read.status is None:
        return
    if read.status >= 400:
        yield failed(f"what was just created is answered {read.status}", creation, read)
    elif different := _different(creation.json, read.json):
        yield failed(f"{different!r} is not as it was answered", creation, read)
    else:
        yield passed(creation, read)


def _create(case: ActiveCase, create: str) -> tuple[Exchange, Mapping[str, str]] | None:
    asked = JobClient(case.client, PROBE).factory.minimal(create)
    creation = asked.send(case.client, PROBE)
    ids = dict(created_ids(case.contract, creation)) if creation.status else {}
    return (creation, ids) if creation.status and creation.status < 300 and ids else None


def _about(case: ActiveCase, operation: str, ids: Mapping[str, str]) -> OperationRequest:
    return JobClient(case.client, PROBE).factory.minimal(operation, ids)


def _different(created: Any, read: Any) -> str | None:
    if not isinstance(created, dict) or not isinstance(read, dict):
        return None
    shared = created.keys() & read.keys()
    return next((name for name in sorted(shared) if created[name] != read[name]), None)


@active_check("deleted_is_gone", writes=True, requests=3)
def deleted_is_gone(case: ActiveCase, *, create: str, read: str) -> Iterator[CheckResult]:
    """What was created can be deleted by a 204, and can be read no more."""
    made = _create(case, create)
    if made is None:
        yield skipped(_NOT_MADE)
        return
    creation, ids = made
    deletion = _about(case, case.requirement.operation or "", ids).send(case.client, PROBE)
    if deletion.status != 204:
        if deletion.status is not None and deletion.status < 500:
            yield failed(f"the deletion is answered {deletion.status}", creation, deletion)
        return
    after = _about(case, read, ids).send(case.client, PROBE, valid=None)
    judgement = expect_rejected(after, "a look at what was deleted", ())
    if judgement is not None and judgement.passed is False:
        yield failed(judgement.reason, deletion, after)
    elif judgement is not None:
        yield judgement
