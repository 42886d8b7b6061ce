"""Probes of who may do what: without, with wrong, with too weak and with others' credentials."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.asked import Asked
from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import NO_SUBJECT, Subject, acceptance, refusal
from conformance.exchange import Exchange
from conformance.inspection import scheme
from conformance.outcome import Judgement, skipped
from conformance.target import FOREIGN, PRIMARY, WRONG

_MISSING: Final = "a request without credentials"


@probe("refuses_missing_credentials")
def refuses_missing_credentials(
    case: ProbeCase, *, statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """A valid request without credentials is refused."""
    subject = Subject(case)
    asked = subject.refusable()
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    exchange = subject.send(asked, role=None, valid=False)
    if judgement := refusal(exchange, _MISSING, tuple(statuses)):
        yield judgement


@probe("refuses_wrong_credentials", requests=4)
def refuses_wrong_credentials(
    case: ProbeCase, *, statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """A valid request is refused with credentials that were never issued, or only look right.

    Sent are an invented one, the right one with a letter more, and the right one under another
    scheme than the contract's.
    """
    subject = Subject(case)
    asked = subject.refusable()
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    for exchange, what in _wrong(subject, asked):
        if judgement := refusal(exchange, what, tuple(statuses)):
            yield judgement


def _wrong(subject: Subject, asked: Asked) -> Iterator[tuple[Exchange, str]]:
    yield subject.send(asked, role=WRONG, valid=False), "a request with invented credentials"
    for header, value, what in _almost_right(subject):
        headers = {header: value}
        yield subject.send(asked, role=None, valid=False, headers=headers), what


def _almost_right(subject: Subject) -> Iterator[tuple[str, str, str]]:
    found = scheme(subject.client.contract, subject.client.contract.operations[subject.operation])
    credential = subject.client.target.credentials.get(PRIMARY)
    if found is None or credential is None or credential.token is None:
        return
    longer = "a request with the right credential and a letter more"
    if found["type"] == "apiKey":
        yield found["name"], f"{credential.placeholder}x", longer
    elif found.get("scheme") == "bearer":
        yield "Authorization", f"Bearer {credential.placeholder}x", longer
        yield (
            "Authorization",
            f"Negotiate {credential.placeholder}",
            "a request with the right token under another scheme",
        )


@probe("refuses_bad_credentials", requests=5)
def refuses_bad_credentials(
    case: ProbeCase, *, statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """A valid request is refused without credentials and with wrong ones."""
    yield from refuses_missing_credentials(case, statuses=statuses)
    yield from refuses_wrong_credentials(case, statuses=statuses)


@probe("refuses_without_grant")
def refuses_without_grant(
    case: ProbeCase, *, role: str, statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """A valid request is refused where its credential lacks the operation's right."""
    yield from _as_role(case, role, "a request without the right", statuses)


@probe("refuses_foreign", roles=[FOREIGN])
def refuses_foreign(case: ProbeCase, *, role: str = FOREIGN) -> Iterator[Judgement]:
    """What belongs to one account is refused to another."""
    yield from _as_role(case, role, "another account's request", ())


def _as_role(case: ProbeCase, role: str, what: str, statuses: Sequence[int]) -> Iterator[Judgement]:
    if not case.target.has(role):
        yield skipped(f"the target names no credential for the role {role!r}")
        return
    subject = Subject(case)
    asked = subject.refusable()
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    exchange = subject.send(asked, role=role, valid=None)
    if judgement := refusal(exchange, what, tuple(statuses)):
        yield judgement


@probe("accepts_role")
def accepts_role(case: ProbeCase, *, role: str) -> Iterator[Judgement]:
    """The credential of `role` is enough for the operation."""
    if not case.target.has(role):
        yield skipped(f"the target names no credential for the role {role!r}")
        return
    subject = Subject(case)
    asked = subject.ready()
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    exchange = subject.send(asked, role=role)
    if judgement := acceptance(exchange, f"the role {role!r}", (401, 403)):
        yield judgement
