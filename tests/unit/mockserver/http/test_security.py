"""Connexion stands on the way of every request, and nothing gets past it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import specs
from mockserver.app import create_app
from mockserver.auth import Identity
from mockserver.auth.authentication import Authenticator, SecurityScheme
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.http import security
from mockserver.http.context import Asgi, RequestContext
from mockserver.http.messages import Request, Response
from mockserver.http.routing import Api
from tests.unit.mockserver.asgi import ask

SECURED = [
    (vendor, operation.method, operation.path, bool(operation.security))
    for vendor in specs.vendors()
    for operation in specs.load(vendor).operations.values()
]


@dataclass
class Watched:
    """A mock whose authentication and handlers note the paths that reach them."""

    app: Asgi
    authenticated: list[str]
    handled: list[str]


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    authenticate = Authenticator.authenticate
    seen = Watched(None, [], [])  # type: ignore[arg-type]

    def spy(self: Authenticator, context: RequestContext, scheme: SecurityScheme) -> Identity:
        seen.authenticated.append(context.path)
        return authenticate(self, context, scheme)

    def handler(request: Request) -> Response:
        seen.handled.append(request.operation.id)
        return Response(204)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Authenticator, "authenticate", spy)
        mock = create_app(Settings())
        for api in mock.apis:
            for name in api.handlers:
                patch.setitem(api.handlers, name, handler)
        seen.app = mock.app
        yield seen


@pytest.mark.parametrize(("vendor", "method", "path", "secured"), SECURED)
def test_no_operation_is_reached_without_its_security(
    watched: Watched, vendor: str, method: str, path: str, *, secured: bool
) -> None:
    watched.authenticated.clear()
    watched.handled.clear()
    filled = "/".join("1" if part.startswith("{") else part for part in path.split("/"))
    answer = ask(watched.app, method, filled)
    if secured:
        assert (set(watched.authenticated), watched.handled) == ({filled}, [])
        assert answer.status == 401
    else:
        assert watched.authenticated == []


def test_operation_that_connexion_does_not_bind_ends_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = security._routes_and_security

    def without_one(openapi: dict[str, Any]) -> dict[str, Any]:
        document = whole(openapi)
        del document["paths"][next(iter(document["paths"]))]
        return document

    monkeypatch.setattr(security, "_routes_and_security", without_one)
    with pytest.raises(ConfigurationError, match="does not bind"):
        create_app(Settings())


def test_request_that_passes_connexion_unseen_is_not_handled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def elsewhere(_api: Api, name: str) -> dict[str, Any]:  # Connexion lets pass what it knows not
        return {"connexion_routing": {"api_base_path": "/somewhere", "operation_id": name}}

    monkeypatch.setattr(security, "_extensions", elsewhere)
    answer = ask(create_app(Settings()).app, "GET", "/data/reports/calls/jobs")
    assert answer.status == 500
