"""Credentials: what a role sends, tokens and their renewal, and one that stops working midway."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from conformance.contract_queries import (
    credential_place,
    is_basic,
    security_scheme,
    token_operation,
)
from conformance.errors import NotPermitted, TargetUnavailable
from conformance.http import NOT_JSON, SAFE_METHODS, Exchange, ExchangeInfo
from conformance.http.request import HttpRequest, PreparedCall, form_body
from conformance.http.transport import Transport
from conformance.target import PRIMARY, WRONG, Credential, Target, no_credential
from specs import Contract, Operation

REFUSED: Final = frozenset({401, 403})
MAX_REPEATED: Final = 3
# How often an operation of a role is looked into where the credential turned out to be good.
MAX_CLEARED: Final = 3


@dataclass(frozen=True, slots=True)
class KnownGood:
    """A safe request that was not refused, and its exchange."""

    call: PreparedCall
    exchange: Exchange

    @property
    def succeeded(self) -> bool:
        """True for a 2xx."""
        return self.exchange.status is not None and 200 <= self.exchange.status < 300


@dataclass(slots=True)
class CredentialWatch:
    """Remembers what each role was granted, to repeat it where the role is refused later."""

    contract: Contract
    _first: dict[str, KnownGood] = field(default_factory=dict)
    _latest: dict[str, dict[str, KnownGood]] = field(default_factory=dict)
    _granted: set[tuple[str, str]] = field(default_factory=set)
    _cleared: Counter[tuple[str, str]] = field(default_factory=Counter)
    _token_operation: str | None = field(init=False)

    def __post_init__(self) -> None:
        token = token_operation(self.contract)
        self._token_operation = token.id if token else None

    def sends_own_credential(self, call: PreparedCall) -> bool:
        """Return True if a request carries its role's token or key, unchanged."""
        scheme, token = security_scheme(self.contract, call.operation), self._token_operation
        if call.info.role in {None, WRONG} or scheme is None or call.operation.id == token:
            return False
        place, name = credential_place(scheme)
        if place == "query":
            return name not in dict(call.request.query)
        header = "cookie" if place == "cookie" else name.lower()
        return header not in {sent.lower() for sent in call.headers}

    def observe(self, call: PreparedCall, exchange: Exchange) -> None:
        """Remember a request if it can be repeated to see whether its credential still works."""
        role = call.info.role
        if role is None or exchange.status is None or exchange.status >= 500:
            return
        if exchange.status in REFUSED:
            return
        self._granted.add((role, call.operation.id))
        if call.operation.method not in SAFE_METHODS or call.info.valid is False:
            return
        good = KnownGood(call, exchange)
        self._first.setdefault(role, good)
        if good.succeeded:
            self._latest.setdefault(role, {})[call.operation.id] = good

    def is_suspicious(self, call: PreparedCall, exchange: Exchange) -> bool:
        """Return True if a refusal may mean that the credential does not work any more."""
        role = call.info.role or ""
        if exchange.status not in REFUSED or role not in self._first:
            return False
        # A lesser role is there to be refused: only what it was granted before is suspicious.
        if role != PRIMARY and (role, call.operation.id) not in self._granted:
            return False
        return self._cleared[role, call.operation.id] < MAX_CLEARED

    def clear(self, call: PreparedCall) -> None:
        """Remember that the credential was good although it was refused here."""
        self._cleared[call.info.role or "", call.operation.id] += 1

    def granted_requests(self, role: str) -> Iterator[KnownGood]:
        """Yield requests that were not refused before: the first of the run, then the latest.

        The first asks for what does not exist or is not the run's, so it does not depend on what
        the run has deleted since.
        """
        latest = sorted(self._latest.get(role, {}).values(), key=lambda g: -g.exchange.number)
        first = self._first[role]
        known = [good for good in latest if good.exchange is not first.exchange]
        yield from [first, *known][:MAX_REPEATED]


INVENTED = "no-such-credential"
DRIVER = "credentials"
DEFAULT_LIFETIME = 300.0
RENEW_BEFORE = 30.0
# More would only hide that tokens do not last as long as they say.
MAX_RENEWALS: Final = 20


@dataclass(frozen=True, slots=True)
class Token:
    """A token from the token operation; it is renewed at the clock's time `renew_at`."""

    value: str
    renew_at: float


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Where a target file has tokens requested: a transport to its host, and the path there."""

    transport: Transport
    path: str


def token_endpoint(url: str, transport_to: Callable[[str], Transport]) -> TokenEndpoint:
    """Return the endpoint of a `token_url`."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    origin = f"{parts.scheme}://{parts.netloc}"
    return TokenEndpoint(transport_to(origin), (parts.path or "/") + query)


