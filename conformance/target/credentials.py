"""Puts the credential of a role on a request, in the way that the contract's scheme wants it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract_queries import security_scheme, token_operation
from conformance.errors import NotPermitted, TargetUnavailable
from conformance.http.exchange import NOT_JSON
from conformance.http.request import HttpRequest, form_body
from conformance.http.transport import ExchangeInfo, Transport
from conformance.target.config import WRONG, Credential, Target
from specs import Contract, Operation

INVENTED = "no-such-credential"
DRIVER = "credentials"
RENEW_BEFORE = 30.0


@dataclass(frozen=True, slots=True)
class Token:
    """A token bought with client credentials, until the clock's time `until`."""

    value: str
    expires_at: float


class Credentials:
    """The headers that carry a role's credential; tokens are bought and renewed as needed."""

    def __init__(
        self,
        contract: Contract,
        target: Target,
        transport: Transport,
        token_endpoints: Mapping[str, Transport],
    ) -> None:
        self._contract = contract
        self._target = target
        self._transport = transport
        self._token_endpoints = token_endpoints
        self._tokens: dict[str, Token] = {}
        for credential in target.credentials.values():
            self._register(credential)

    def _register(self, credential: Credential) -> None:
        vault = self._transport.redactor
        vault.register(credential.token, credential.placeholder)
        vault.register(credential.client_secret, f"{credential.placeholder}_SECRET")
        if credential.client_id and credential.client_secret:
            basic = f"{credential.placeholder}_BASIC"
            vault.register_basic(credential.client_id, credential.client_secret, basic)

    def headers(self, operation: Operation, role: str | None) -> dict[str, str]:
        """Return the headers of `role` for an operation; none where it needs no credential.

        Raises:
            NotPermitted: the target names no such credential.
            TargetUnavailable: the token operation gave no token.
        """
        found = security_scheme(self._contract, operation)
        if role is None or found is None:
            return {}
        if (found["type"], found.get("scheme")) == ("http", "basic"):
            return {"Authorization": f"Basic {self._basic_credential(role)}"}
        if found["type"] == "apiKey":
            return {found["name"]: self._token(role)}
        return {"Authorization": f"Bearer {self._token(role)}"}

    def _credential(self, role: str) -> Credential:
        try:
            return self._target.credentials[role]
        except KeyError:
            raise NotPermitted(f"the target names no credential for the role {role!r}") from None

    def _basic_credential(self, role: str) -> str:
        vault = self._transport.redactor
        if role == WRONG:
            return vault.register_basic(INVENTED, INVENTED, "$NO_SUCH_CREDENTIAL")
        found = self._credential(role)
        if found.client_id is None or found.client_secret is None:
            raise NotPermitted(f"the target names no client credentials for the role {role!r}")
        basic = f"{found.placeholder}_BASIC"
        return vault.register_basic(found.client_id, found.client_secret, basic)

    def _token(self, role: str) -> str:
        if role == WRONG:
            return INVENTED
        found = self._credential(role)
        if found.token is not None:
            return found.token
        bought = self._tokens.get(role)
        if bought is None or bought.expires_at <= self._transport.budget.clock.now():
            bought = self._tokens[role] = self._request_token(found)
        return bought.value

    def _request_token(self, credential: Credential) -> Token:
        body, media = form_body({"grant_type": "client_credentials"})
        basic = {
            "Authorization": f"Basic {self._basic_credential(credential.role)}",
            "Content-Type": media,
        }
        operation = token_operation(self._contract)
        desk, path, known = self._transport, "", None
        if credential.token_url:
            desk = self._token_endpoints[credential.token_url]
        elif operation is not None:
            path, known = operation.path, operation.id
        draft = HttpRequest("POST", path, headers=basic, body=body)
        label = ExchangeInfo(known, DRIVER, credential.role, tokens=credential.placeholder)
        exchange = desk.send(draft, label)
        answer = exchange.json if exchange.status == 200 else NOT_JSON
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            what = exchange.failure or f"it answered {exchange.status}"
            raise TargetUnavailable(f"no token for the role {credential.role!r}: {what}")
        return self._read_token(answer)

    def _read_token(self, answer: Mapping[str, Any]) -> Token:
        lasts = answer.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, int | float) else 300.0
        margin = min(RENEW_BEFORE, seconds / 2)
        now = self._transport.budget.clock.now()
        return Token(
            self._transport.redactor.restore(answer["access_token"]), now + seconds - margin
        )
