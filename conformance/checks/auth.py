"""Active checks of access: missing, wrong, weak and foreign credentials, and bought tokens."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.checks.probe_context import ProbeContext, expect_accepted, expect_rejected
from conformance.checks.registry import ActiveCase, active_check
from conformance.contract_queries import security_scheme, value_at
from conformance.errors import Untestable
from conformance.http.exchange import Exchange
from conformance.job_client import PROBE, JobClient
from conformance.target.config import FOREIGN, PRIMARY, WRONG, no_credential
from conformance.verdict import CheckResult, failed, passed

# Seconds for which a run really waits until a token expires.
LONGEST_LIFETIME: Final = 5
_NO_TOKEN: Final = "the token operation answered without a token"


@active_check("rejects_missing_credentials")
def rejects_missing_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request without credentials is rejected."""
    probe = ProbeContext(case)
    exchange = probe.send(probe.request_for_rejection(), role=None, valid=False)
    yield from expect_rejected(exchange, "a request without credentials", tuple(statuses))


@active_check("rejects_wrong_credentials", requests=6)
def rejects_wrong_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is rejected with invented credentials, and with nearly right ones."""
    probe = ProbeContext(case)
    request = probe.request_for_rejection()
    exchange = probe.send(request, role=WRONG, valid=False)
    yield from expect_rejected(exchange, "a request with invented credentials", tuple(statuses))
    for headers, what in _near_credentials(probe):
        exchange = probe.send(request, role=None, valid=False, headers=headers)
        yield from expect_rejected(exchange, f"a request with {what}", tuple(statuses))


def _near_credentials(probe: ProbeContext) -> Iterator[tuple[dict[str, str], str]]:
    """Yield headers that a careless comparison would accept, each with what it is."""
    right = _credential_header(probe, "Bearer")
    if right is None:
        return
    name, value = next(iter(right.items()))
    placeholder = value.removeprefix("Bearer ")
    yield {name: f"{value}x"}, "one letter after the right credential"
    yield {name: value.removesuffix(placeholder)}, "an empty credential"
    for suffix, change, what in (
        ("CUT", _without_end, "the first part of the right credential"),
        ("CASE", str.swapcase, "the right credential in the other case"),
    ):
        near = probe.client.changed_secret(placeholder, suffix, change)
        if near is not None:
            yield {name: value.replace(placeholder, near)}, what
    if name != "Authorization":
        yield {"Authorization": f"Bearer {placeholder}"}, f"the right key, but not as {name}"


def _without_end(secret: str) -> str:
    return secret[:-3]


def _credential_header(probe: ProbeContext, scheme: str) -> dict[str, str] | None:
    """Return the header of the primary credential under an auth scheme."""
    contract = probe.client.contract
    security = security_scheme(contract, contract.operations[probe.operation])
    credential = probe.client.target.credentials.get(PRIMARY)
    if security is None or credential is None or credential.token is None:
        return None
    if security["type"] == "apiKey":
        return {security["name"]: credential.placeholder}
    if security.get("scheme") == "bearer":
        return {"Authorization": f"{scheme} {credential.placeholder}"}
    return None


@active_check("rejects_other_auth_scheme", requests=2)
def rejects_other_auth_scheme(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """The right token is rejected under another auth scheme than Bearer, and under none."""
    probe = ProbeContext(case)
    request = probe.request_for_rejection()
    header = _credential_header(probe, "Negotiate")
    if header is None:
        raise Untestable("the target file gives no `token` to send under another auth scheme")
    bare = {name: value.removeprefix("Negotiate ") for name, value in header.items()}
    for headers, scheme in ((header, "another auth scheme"), (bare, "no auth scheme")):
        exchange = probe.send(request, role=None, valid=False, headers=headers)
        yield from expect_rejected(exchange, f"the token under {scheme}", tuple(statuses))


@active_check("rejects_bad_credentials", requests=7)
def rejects_bad_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is rejected without credentials and with wrong ones."""
    yield from rejects_missing_credentials(case, statuses=statuses)
    yield from rejects_wrong_credentials(case, statuses=statuses)


@active_check("rejects_missing_permission")
def rejects_missing_permission(
    case: ActiveCase, *, role: str, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is rejected where its credential lacks the operation's permission."""
    yield from _rejects_role(case, role, "a request without the permission", statuses)


@active_check("rejects_foreign_account", roles=[FOREIGN])
def rejects_foreign_account(case: ActiveCase, *, role: str = FOREIGN) -> Iterator[CheckResult]:
    """What belongs to one account is refused to another."""
    yield from _rejects_role(case, role, "another account's request")


def _rejects_role(
    case: ActiveCase, role: str, subject: str, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    _require_credential(case, role)
    probe = ProbeContext(case)
    exchange = probe.send(probe.request_for_rejection(), role=role, valid=None)
    yield from expect_rejected(exchange, subject, tuple(statuses))


def _require_credential(case: ActiveCase, role: str) -> None:
    if not case.target.has_credential(role):
        raise Untestable(no_credential(role))


@active_check("accepts_role")
def accepts_role(case: ActiveCase, *, role: str) -> Iterator[CheckResult]:
    """The credential of `role` is sufficient for the operation."""
    _require_credential(case, role)
    probe = ProbeContext(case)
    exchange = probe.send(probe.valid_request(), role=role)
    yield from expect_accepted(exchange, f"the role {role!r}", (401, 403))


@active_check("token_works", requests=2)
def token_works(case: ActiveCase, *, operation: str) -> Iterator[CheckResult]:
    """A token from the token operation is accepted by `operation`."""
    token_exchange, token = _request_token(case)
    used = _use_token(case, operation, token)
    if used.status in {401, 403}:
        yield failed(f"the new token is rejected with {used.status}", token_exchange, used)
    elif used.status is not None and used.status < 400:
        yield passed(token_exchange, used)


@active_check("token_expires", requests=3)
def token_expires(case: ActiveCase, *, operation: str) -> Iterator[CheckResult]:
    """A token is rejected after the lifetime that came with it."""
    token_exchange, token = _request_token(case)
    lifetime = value_at(token_exchange.json, "/expires_in")
    if not isinstance(lifetime, int):
        raise Untestable(_NO_TOKEN)
    soon = case.client.has_control or lifetime <= LONGEST_LIFETIME
    if not soon or not case.client.wait(lifetime + 1):
        raise Untestable(f"a token lasts {lifetime} s, and nothing here makes it expire in time")
    used = _use_token(case, operation, token)
    subject = f"a token with a lifetime of {lifetime} s, after that time,"
    yield from expect_rejected(used, subject, after=(token_exchange,))


def _request_token(case: ActiveCase) -> tuple[Exchange, str]:
    request = JobClient(case.client, PROBE).factory.minimal(case.requirement.operation or "")
    exchange = request.send(case.client, PROBE)
    token = value_at(exchange.json, "/access_token") if exchange.status == 200 else None
    if not isinstance(token, str):
        raise Untestable(_NO_TOKEN)
    return exchange, token


def _use_token(case: ActiveCase, operation: str, token: str) -> Exchange:
    request = JobClient(case.client, PROBE).factory.minimal(operation)
    headers = {"Authorization": f"Bearer {token}"}
    return request.send(case.client, PROBE, role=None, valid=None, headers=headers)
