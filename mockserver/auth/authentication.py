"""Credentials: where a request carries them, whom they stand for, and what that one may do."""

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.auth.identity import Identity
from mockserver.errors import Refusal
from mockserver.http.context import Visit
from mockserver.http.headers import Head, read_basic
from mockserver.sandbox.sandbox import Sandbox

Identify = Callable[[Sandbox, str, str], Identity | None]
"""Whom a secret of a scheme stands for in a sandbox; None if nobody."""

_NOT_KNOWN = "The credentials are not known."


class Door:
    """Lets callers of one vendor in, by the security schemes of its contract."""

    def __init__(self, known: Mapping[tuple[str, str], Identity], issued: Identify) -> None:
        self._known = known
        self._issued = issued

    def enter(self, visit: Visit, scheme: "Scheme") -> Identity:
        """Return who calls; to be asked once the operation and the sandbox are known.

        Raises:
            Refusal: 401 for credentials that are missing or not known; for those without the
                grant of the operation, the status that the vendor has for it.
        """
        assert visit.sandbox is not None
        assert visit.plan is not None
        assert visit.party is not None
        shown = visit.head.credentials.get(scheme.name) or scheme.read(visit.head)
        identity = self._known.get(shown) or self._find(visit.sandbox, *shown)
        if identity is None:
            raise Refusal(401, _NOT_KNOWN, headers=challenge(scheme.kind))
        visit.identity = identity
        if not identity.may(visit.plan.operation.grant):
            status = visit.party.grant_refused
            headers = challenge(scheme.kind) if status == 401 else {}
            raise Refusal(
                status, f"The caller lacks {visit.plan.operation.grant}.", headers=headers
            )
        return identity

    def _find(self, sandbox: Sandbox, kind: str, secret: str) -> Identity | None:
        secret = _unmarked(kind, secret, sandbox)
        return self._known.get((kind, secret)) or self._issued(sandbox, kind, secret)


def _unmarked(kind: str, secret: str, sandbox: Sandbox) -> str:
    if kind != "basic":
        return sandbox.unmark(secret)
    name, _, password = secret.partition(":")
    return f"{sandbox.unmark(name)}:{password}"


class Scheme:
    """One security scheme of a contract: of the kind `bearer`, `basic` or `apiKey`.

    `name` is the kind with the header, in lower case, that it comes in.
    """

    __slots__ = ("_header", "_prefix", "_title", "kind", "name")

    def __init__(self, declared: Mapping[str, Any]) -> None:
        if declared["type"] == "apiKey":
            self.kind, self._prefix, self._title = "apiKey", "", declared["name"]
            self._header = declared["name"].lower()
        else:
            self.kind = declared["scheme"].lower()
            self._prefix, self._header = f"{self.kind} ", "authorization"
            self._title = f"Authorization with {declared['scheme']}"
        self.name = (self.kind, self._header)

    def read(self, head: Head) -> tuple[str, str]:
        """Return the kind, and the secret that was sent: of `basic`, `id:secret`.

        The head remembers it, by the scheme's name.

        Raises:
            Refusal: 401, there is none.
        """
        text = head.headers.get(self._header, "")
        start = len(self._prefix)
        secret = text[start:].strip()
        if not secret or text[:start].lower() != self._prefix:
            message = f"The header {self._title} is missing."
            raise Refusal(401, message, headers=challenge(self.kind))
        shown = self.kind, read_basic(secret) if self.kind == "basic" else secret
        head.credentials[self.name] = shown
        return shown


def challenge(kind: str) -> dict[str, str]:
    """Return the header of a 401 that tells how to do better."""
    scheme = {"bearer": "Bearer", "basic": "Basic"}.get(kind, "ApiKey")
    return {"WWW-Authenticate": f'{scheme} realm="mock"'}
