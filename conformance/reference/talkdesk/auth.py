"""Authentication at Talkdesk: bearer tokens, their scopes, and the token endpoint."""

import base64
from datetime import datetime, timedelta

from flask import Response, request

from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError
from conformance.reference.parsing import LONGEST, query
from conformance.reference.seed_data import READ, TALKDESK_CLIENTS, TALKDESK_TOKENS, WRITE, Caller
from conformance.reference.transport import json_response

_LIFETIME = 600
_EXPIRED = "mock-talkdesk-expired"
_ANYONE = Caller("acme", frozenset({READ, WRITE}))


class Authenticator:
    """Checks tokens, and issues new ones that are valid for ten minutes."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._issued: dict[str, tuple[Caller, datetime]] = {}

    def authenticate(self, scope: str, *, file: bool = False) -> Caller:
        """Return the caller of the token; raise 401 without a token, 403 without the scope."""
        header = request.headers.get("Authorization", "") or self._in_query()
        if not header and self._open_to_all(file):
            return _ANYONE
        caller = self._caller(header)
        if caller is None:
            status = 403 if self._context.has_defect("td-unauthorised-403") else 401
            raise ApiError(status, "a valid access token is needed", headers=_challenge())
        if WRITE not in caller.rights and self._context.has_defect("td-reader-refused"):
            raise ApiError(403, f"the token lacks the scope {WRITE}")
        if scope not in caller.rights and not self._scope_ignored(scope, caller):
            status = 401 if self._context.has_defect("td-scope-401") else 403
            raise ApiError(status, f"the token lacks the scope {scope}")
        return caller

    def _in_query(self) -> str:
        token = request.args.get("access_token")
        return f"Bearer {token}" if token and self._context.has_defect("td-token-in-query") else ""

    def _open_to_all(self, file: bool) -> bool:
        if file and self._context.has_defect("td-file-no-token-ok"):
            return True
        return self._context.has_defect("td-no-token-ok")

    def _caller(self, header: str) -> Caller | None:
        scheme, _, token = header.partition(" ")
        if self._accepts_malformed(header, scheme, token):
            return _ANYONE
        if scheme.lower() != "bearer" and not self._context.has_defect("td-scheme-ignored"):
            return None
        if token in TALKDESK_TOKENS:
            return TALKDESK_TOKENS[token]
        if token in self._issued:
            if self._context.has_defect("td-token-useless"):
                return None
            caller, expires = self._issued[token]
            valid = expires > self._context.now() or self._context.has_defect("td-expired-token-ok")
            return caller if valid else None
        over = token == _EXPIRED and self._context.has_defect("td-expired-credential-ok")
        lax = token and self._context.has_defect("td-any-token-ok")
        return _ANYONE if over or lax else None

    def _accepts_malformed(self, header: str, scheme: str, token: str) -> bool:
        if scheme in TALKDESK_TOKENS:
            return self._context.has_defect("td-token-without-scheme-ok")
        if header and not token:
            return self._context.has_defect("td-empty-token-ok")
        if any(len(token) > 5 and known.startswith(token[:-3]) for known in TALKDESK_TOKENS):
            prefix = self._context.has_defect("td-token-prefix")
            return prefix and token not in TALKDESK_TOKENS
        same = token.lower() in TALKDESK_TOKENS and token not in TALKDESK_TOKENS
        return same and self._context.has_defect("td-token-case-ignored")

    def _scope_ignored(self, scope: str, caller: Caller) -> bool:
        if scope == READ:
            return self._context.has_defect("td-scope-ignored")
        return READ in caller.rights and self._context.has_defect("td-reader-writes")

    def token(self) -> Response:
        """Issue a token for client credentials (POST /oauth/token)."""
        if self._context.has_variant("td-free-no-token-endpoint"):
            raise ApiError(404, "not offered here")
        params = query("grant_type", lenient=self._context.has_variant("td-free-unknown-query"))
        form = _form() or params
        optional = self._context.has_defect("td-token-no-grant-ok")
        if form.get("grant_type", "client_credentials" * optional) != "client_credentials":
            code = "unsupported_grant_type" if "grant_type" in form else "invalid_request"
            raise ApiError(400, code)
        caller = self._client()
        scopes = _scopes(form, caller)
        token = "issued-" + self._context.digest("token", len(self._issued))[:32]
        expires = self._context.now() + timedelta(seconds=_LIFETIME)
        self._issued[token] = (Caller(caller.account, scopes), expires)
        body = {
            "access_token": token,
            "token_type": "mac" if self._context.has_defect("td-token-type-mac") else "Bearer",
            "expires_in": _LIFETIME,
            "scope": " ".join(sorted(scopes)),
        }
        return json_response(body, Cache_Control="no-store", Pragma="no-cache")

    def _client(self) -> Caller:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if self._context.has_defect("td-client-scheme-ignored"):
            scheme, text = "basic", text or scheme
        id_, _, password = _decoded(text).partition(":") if scheme.lower() == "basic" else [""] * 3
        secret, caller = TALKDESK_CLIENTS.get(id_, (None, None))
        is_right = password == secret or self._context.has_defect("td-client-any-secret")
        if caller is None or not is_right:
            raise ApiError(401, "invalid_client", headers=_challenge("Basic"))
        return caller


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except ValueError:
        return ""


def _challenge(scheme: str = "Bearer") -> dict[str, str]:
    return {"WWW-Authenticate": f'{scheme} realm="reports"'}


def _form() -> dict[str, str]:
    if request.get_data(cache=True, parse_form_data=False) and (
        request.mimetype != "application/x-www-form-urlencoded"
    ):
        raise ApiError(415, "invalid_request")
    if any(len(request.form.getlist(name)) > 1 for name in ("grant_type", "scope")):
        raise ApiError(400, "invalid_request")
    return request.form.to_dict()


def _scopes(form: dict[str, str], caller: Caller) -> frozenset[str]:
    requested = frozenset(form.get("scope", "").split()) or caller.rights
    if not requested <= caller.rights or len(form.get("scope", "")) > LONGEST:
        raise ApiError(400, "invalid_scope")
    return requested
