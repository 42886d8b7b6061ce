"""Active checks of security: missing, wrong and foreign credentials, tokens, old TLS."""

import socket
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from conformance.checks import CheckResult, active_check, failed, passed, result_of, skipped
from conformance.checks.active_case import ActiveCase, expect_rejected
from conformance.contract_queries import credential_place, is_basic, security_scheme, value_at
from conformance.errors import NotPermitted, Untestable
from conformance.http import Exchange
from conformance.request_data import OperationRequest
from conformance.target import PRIMARY, WRONG, is_loopback

# Seconds for which a run really waits until a token expires.
LONGEST_LIFETIME: Final = 5
# The query parameter for a token that RFC 6750 (2.3) knows, and advises against.
QUERY_TOKEN: Final = "access_token"
_NO_TOKEN: Final = "the token operation answered without a token"
_CONNECT_TIMEOUT: Final = 10.0
_TLS_VERSIONS: Final = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1}


@active_check("rejects_missing_credentials", requests=2)
def rejects_missing_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request without credentials is rejected."""
    request = case.request_for_rejection()
    yield from _expect_refused(case, request, "a request without credentials", statuses, role=None)


def _expect_refused(
    case: ActiveCase,
    request: OperationRequest,
    subject: str,
    statuses: Sequence[int],
    **options: Any,
) -> Iterator[CheckResult]:
    """Send a request with a credential that must be refused; yield whether it was.

    Any status but 401 may have another reason. Then the same request is sent with the right
    credential: where that is answered alike, nothing was refused for the credential.
    """
    exchange = case.send(request, **{"valid": False, **options})
    refusals = list(expect_rejected(exchange, subject, statuses))
    status = exchange.status
    if status in {None, HTTPStatus.UNAUTHORIZED, *statuses} or not all(
        result.exchanges and status is not None and status >= HTTPStatus.BAD_REQUEST
        for result in refusals
    ):
        yield from refusals
        return
    try:
        right = case.send(case.factory.with_fresh_unique_values(request), valid=None)
    except NotPermitted:
        right = None
    if right is None or right.status != status:
        yield from refusals
    elif statuses and not case.names_unknown(request):
        reason = f"{subject} is answered {status} like the right credential: it is not refused"
        yield failed(reason, right, exchange)
    else:
        yield skipped(f"{subject} is answered {status}, but so is one with the right credential")


@active_check("rejects_wrong_credentials", requests=8)
def rejects_wrong_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is rejected with invented credentials, and with nearly right ones.

    A key that belongs into a header is tried in the query too, on loopback only: what is in a URL
    is kept in logs.
    """
    request = case.request_for_rejection()
    subject = "a request with invented credentials"
    yield from _expect_refused(case, request, subject, statuses, role=WRONG)
    security = security_scheme(case.contract, case.contract.operations[case.operation])
    place, name = credential_place(security) if security is not None else ("", "")
    for part, what in (*_near_credentials(case), *_near_clients(case)):
        subject, options = f"a request with {what}", {"role": None}
        if place == "query" and name in part:
            near = replace(request, query={**request.query, **part})
            yield from _expect_refused(case, near, subject, statuses, **options)
        else:
            yield from _expect_refused(case, request, subject, statuses, headers=part, **options)
    if place == "header" and name != "Authorization" and not case.contract.own:
        yield from _expect_refused_in_query(case, name, f"the right key as {name} in the query")


def _expect_refused_in_query(case: ActiveCase, name: str, what: str) -> Iterator[CheckResult]:
    """Send the primary credential as a query parameter alone; yield whether it was refused.

    Any status will do: a server may refuse the parameter as such.
    """
    credential = case.target.credentials.get(PRIMARY)
    if credential is None or credential.token is None or not is_loopback(case.target.base_url):
        return
    request = case.request_for_rejection()
    request = replace(request, query={**request.query, name: credential.token})
    yield from _expect_refused(case, request, f"a request with {what}", (), role=None)


