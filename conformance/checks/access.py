"""Probes of who may do what: without, with wrong, with too weak and with others' credentials."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.access.target import FOREIGN, PRIMARY, WRONG
from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import NO_SUBJECT, Subject, acceptance, refusal
from conformance.contracts.inspection import scheme
from conformance.outcome import Judgement, skipped
from conformance.requests.asked import Asked
from conformance.traffic.exchange import Exchange

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


@probe("refuses_wrong_credentials", requests=2)
def refuses_wrong_credentials(
    case: ProbeCase, *, statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """A valid request is refused with an invented credential, and with the right one and more."""
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
    header = _header(subject, "Bearer", "x")
    if header is not None:
        exchange = subject.send(asked, role=None, valid=False, headers=header)
        yield exchange, "a request with the right credential and a letter more"


def _header(subject: Subject, word: str, more: str) -> dict[str, str] | None:
    """Return the header of the right credential, after `word` and with `more` at its end."""
    found = scheme(subject.client.contract, subject.client.contract.operations[subject.operation])
    credential = subject.client.target.credentials.get(PRIMARY)
    if found is None or credential is None or credential.token is None:
        return None
    if found["type"] == "apiKey":
        return {found["name"]: f"{credential.placeholder}{more}"}
    if found.get("scheme") == "bearer":
        return {"Authorization": f"{word} {credential.placeholder}{more}"}
    return None


@probe("refuses_other_scheme")
def refuses_other_scheme(case: ProbeCase, *, statuses: Sequence[int] = ()) -> Iterator[Judgement]:
    """The right token is refused under another word than Bearer."""
    subject = Subject(case)
    asked = subject.refusable()
    header = _header(subject, "Negotiate", "")
    if asked is None or header is None:
        yield skipped(NO_SUBJECT)
        return
    exchange = subject.send(asked, role=None, valid=False, headers=header)
    if judgement := refusal(exchange, "the right token under another scheme", tuple(statuses)):
        yield judgement


@probe("refuses_bad_credentials", requests=3)
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