class Credentials:
    """The headers with a role's credential; tokens are requested and renewed as needed."""

    def __init__(
        self,
        contract: Contract,
        target: Target,
        transport: Transport,
        token_endpoints: Mapping[str, TokenEndpoint],
    ) -> None:
        self._contract = contract
        self._target = target
        self._transport = transport
        self._redactor = transport.redactor
        self._clock = transport.budget.clock
        self._token_endpoints = token_endpoints
        self._tokens: dict[str, Token] = {}
        self._renewals: Counter[str] = Counter()
        for credential in target.credentials.values():
            self._redactor.register(credential.token, credential.placeholder)
            self._redactor.register(credential.client_secret, f"{credential.placeholder}_SECRET")
            if credential.client_id and credential.client_secret:
                self._basic_credential(credential.role)

    def authorize(
        self, request: HttpRequest, operation: Operation, role: str | None
    ) -> HttpRequest:
        """Return a request with the credential of `role`, if its operation needs one.

        Raises:
            NotPermitted: the target names no such credential.
            TargetUnavailable: the token operation answered without a token.
        """
        scheme = security_scheme(self._contract, operation)
        if role is None or scheme is None:
            return request
        place, name = credential_place(scheme)
        if is_basic(scheme):
            secret = f"Basic {self._basic_credential(role)}"
        else:
            secret = (
                self._token(role) if scheme["type"] == "apiKey" else f"Bearer {self._token(role)}"
            )
        if place == "query":
            return request.with_query(name, secret)
        return request.with_headers(
            {"Cookie": f"{name}={secret}"} if place == "cookie" else {name: secret}
        )

    def version(self, role: str | None) -> int:
        """Return how often the token of `role` was renewed because it was refused."""
        return self._renewals[role or ""]

    def renew(self, role: str) -> bool:
        """Request a new token for `role`; False where its target file has no client for that.

        Raises:
            TargetUnavailable: the token operation answered without a token.
        """
        credential = self._credential(role)
        if credential.client_id is None or self._renewals[role] >= MAX_RENEWALS:
            return False
        self._tokens[role] = self._request_token(credential)
        self._renewals[role] += 1
        return True

    def token_endpoint(self, role: str | None) -> TokenEndpoint | None:
        """Return where the target file has tokens requested, if not at the base URL.

        An invented credential, or none, goes where that of the primary role would go.
        """
        credentials = self._target.credentials
        credential = credentials.get(role or PRIMARY) or credentials.get(PRIMARY)
        url = credential.token_url if credential else None
        return self._token_endpoints[url] if url else None

    def _credential(self, role: str) -> Credential:
        try:
            return self._target.credentials[role]
        except KeyError:
            raise NotPermitted(no_credential(role)) from None

    def _basic_credential(self, role: str) -> str:
        if role == WRONG:
            return self._redactor.register_basic(INVENTED, INVENTED, "$NO_SUCH_CREDENTIAL")
        credential = self._credential(role)
        id_, secret = credential.client_id, credential.client_secret
        if id_ is None and ":" in (credential.token or ""):
            id_, _, secret = (credential.token or "").partition(":")
        if id_ is None or secret is None:
            raise NotPermitted(
                f"the target file has no `client_id` and `client_secret` for the role {role!r}"
            )
        return self._redactor.register_basic(id_, secret, f"{credential.placeholder}_BASIC")

    def _token(self, role: str) -> str:
        if role == WRONG:
            return INVENTED
        credential = self._credential(role)
        token = self._tokens.get(role)
        if token is None and credential.token is not None:
            return credential.token
        if token is None or token.renew_at <= self._clock.now():
            token = self._tokens[role] = self._request_token(credential)
        return token.value

    def _request_token(self, credential: Credential) -> Token:
        body, media = form_body({"grant_type": "client_credentials"})
        basic = f"Basic {self._basic_credential(credential.role)}"
        transport, path, operation_id = self._transport, "", None
        operation = token_operation(self._contract)
        if credential.token_url:
            endpoint = self._token_endpoints[credential.token_url]
            transport, path = endpoint.transport, endpoint.path
        elif operation is not None:
            path, operation_id = operation.path, operation.id
        headers = {"Authorization": basic, "Content-Type": media}
        request = HttpRequest("POST", path, headers=headers, body=body)
        info = ExchangeInfo(operation_id, DRIVER, credential.role, tokens=credential.placeholder)
        exchange = transport.send(request, info)
        fields = exchange.json if exchange.status == 200 else NOT_JSON
        if not isinstance(fields, dict) or not isinstance(fields.get("access_token"), str):
            reason = exchange.failure or f"it answered {exchange.status}"
            raise TargetUnavailable(f"no token for the role {credential.role!r}: {reason}")
        expires_in = fields.get("expires_in")
        lifetime = float(expires_in) if isinstance(expires_in, int | float) else DEFAULT_LIFETIME
        renew_in = lifetime - min(RENEW_BEFORE, lifetime / 2)
        return Token(self._redactor.restore(fields["access_token"]), self._clock.now() + renew_in)
