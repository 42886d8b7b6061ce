"""Credentials: where a request carries them, whom they stand for, and what that one may do."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.errors import Refusal
from mockserver.identity import Identity
from mockserver.sandbox import Sandbox
from mockserver.visit import Visit

Identify = Callable[[Sandbox, str, str], Identity | None]
"""Whom a secret of a scheme stands for in a sandbox; None if nobody."""

_NOT_KNOWN = "The credentials are not known."


class Door:
    """Lets callers of one vendor in, by the security schemes of its contract."""

    def __init__(self, known: Mapping[tuple[str, str], Identity], issued: Identify) -> None:
        self._known = known
        self._issued = issued

    def enter(self, visit: Visit, scheme: Mapping[str, Any]) -> Identity:
        """Return who calls; to be asked once the operation and the sandbox are known.

        Raises:
            Refusal: 401 for credentials that are missing or not known; for those without the
                grant of the operation, the status that the vendor has for it.
        """
        kind, secret = read_secret(scheme, visit.headers)
        assert visit.sandbox is not None
        assert visit.plan is not None
        assert visit.party is not None
        secret = _unmarked(kind, secret, visit.sandbox)
        identity = self._known.get((kind, secret)) or self._issued(visit.sandbox, kind, secret)
        if identity is None:
            raise Refusal(401, _NOT_KNOWN, headers=challenge(kind))
        visit.identity = identity
        if not identity.may(visit.plan.operation.grant):
            status = visit.party.grant_refused
            headers = challenge(kind) if status == 401 else {}
            raise Refusal(
                status, f"The caller lacks {visit.plan.operation.grant}.", headers=headers
            )
        return identity


def _unmarked(kind: str, secret: str, sandbox: Sandbox) -> str:
    if kind != "basic":
        return sandbox.unmark(secret)
    name, _, password = secret.partition(":")
    return f"{sandbox.unmark(name)}:{password}"


def read_secret(scheme: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the kind of a security scheme (`bearer`, `basic`, `apiKey`) and the secret sent.

    Raises:
        Refusal: 401, there is none, or it cannot be read.
    """
    if scheme["type"] == "apiKey":
        name = scheme["name"]
        if secret := headers.get(name.lower()):
            return "apiKey", secret
        raise Refusal(401, f"The header {name} is missing.", headers=challenge("apiKey"))
    kind = scheme["scheme"].lower()
    sent, _, secret = headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    if sent.lower() != kind or not secret:
        message = f"The header Authorization with {scheme['scheme']} is missing."
        raise Refusal(401, message, headers=challenge(kind))
    return kind, secret if kind == "bearer" else read_basic(secret)


def read_basic(encoded: str) -> str:
    """Return `id:secret` of HTTP Basic; empty, which nobody has, if it cannot be read."""
    try:
        return b64decode(encoded, validate=True).decode()
    except (Base64Error, UnicodeError):
        return ""


def challenge(kind: str) -> dict[str, str]:
    """Return the header of a 401 that tells how to do better."""
    scheme = {"bearer": "Bearer", "basic": "Basic"}.get(kind, "ApiKey")
    return {"WWW-Authenticate": f'{scheme} realm="mock"'}
