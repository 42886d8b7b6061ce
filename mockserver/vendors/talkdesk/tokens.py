"""Talkdesk's access tokens: they carry what they grant, signed, so that nobody need keep them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b
from hmac import compare_digest
from typing import Any

import orjson

from mockserver.auth import Identity
from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.sandbox.sandbox import Sandbox

LIFETIME = 600
"""Seconds of virtual time that a token holds."""

GRANT = "grant_type"
"""What every request for a token names, in its body or, without one, in its query."""

_SEPARATOR = "~"


def create_token(request: Request) -> Response:
    """Answer POST /oauth/token for a client that is known already.

    Raises:
        ApiError: 400, it names no grant, or a scope that it may not have.
    """
    assert request.identity is not None
    form = request.query if request.body is None else request.body
    if GRANT not in form:
        raise ApiError.for_field(GRANT, "is required")
    scopes = _scopes(request.identity, form)
    facts = {
        "account": request.identity.account,
        "role": request.identity.role,
        "grants": scopes,
        "ends": request.sandbox.now() + LIFETIME * 1000,
    }
    body = {
        "access_token": request.sandbox.tag_secret(_sign(request.sandbox, orjson.dumps(facts))),
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "scope": " ".join(scopes),
    }
    return Response(request.operation.success, body, {"Cache-Control": "no-store"})


def identify(sandbox: Sandbox, scheme: str, token: str) -> Identity | None:
    """Return the identity of a token that this sandbox issued and that has not expired."""
    if scheme != "bearer":
        return None
    encoded = token.partition(_SEPARATOR)[0]
    try:
        raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        return None
    if not compare_digest(_sign(sandbox, raw).encode(), token.encode()):
        return None
    facts = orjson.loads(raw)
    if sandbox.now() >= facts["ends"]:
        return None
    return Identity("talkdesk", facts["role"], facts["account"], frozenset(facts["grants"]))


def _scopes(identity: Identity, form: Mapping[str, Any]) -> list[str]:
    requested = frozenset(form.get("scope", "").split()) or identity.grants
    if not requested <= identity.grants:
        raise ApiError.for_field(
            "scope", "asks for more than the client may have", code="invalid_scope"
        )
    return sorted(requested)


def _sign(sandbox: Sandbox, raw: bytes) -> str:
    key = sandbox.ids.hex("talkdesk.token", 0).encode()
    encoded = urlsafe_b64encode(raw).decode().rstrip("=")
    return f"{encoded}{_SEPARATOR}{blake2b(raw, key=key, digest_size=16).hexdigest()}"
