"""Authentication: the credentials of a request, the identity they belong to, its permissions."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from mockserver.auth import Identity
from mockserver.errors import ApiError
from mockserver.http.context import RequestContext
from mockserver.http.headers import RequestHeaders, read_basic
from mockserver.sandbox.sandbox import Sandbox

Identify = Callable[[Sandbox, str, str], Identity | None]
"""Resolves a credential to an identity: sandbox, kind of scheme, secret; None if unknown."""

_NOT_KNOWN = "The credentials are not known."


class Authenticator:
    """Authenticates callers of one vendor by the security schemes of its contract."""

    def __init__(self, known: Mapping[tuple[str, str], Identity], issued: Identify) -> None:
        self._known = known
        self._issued = issued

    def authenticate(self, context: RequestContext, scheme: "SecurityScheme") -> Identity:
        """Return the identity of the caller of a routed request, and set it on the context.

        Raises:
            ApiError: 401 for missing or unknown credentials; without the permission that the
                operation asks for, the status that the vendor has for it.
        """
        assert context.sandbox is not None
        assert context.api is not None
        assert context.operation is not None
        shown = context.head.credentials.get(scheme.name) or scheme.read(
            context.head, context.query
        )
        identity = self._known.get(shown) or self._find(context.sandbox, *shown)
        if identity is None:
            raise ApiError(401, _NOT_KNOWN, headers=www_authenticate(scheme.kind))
        context.identity = identity
        grant = context.operation.operation.grant
        if not identity.may(grant):
            status = context.api.forbidden_status
            headers = www_authenticate(scheme.kind) if status == 401 else {}
            raise ApiError(status, f"The caller lacks the permission {grant}.", headers=headers)
        return identity

    def _find(self, sandbox: Sandbox, kind: str, secret: str) -> Identity | None:
        secret = _without_tag(kind, secret, sandbox)
        return self._known.get((kind, secret)) or self._issued(sandbox, kind, secret)


def _without_tag(kind: str, secret: str, sandbox: Sandbox) -> str:
    if kind != "basic":
        return sandbox.untag_secret(secret)
    name, _, password = secret.partition(":")
    return f"{sandbox.untag_secret(name)}:{password}"


class SecurityScheme:
    """One security scheme of a contract: of the kind `bearer`, `basic` or `apiKey`.

    `name` is the kind with the header, in lower case, that it comes in. A key may come in the
    query or in a cookie instead.
    """

    __slots__ = ("_header", "_other", "_prefix", "_title", "kind", "name")

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self._other: str | None = None
        if declared["type"] == "apiKey":
            self.kind, self._prefix, self._title = "apiKey", "", declared["name"]
            self._header = declared["name"].lower()
            if declared["in"] != "header":
                self._other, self._header = declared["in"], f"{declared['in']}: {declared['name']}"
        else:
            self.kind = declared["scheme"].lower()
            self._prefix, self._header = f"{self.kind} ", "authorization"
            self._title = f"Authorization with {declared['scheme']}"
        self.name = (self.kind, self._header)

    def read(self, head: RequestHeaders, query: bytes = b"") -> tuple[str, str]:
        """Return the kind, and the secret that was sent: of `basic`, `id:secret`.

        The head remembers it, by the scheme's name, unless it came in the query.

        Raises:
            ApiError: 401, there is none.
        """
        if self._other is not None:
            return self.kind, self._outside_headers(head, query)
        text = head.headers.get(self._header, "")
        start = len(self._prefix)
        secret = text[start:].strip()
        if not secret or text[:start].lower() != self._prefix:
            message = f"The header {self._title} is missing."
            raise ApiError(401, message, headers=www_authenticate(self.kind))
        shown = self.kind, read_basic(secret) if self.kind == "basic" else secret
        head.credentials[self.name] = shown
        return shown

    def _outside_headers(self, head: RequestHeaders, query: bytes) -> str:
        if self._other == "query":
            sent = parse_qs(query.decode("latin-1")).get(self._title, [""])[0]
        else:
            cookies = (part.strip() for part in head.headers.get("cookie", "").split(";"))
            named = (cookie.partition("=") for cookie in cookies)
            sent = next((value for name, _, value in named if name == self._title), "")
        if not sent:
            message = f"The {self._other} parameter {self._title} is missing."
            if self._other == "cookie":
                message = f"The cookie {self._title} is missing."
            raise ApiError(401, message, headers=www_authenticate(self.kind))
        return sent


def www_authenticate(kind: str) -> dict[str, str]:
    """Return the header of a 401 that tells how to do better."""
    scheme = {"bearer": "Bearer", "basic": "Basic"}.get(kind, "ApiKey")
    return {"WWW-Authenticate": f'{scheme} realm="mock"'}
