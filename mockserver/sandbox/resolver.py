"""Which sandbox a request is for: by header, by its credentials, or the default one."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

from mockserver.errors import ApiError
from mockserver.http.context import RequestContext
from mockserver.http.headers import SandboxHint, read_basic
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox, tag_of

HEADER = "X-Mock-Sandbox"

_QUERY_CREDENTIAL = re.compile(
    rb"(?:^|&)[^=&]*(?:client_id|key|token|secret|sig)[^=&]*=([^&]+)", re.IGNORECASE
)


class SandboxResolver:
    """Resolves sandboxes; `credential_headers` are the names, in lower case, of such headers."""

    def __init__(self, registry: SandboxRegistry, credential_headers: tuple[str, ...]) -> None:
        self._registry = registry
        self._credential_headers = credential_headers

    def __call__(self, context: RequestContext) -> Sandbox:
        """Return the sandbox of a request.

        Credentials in the query count too: a preflight has no others.

        Raises:
            ApiError: 404, the header names an unknown sandbox.
        """
        hint = context.head.hint
        if hint is None:
            hint = context.head.hint = self._hint(context.headers)
        if hint.name is not None:
            return self._named(hint.name)
        for id_ in (*hint.tags, *_query_tags(context.query)) if context.query else hint.tags:
            if sandbox := self._registry.find(id_):
                return sandbox
        return self._registry.default

    def _hint(self, headers: Mapping[str, str]) -> SandboxHint:
        names = (name for name in self._credential_headers if name in headers)
        tags = (_header_tag(headers[name]) for name in names)
        return SandboxHint(headers.get(HEADER.lower()), tuple(tag for tag in tags if tag))

    def _named(self, id_: str) -> Sandbox:
        sandbox = self._registry.find(id_)
        if sandbox is None:
            reason = "is unknown; create a sandbox with POST /_mock/sandboxes"
            raise ApiError.for_field(HEADER, reason, 404)
        return sandbox


def _header_tag(value: str) -> str | None:
    scheme, _, secret = value.partition(" ")
    if scheme.lower() == "basic":
        value = read_basic(secret.strip()).partition(":")[0]
    return tag_of(value)


def _query_tags(query: bytes) -> Iterator[str]:
    for value in _QUERY_CREDENTIAL.findall(query):
        if tag := tag_of(unquote_plus(value.decode("latin-1"))):
            yield tag
