"""Who may come in: Talkdesk's bearer tokens, their scopes, and the token endpoint."""

from datetime import datetime, timedelta

from flask import Response, request

from conformance.reference.inputs import LONGEST, query
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.transport import json_response
from conformance.reference.world import READ, TALKDESK_CLIENTS, TALKDESK_TOKENS, WRITE, Caller

_LIFE = 600
_ANYONE = Caller("acme", frozenset({READ, WRITE}))


class Door:
    """Knows every token, and hands out new ones that last ten minutes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._issued: dict[str, tuple[Caller, datetime]] = {}

    def admit(self, scope: str, *, file: bool = False) -> Caller:
        """The caller behind the request's token; 401 without one, 403 without the scope."""
        header = request.headers.get("Authorization", "")
        if not header and self._open_to_all(file):
            return _ANYONE
        caller = self._caller(header)
        if caller is None:
            status = 403 if self._stage.broken("td-unauthorised-403") else 401
            raise Refusal(status, "a valid access token is needed", headers=_challenge())
        if WRITE not in caller.rights and self._stage.broken("td-reader-refused"):
            raise Refusal(403, f"the token lacks the scope {WRITE}")
        if scope not in caller.rights and not self._overlooked(scope, caller):
            status = 401 if self._stage.broken("td-scope-401") else 403
            raise Refusal(status, f"the token lacks the scope {scope}")
        return caller

    def _open_to_all(self, file: bool) -> bool:
        if file and self._stage.broken("td-file-no-token-ok"):
            return True
        return self._stage.broken("td-no-token-ok")

    def _caller(self, header: str) -> Caller | None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" and not self._stage.broken("td-scheme-ignored"):
            return None
        if token in TALKDESK_TOKENS:
            return TALKDESK_TOKENS[token]
        if token in self._issued:
            if self._stage.broken("td-token-useless"):
                return None
            caller, expires = self._issued[token]
            fresh = expires > self._stage.now() or self._stage.broken("td-expired-token-ok")
            return caller if fresh else None
        return _ANYONE if token and self._stage.broken("td-any-token-ok") else None

    def _overlooked(self, scope: str, caller: Caller) -> bool:
        if scope == READ:
            return self._stage.broken("td-scope-ignored")
        return READ in caller.rights and self._stage.broken("td-reader-writes")

    def token(self) -> Response:
        """POST /oauth/token: client credentials against a token."""
        asked = query("grant_type", lenient=self._stage.free("td-free-unknown-query"))
        form = _form() or asked
        if form.get("grant_type") != "client_credentials":
            code = "unsupported_grant_type" if "grant_type" in form else "invalid_request"
            raise Refusal(400, code)
        caller = _client()
        scopes = _scopes(form, caller)
        token = "issued-" + self._stage.digest("token", len(self._issued))[:32]
        expires = self._stage.now() + timedelta(seconds=_LIFE)
        self._issued[token] = (Caller(caller.account, scopes), expires)
        body = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": _LIFE,
            "scope": " ".join(sorted(scopes)),
        }
        return json_response(body, Cache_Control="no-store", Pragma="no-cache")


def _challenge(scheme: str = "Bearer") -> dict[str, str]:
    return {"WWW-Authenticate": f'{scheme} realm="reports"'}


def _form() -> dict[str, str]:
    if request.get_data(cache=True, parse_form_data=False) and (
        request.mimetype != "application/x-www-form-urlencoded"
    ):
        raise Refusal(415, "invalid_request")
    if any(len(request.form.getlist(name)) > 1 for name in ("grant_type", "scope")):
        raise Refusal(400, "invalid_request")
    return request.form.to_dict()


def _client() -> Caller:
    basic = request.authorization
    secret, caller = TALKDESK_CLIENTS.get(
        (basic.username or "") if basic and basic.type == "basic" else "", (None, None)
    )
    if caller is None or basic is None or basic.password != secret:
        raise Refusal(401, "invalid_client", headers=_challenge("Basic"))
    return caller


def _scopes(form: dict[str, str], caller: Caller) -> frozenset[str]:
    asked = frozenset(form.get("scope", "").split()) or caller.rights
    if not asked <= caller.rights or len(form.get("scope", "")) > LONGEST:
        raise Refusal(400, "invalid_scope")
    return asked
