"""Probes of who may do what: without, with wrong, with too weak and with others' credentials."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.checks.probe_context import (
    NO_REQUEST_POSSIBLE,
    ProbeContext,
    expect_accepted,
    expect_rejected,
)
from conformance.checks.registry import ActiveCase, active_check
from conformance.contract_queries import security_scheme, value_at
from conformance.http.exchange import Exchange
from conformance.job_client import PROBE, JobClient
from conformance.request_data.operation_request import OperationRequest
from conformance.target.config import FOREIGN, PRIMARY, WRONG
from conformance.verdict import CheckResult, failed, passed, skipped

_MISSING: Final = "a request without credentials"


@active_check("rejects_missing_credentials")
def rejects_missing_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request without credentials is refused."""
    subject = ProbeContext(case)
    asked = subject.request_for_rejection()
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    exchange = subject.send(asked, role=None, valid=False)
    if judgement := expect_rejected(exchange, _MISSING, tuple(statuses)):
        yield judgement


@active_check("rejects_wrong_credentials", requests=2)
def rejects_wrong_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is refused with an invented credential, and with the right one and more."""
    subject = ProbeContext(case)
    asked = subject.request_for_rejection()
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    for exchange, what in _wrong(subject, asked):
        if judgement := expect_rejected(exchange, what, tuple(statuses)):
            yield judgement


def _wrong(subject: ProbeContext, asked: OperationRequest) -> Iterator[tuple[Exchange, str]]:
    yield subject.send(asked, role=WRONG, valid=False), "a request with invented credentials"
    header = _header(subject, "Bearer", "x")
    if header is not None:
        exchange = subject.send(asked, role=None, valid=False, headers=header)
        yield exchange, "a request with the right credential and a letter more"


def _header(subject: ProbeContext, word: str, more: str) -> dict[str, str] | None:
    """Return the header of the right credential, after `word` and with `more` at its end."""
    found = security_scheme(
        subject.client.contract, subject.client.contract.operations[subject.operation]
    )
    credential = subject.client.target.credentials.get(PRIMARY)
    if found is None or credential is None or credential.token is None:
        return None
    if found["type"] == "apiKey":
        return {found["name"]: f"{credential.placeholder}{more}"}
    if found.get("scheme") == "bearer":
        return {"Authorization": f"{word} {credential.placeholder}{more}"}
    return None


@active_check("rejects_other_auth_scheme")
def rejects_other_auth_scheme(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """The right token is refused under another word than Bearer."""
    subject = ProbeContext(case)
    asked = subject.request_for_rejection()
    header = _header(subject, "Negotiate", "")
    if asked is None or header is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    exchange = subject.send(asked, role=None, valid=False, headers=header)
    if judgement := expect_rejected(
        exchange, "the right token under another scheme", tuple(statuses)
    ):
        yield judgement


@active_check("rejects_bad_credentials", requests=3)
def rejects_bad_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is refused without credentials and with wrong ones."""
    yield from rejects_missing_credentials(case, statuses=statuses)
    yield from rejects_wrong_credentials(case, statuses=statuses)


@active_check("rejects_missing_permission")
def rejects_missing_permission(
    case: ActiveCase, *, role: str, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is refused where its credential lacks the operation's right."""
    yield from _as_role(case, role, "a request without the right", statuses)


@active_check("rejects_foreign_account", roles=[FOREIGN])
def rejects_foreign_account(case: ActiveCase, *, role: str = FOREIGN) -> Iterator[CheckResult]:
    """What belongs to one account is refused to another."""
    yield from _as_role(case, role, "another account's request", ())


def _as_role(
    case: ActiveCase, role: str, what: str, statuses: Sequence[int]
) -> Iterator[CheckResult]:
    if not case.target.has_credential(role):
        yield skipped(f"the target names no credential for the role {role!r}")
        return
    subject = ProbeContext(case)
    asked = subject.request_for_rejection()
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    exchange = subject.send(asked, role=role, valid=None)
    if judgement := expect_rejected(exchange, what, tuple(statuses)):
        yield judgement


@active_check("accepts_role")
def accepts_role(case: ActiveCase, *, role: str) -> Iterator[CheckResult]:
    """The credential of `role` is enough for the operation."""
    if not case.target.has_credential(role):
        yield skipped(f"the target names no credential for the role {role!r}")
        return
    subject = ProbeContext(case)
    asked = subject.valid_request()
    if asked is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    exchange = subject.send(asked, role=role)
    if judgement := expect_accepted(exchange, f"the role {role!r}", (401, 403)):
        yield judgement


_NO_TOKEN: Final = "no token was answered"


@active_check("token_works", requests=2)
def token_works(case: ActiveCase, *, operation: str) -> Iterator[CheckResult]:
    """A token that was bought opens `operation`."""
    bought = _request_token(case)
    if bought is None:
        yield skipped(_NO_TOKEN)
        return
    purchase, token = bought
    used = _use_token(case, operation, token)
    if used.status in {401, 403}:
        yield failed(f"the new token is refused by {used.status}", purchase, used)
    elif used.status is not None and used.status < 400:
        yield passed(purchase, used)


@active_check("token_expires", requests=3)
def token_expires(case: ActiveCase, *, operation: str) -> Iterator[CheckResult]:
    """A token is refused once the time that came with it is over."""
    if not case.client.has_control:
        yield skipped("only a control URL can make a token old in time")
        return
    bought = _request_token(case)
    lasts = value_at(bought[0].json, "/expires_in") if bought else None
    if bought is None or not isinstance(lasts, int) or not case.client.wait(lasts + 1):
        yield skipped(_NO_TOKEN)
        return
    purchase, token = bought
    used = _use_token(case, operation, token)
    judgement = expect_rejected(used, f"a token that lasted {lasts} s, after that time", ())
    if judgement is not None and judgement.passed is False:
        yield failed(judgement.reason, purchase, used)
    elif judgement is not None:
        yield judgement


def _request_token(case: ActiveCase) -> tuple[Exchange, str] | None:
    asked = JobClient(case.client, PROBE).factory.minimal(case.requirement.operation or "")
    purchase = asked.send(case.client, PROBE)
    token = value_at(purchase.json, "/access_token") if purchase.status == 200 else None
    return (purchase, token) if isinstance(token, str) else None


def _use_token(case: ActiveCase, operation: str, token: str) -> Exchange:
    asked: OperationRequest = JobClient(case.client, PROBE).factory.minimal(operation)
    headers = {"Authorization": f"Bearer {token}"}
    return asked.send(case.client, PROBE, role=None, valid=None, headers=headers)