def _near_credentials(case: ActiveCase) -> Iterator[tuple[dict[str, str], str]]:
    """Yield what a careless comparison would accept, each with what it is.

    It is a header, or a query parameter where the key is in the query.
    """
    scheme = security_scheme(case.contract, case.contract.operations[case.operation])
    credential = case.target.credentials.get(PRIMARY)
    if scheme is None or is_basic(scheme) or credential is None or credential.token is None:
        return
    name, lead = _place_of(scheme)
    placeholder = credential.placeholder
    yield {name: f"{lead}{placeholder}x"}, "one letter after the right credential"
    yield {name: lead}, "an empty credential"
    for suffix, change, what in (
        ("CUT", _without_end, "the first part of the right credential"),
        ("CASE", str.swapcase, "the right credential in the other case"),
    ):
        near = case.client.changed_secret(placeholder, suffix, change)
        if near is not None:
            yield {name: lead + near}, what
    if name != "Authorization" and not case.contract.own:
        yield {"Authorization": f"Bearer {placeholder}"}, f"the right key, but not as {name}"


def _place_of(scheme: Mapping[str, Any]) -> tuple[str, str]:
    """Return the header or query parameter of a credential, and what stands before it there."""
    place, name = credential_place(scheme)
    if place == "cookie":
        return "Cookie", f"{name}="
    return name, "" if scheme["type"] == "apiKey" else "Bearer "


def _near_clients(case: ActiveCase) -> Iterator[tuple[dict[str, str], str]]:
    """Yield headers with nearly right client credentials for HTTP Basic, each with what it is.

    A server may lock out a client after many wrong secrets: only a few are tried beyond loopback.
    """
    if _scheme(case) != "basic":
        return
    changes: tuple[tuple[str, Callable[[str], str], str], ...] = (
        ("OTHER", _other_end, "the right client and another secret"),
        ("EMPTY", lambda _: "", "the right client and an empty secret"),
        ("CUT", _without_end, "the right client and the first part of its secret"),
        ("CASE", str.swapcase, "the right client and its secret in the other case"),
    )
    for suffix, change, what in changes if is_loopback(case.target.base_url) else changes[:2]:
        if (near := case.client.changed_client(suffix, change)) is not None:
            yield {"Authorization": f"Basic {near}"}, what


def _without_end(secret: str) -> str:
    return secret[:-3]


def _other_end(secret: str) -> str:
    """Return a secret of the same length with another letter at its end."""
    return f"{secret[:-1]}{'y' if secret.endswith('x') else 'x'}"


def _credential_header(case: ActiveCase, scheme: str) -> dict[str, str] | None:
    """Return the header of the primary credential under an auth scheme."""
    security = security_scheme(case.contract, case.contract.operations[case.operation])
    credential = case.target.credentials.get(PRIMARY)
    if security is None or credential is None:
        return None
    if security.get("scheme") == "basic":
        client = case.client.changed_client("BASIC", str)
        return None if client is None else {"Authorization": f"{scheme} {client}"}
    if credential.token is None:
        return None
    if security["type"] == "apiKey":
        return {security["name"]: credential.placeholder} if security["in"] == "header" else None
    if security.get("scheme") == "bearer":
        return {"Authorization": f"{scheme} {credential.placeholder}"}
    return None


