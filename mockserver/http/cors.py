"""What lets pages of other origins call the vendors: preflights, and headers they may read."""

from collections.abc import Iterable, Mapping

from mockserver.http.apis import Api
from mockserver.http.context import RequestContext
from mockserver.http.messages import Response

METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
_ALWAYS_EXPOSED = {
    "Allow",
    "Content-Disposition",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "WWW-Authenticate",
    "X-Mock-Fault",
}
_ALWAYS_ALLOWED = {
    "Accept",
    "Authorization",
    "Content-Type",
    "Prefer",
    "X-Mock-Fault",
    "X-Mock-Sandbox",
    "X-Mock-Scenario",
}
_SECONDS = "600"


class Cors:
    """The answers to browsers. `origins` may call; `*` stands for all of them."""

    def __init__(self, origins: Iterable[str], apis: Iterable[Api]) -> None:
        self._origins = frozenset(origins)
        vendors = [api for api in apis if api.cors_enabled]
        self._exposed = ", ".join(sorted(_ALWAYS_EXPOSED.union(*map(_reply_headers, vendors))))
        self._allowed = ", ".join(sorted(_ALWAYS_ALLOWED.union(*map(_key_headers, vendors))))

    def headers(self, origin: str) -> dict[str, str]:
        """Return what a reply to a page of `origin` carries besides."""
        if not self._origins.isdisjoint(("*", origin)):
            allowed = "*" if "*" in self._origins else origin
            exposed = {
                "Access-Control-Allow-Origin": allowed,
                "Access-Control-Expose-Headers": self._exposed,
            }
            return exposed if allowed == "*" else exposed | {"Vary": "Origin"}
        return {}

    def preflight(self, context: RequestContext, methods: tuple[str, ...]) -> Response:
        """Return the answer to a preflight for a path that knows `methods` (none: any)."""
        headers = {
            "Access-Control-Allow-Methods": ", ".join(methods or METHODS),
            "Access-Control-Allow-Headers": self._allowed,
            "Access-Control-Max-Age": _SECONDS,
        }
        if "access-control-request-private-network" in context.headers:
            headers["Access-Control-Allow-Private-Network"] = "true"
        return Response(204, headers=headers)


def is_preflight(context: RequestContext) -> bool:
    """Tell whether a browser asks whether it may ask."""
    return "origin" in context.headers and "access-control-request-method" in context.headers


def _reply_headers(api: Api) -> set[str]:
    return {
        name
        for plan in api.operations.values()
        for response in plan.operation.responses.values()
        for name in response["headers"]
    }


def _key_headers(api: Api) -> set[str]:
    schemes: Mapping[str, Mapping[str, str]] = api.openapi["components"]["securitySchemes"]
    return {
        scheme["name"]
        for scheme in schemes.values()
        if scheme["type"] == "apiKey" and scheme["in"] == "header"
    }
