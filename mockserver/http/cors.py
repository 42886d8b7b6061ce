"""CORS for pages of other origins: preflights, and response headers that scripts may read."""

import re
from collections.abc import Collection, Iterable, Mapping

from mockserver.http.messages import Response
from specs import Operation

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
ALWAYS_EXPOSED = {
    "Allow",
    "Content-Disposition",
    "Content-Length",
    "Date",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "WWW-Authenticate",
    "X-Mock-Fault",
}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_NAMES = re.compile(rf"{_TOKEN.pattern}(?:[ \t]*,[ \t]*{_TOKEN.pattern})*")
_MAX_AGE_SECONDS = "600"


class Cors:
    """Answers browsers for pages of `origins`; `*` stands for all of them.

    Every header that a page asks for is allowed: tracing libraries add their own to each request.
    A named origin may send credentials; with `*` browsers forbid it. `operations` are those whose
    response headers scripts may read.
    """

    def __init__(self, origins: Collection[str], operations: Iterable[Operation]) -> None:
        self._named = frozenset(origins) - {"*"}
        self._any = "*" in origins
        self._vary = {"Vary": "Origin"} if self._named else {}
        names = ALWAYS_EXPOSED.union(*map(_response_headers, operations))
        self._exposed = {"Access-Control-Expose-Headers": ", ".join(sorted(names))}

    def headers(self, origin: str | None) -> dict[str, str]:
        """Return the headers of a response to a page of `origin`, None for no page.

        It is empty where a request broke off before it told its origin: then the only origin that
        is named, if there is only one, can read why.
        """
        if origin == "" and len(self._named) == 1 and not self._any:
            (origin,) = self._named
        if origin in self._named:
            allowed = {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Credentials": "true",
            }
        elif self._any and origin is not None:
            allowed = {"Access-Control-Allow-Origin": "*"}
        else:
            return self._vary
        return {**allowed, **self._exposed, **self._vary}

    def preflight(self, request: Mapping[str, str], methods: tuple[str, ...]) -> Response:
        """Return the response to a preflight for a path with `methods` (none: all).

        A method that the path does not have is allowed too: the page then sees why it is refused.
        """
        asked = request["access-control-request-method"].strip()
        allowed = {*(methods or METHODS), *([asked] if _TOKEN.fullmatch(asked) else [])}
        headers = {
            "Access-Control-Allow-Methods": ", ".join(sorted(allowed)),
            "Access-Control-Max-Age": _MAX_AGE_SECONDS,
        }
        requested = request.get("access-control-request-headers", "").strip()
        if _HEADER_NAMES.fullmatch(requested):
            headers["Access-Control-Allow-Headers"] = requested
        if "access-control-request-private-network" in request:
            headers["Access-Control-Allow-Private-Network"] = "true"
        return Response(204, headers=headers)


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request is a CORS preflight."""
    return (
        method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
    )


def _response_headers(operation: Operation) -> set[str]:
    return {name for response in operation.responses.values() for name in response["headers"]}