@active_check("rejects_other_auth_scheme", requests=3)
def rejects_other_auth_scheme(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """The right token or client is rejected under another auth scheme, and under none.

    On loopback a token is tried in the query as well: what is in a URL is kept in logs.
    """
    request = case.request_for_rejection()
    header = _credential_header(case, "Negotiate")
    if denial := case.client.policy.token_denial(case.contract.operations[case.operation]):
        raise Untestable(denial)
    if header is None:
        raise Untestable("the target file gives no `token` to send under another auth scheme")
    bare = {name: value.removeprefix("Negotiate ") for name, value in header.items()}
    what = "client" if _scheme(case) == "basic" else "token"
    for headers, scheme in ((header, "another auth scheme"), (bare, "no auth scheme")):
        subject = f"the right {what} under {scheme}"
        yield from _expect_refused(case, request, subject, statuses, role=None, headers=headers)
    if what == "token":
        what = f"the right token as {QUERY_TOKEN} in the query"
        yield from _expect_refused_in_query(case, QUERY_TOKEN, what)


def _scheme(case: ActiveCase) -> str:
    """Return the HTTP auth scheme of the operation, or an empty text."""
    security = security_scheme(case.contract, case.contract.operations[case.operation])
    return str(security.get("scheme", "")) if security is not None else ""


@active_check("rejects_bad_credentials", requests=9)
def rejects_bad_credentials(
    case: ActiveCase, *, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is rejected without credentials and with wrong ones."""
    yield from rejects_missing_credentials(case, statuses=statuses)
    yield from rejects_wrong_credentials(case, statuses=statuses)


@active_check("rejects_role", requests=2)
def rejects_role(
    case: ActiveCase, *, role: str, statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """A valid request is rejected for a role without the permission, or of another account.

    Further credentials of the kind (`limited_viewer`) are tried as well.
    """
    # A finished job cannot be cancelled by anybody: the same 403 would say nothing of the role.
    request = case.request_for_rejection(any_state=False)
    if case.names_unknown(request) and case.new_job() is not None:  # which shows further ids
        request = case.request_for_rejection(any_state=False)
    for name in case.target.credentials:
        if name == role or name.startswith(f"{role}_"):
            subject = f"a request of the role {name!r}"
            yield from _expect_refused(case, request, subject, statuses, role=name, valid=None)


@active_check("accepts_role")
def accepts_role(case: ActiveCase, *, role: str) -> Iterator[CheckResult]:
    """The credential of `role` is sufficient for the operation."""
    yield from case.send_valid(case.valid_request(), f"the role {role!r}", (401, 403), role=role)


@active_check("token_works", requests=2)
def token_works(case: ActiveCase, *, operation: str) -> Iterator[CheckResult]:
    """A token from the token operation is accepted by `operation`."""
    token_exchange, token = _request_token(case)
    kind = value_at(token_exchange.json, "/token_type")
    if isinstance(kind, str) and kind.lower() != "bearer":
        yield failed(f"the token is of the type {kind!r}, not Bearer", token_exchange)
        return
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
        raise Untestable(
            f"a token lasts {lifetime} s, for which no run waits "
            f"(a control URL moves time; up to {LONGEST_LIFETIME} s are waited for)"
        )
    used = _use_token(case, operation, token)
    subject = f"a token with a lifetime of {lifetime} s, after that time,"
    yield from expect_rejected(used, subject, after=(token_exchange,))


def _request_token(case: ActiveCase) -> tuple[Exchange, str]:
    exchange = case.send_minimal(case.operation)
    token = value_at(exchange.json, "/access_token") if exchange.status == 200 else None
    if not isinstance(token, str):
        raise Untestable(_NO_TOKEN)
    return exchange, token


def _use_token(case: ActiveCase, operation: str, token: str) -> Exchange:
    headers = {"Authorization": f"Bearer {token}"}
    return case.send(case.factory.minimal(operation), role=None, valid=None, headers=headers)


@active_check("rejects_old_tls")
def rejects_old_tls(case: ActiveCase, *, newest_refused: str) -> Iterator[CheckResult]:
    """A handshake that offers `newest_refused` at most fails, one without a limit succeeds."""
    url = urlsplit(case.target.base_url)
    if url.scheme != "https":
        raise Untestable("the target speaks http: there is no handshake to refuse")
    if not ssl.HAS_TLSv1_1:
        raise Untestable("the TLS library of this machine cannot offer TLS 1.1 itself")
    address = (url.hostname or "", url.port or 443)
    if _negotiated_version(address, None) is None:
        raise Untestable("no TLS handshake succeeds at the target")
    version = _negotiated_version(address, _TLS_VERSIONS[newest_refused])
    yield result_of(version and f"the target agreed to {version}")


def _negotiated_version(address: tuple[str, int], newest: ssl.TLSVersion | None) -> str | None:
    """Return the version that a handshake agreed on, None where it failed.

    The identity of the target does not matter here: its certificate is not verified.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Without this OpenSSL itself refuses to offer the old versions.
    context.set_ciphers("ALL:@SECLEVEL=0")
    if newest is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
    try:
        with (
            socket.create_connection(address, _CONNECT_TIMEOUT) as connection,
            context.wrap_socket(connection, server_hostname=address[0]) as secured,
        ):
            return secured.version()
    except OSError:
        return None
