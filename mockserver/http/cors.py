"""Cross-origin requests of browsers, as the Fetch standard (3.2, CORS protocol) has them."""

import re
from collections.abc import Collection, Iterable

from mockserver.http.apis import Api
from mockserver.http.context import RequestContext
from mockserver.http.messages import Response

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_ALWAYS_EXPOSED = {
    "Allow",
    "Content-Disposition",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "WWW-Authenticate",
    "X-Mock-Fault",
}
_DEFAULT_ALLOWED = "Authorization, Content-Type"
# Field names with commas between them (RFC 9110, 5.1).
_FIELD_NAMES = re.compile(r"[!#$%&'*+.^_`|~\w-]+(\s*,\s*[!#$%&'*+.^_`|~\w-]+)*", re.ASCII)
_MAX_AGE_SECONDS = "600"


class Cors:
    """Which pages of other origins may call `apis`, and what they may read of the responses.

    `origins` are serialized origins; `*` among them is any. Only an origin that is named may send
    credentials: browsers accept none for `*`.
    """

    def __init__(self, origins: Collection[str], apis: Iterable[Api]) -> None:
        self.enabled = bool(origins)
        self._any = "*" in origins
        self._named = frozenset(origins) - {"*"}
        exposed = ", ".join(sorted(_ALWAYS_EXPOSED.union(*map(_response_headers, apis))))
        self._exposed = {"Access-Control-Expose-Headers": exposed}

    def headers(self, origin: str) -> dict[str, str]:
        """Return what a response to a page of `origin` carries besides.

        It is empty where a request broke off before it told its origin: then the only origin that
        is named, if there is only one, can read why.
        """
        if not origin and len(self._named) == 1:
            (origin,) = self._named
        vary = {"Vary": "Origin"} if self._named else {}
        if origin in self._named:
            credentials = {"Access-Control-Allow-Credentials": "true"}
            allowed = {"Access-Control-Allow-Origin": origin, **credentials}
        elif self._any:
            allowed = {"Access-Control-Allow-Origin": "*"}
        else:
            return vary
        return {**allowed, **self._exposed, **vary}

    def preflight(self, context: RequestContext, methods: tuple[str, ...]) -> Response:
        """Return the response to a preflight for a path that has `methods` (none: any).

        Whatever header fields are asked for are allowed: which ones a client sends besides, for
        tracing or caching, is nothing that a mock decides.
        """
        asked = context.headers.get("access-control-request-headers", "")
        known = _FIELD_NAMES.fullmatch(asked.strip())
        headers = {
            "Access-Control-Allow-Methods": ", ".join(methods or METHODS),
            "Access-Control-Allow-Headers": known.group() if known else _DEFAULT_ALLOWED,
            "Access-Control-Max-Age": _MAX_AGE_SECONDS,
        }
        if "access-control-request-private-network" in context.headers:
            headers["Access-Control-Allow-Private-Network"] = "true"
        return Response(204, headers=headers)


def is_preflight(context: RequestContext) -> bool:
    """Return True for a CORS preflight request."""
    return "origin" in context.headers and "access-control-request-method" in context.headers


def _response_headers(api: Api) -> set[str]:
    return {
        name
        for compiled in api.operations.values()
        for response in compiled.operation.responses.values()
        for name in response["headers"]
    }
