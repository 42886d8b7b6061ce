"""Connexion, and the only place that knows it: it reads the documents, routes, and guards.

Its routing middleware is given our tree of paths (complete `Allow`, encoded slashes, integers that
are none), its security middleware our doors. What it raises on the way becomes a Refusal outside.
"""

from collections.abc import Callable, Mapping
from typing import Any
from warnings import catch_warnings, simplefilter

from mockserver.auth import Door, Scheme
from mockserver.contract import Plan
from mockserver.errors import Refusal
from mockserver.party import Party
from mockserver.routes import Routes
from mockserver.visit import KEY, Asgi, Receive, Scope, Send, Visit

with catch_warnings():  # of what Connexion's own imports are outgrown by; nobody here can mend it
    simplefilter("ignore")
    from connexion.exceptions import ProblemException
    from connexion.middleware import ConnexionMiddleware
    from connexion.middleware.abstract import ROUTING_CONTEXT, AbstractRoutingAPI, SpecMiddleware
    from connexion.middleware.main import API
    from connexion.middleware.security import (
        SecurityAPI,
        SecurityMiddleware,
        SecurityOperation,
    )
    from connexion.middleware.swagger_ui import SwaggerUIAPI, SwaggerUIMiddleware
    from connexion.options import SwaggerUIOptions
    from connexion.resolver import Resolver
    from connexion.spec import OpenAPISpecification
    from starlette.exceptions import HTTPException

Target = tuple[Party, Plan, dict[str, str]]
"""What a route leads to: whose it is, its plan, and Connexion's own note of it."""


def connect(
    parties: tuple[Party, ...], doors: Mapping[str, Door], endpoint: Asgi, routes: Routes[Target]
) -> Asgi:
    """Return the ASGI application that routes a visit, lets the caller in, and calls `endpoint`.

    `doors` are by the name of the party; `routes` is filled, for whoever asks about methods.
    """
    app = _Connexion(endpoint, middlewares=[lambda app: _Routing(app, parties, routes), _Security])
    for party in parties:
        app.add_api(
            party.openapi,
            base_path=f"/{party.name}",  # names the API within Connexion; no URL has it
            resolver=Resolver(_finder(party.plans)),
            security_map=_handlers(doors[party.name]) if party.name in doors else {},
        )
    app.app, app.middleware_stack = app._build_middleware_stack()  # now, not at the first request

    async def connected(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ProblemException as problem:
            raise Refusal(problem.status, str(problem.detail)) from None

    return connected


def docs(parties: tuple[Party, ...], base: str) -> Asgi:
    """Return the Swagger UI of every party under `base`/<name>/; its assets are our own.

    It is built at the first request, because most runs never ask for it.
    """
    built: dict[str, Asgi] = {}
    known = {party.name: party for party in parties}

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        visit: Visit = scope[KEY]
        name = visit.path.removeprefix(base).split("/")[1:2]
        if not name or name[0] not in known:
            raise Refusal(404, f"The pages are {', '.join(f'{base}/{it}/' for it in known)}.")
        if name[0] not in built:
            built[name[0]] = _build_docs(known[name[0]], base)
        try:
            await built[name[0]](scope, receive, send)
        except HTTPException as error:
            raise Refusal(error.status_code, "There is no such page.") from None

    return pages


def _build_docs(party: Party, base: str) -> Asgi:
    async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise Refusal(404, "There is no such page.")

    options = SwaggerUIOptions(
        swagger_ui_path=f"/{party.name}",
        spec_path=f"/{party.name}/openapi.json",
        swagger_ui_config={"validatorUrl": None, "docExpansion": "list"},
    )
    app = ConnexionMiddleware(
        nothing, middlewares=[lambda app: _Pages(app, party)], swagger_ui_options=options
    )
    app.add_api(party.openapi, base_path=base)
    app.app, app.middleware_stack = app._build_middleware_stack()
    pages: Asgi = app
    return pages


class _Pages(SwaggerUIMiddleware):  # type: ignore[misc]
    """Connexion's pages over the document as it is: its server is the mock's root."""

    def __init__(self, app: Asgi, party: Party) -> None:
        super().__init__(app)
        self._party = party

    def add_api(self, specification: Any, base_path: str, **options: Any) -> None:
        api = _Page(specification, base_path=base_path, default=self.default_fn, **options)
        api.document = self._party.openapi
        self.router.mount(base_path, app=api.router)


class _Page(SwaggerUIAPI):  # type: ignore[misc]
    document: Mapping[str, Any]

    def _spec_for_prefix(self, _request: Any) -> Mapping[str, Any]:
        return self.document


class _Connexion(ConnexionMiddleware):  # type: ignore[misc]
    """Connexion, which takes documents as they are: `specs` has checked them, and more of them."""

    def add_api(self, specification: dict[str, Any], *, base_path: str, **options: Any) -> None:
        known = self.options.replace(**options).__dict__
        self.apis.append(API(_Document(specification), base_path=base_path, **known))


class _Document(OpenAPISpecification):  # type: ignore[misc]
    @classmethod
    def _validate_spec(cls, spec: dict[str, Any]) -> None:
        """Leave out the check that would take a third of the start."""


class _Routing(SpecMiddleware):  # type: ignore[misc]
    """Finds the operation of a request and notes it where Connexion's security looks for it."""

    def __init__(self, app: Asgi, parties: tuple[Party, ...], routes: Routes[Target]) -> None:
        self.app = app
        self._parties = {f"/{party.name}": party for party in parties}
        self._routes = routes

    def add_api(self, specification: Any, base_path: str, **options: Any) -> None:
        party = self._parties[base_path]
        _Routes(specification, party, self._routes, base_path=base_path, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit: Visit = scope[KEY]
        target, visit.segments = self._routes.find(visit.method, visit.path)
        visit.party, visit.plan, note = target
        scope["extensions"] = {ROUTING_CONTEXT: note}
        await self.app(scope, receive, send)


class _Routes(AbstractRoutingAPI):  # type: ignore[misc]
    """Hands the operations that Connexion has read and resolved to the tree of paths."""

    def __init__(
        self, specification: Any, party: Party, routes: Routes[Target], **options: Any
    ) -> None:
        self._party = party
        self._routes = routes
        super().__init__(specification, **options)

    def make_operation(self, operation: Any) -> Target:
        note = {"api_base_path": f"/{self._party.name}", "operation_id": operation.operation_id}
        return self._party, operation.function, note

    @staticmethod
    def _framework_path_and_name(_operation: Any, path: str) -> tuple[str, str]:
        return path, path

    def _add_operation_internal(self, method: str, path: str, operation: Target, **_: Any) -> None:
        self._routes.add(method.upper(), path, operation)


class _Knock:
    """What Connexion's security is shown of a request: its scope, and room for its own notes."""

    __slots__ = ("context", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.context: dict[str, Any] = {}


class _Entrance(SecurityOperation):  # type: ignore[misc]
    """Connexion's security of one operation; its own request object costs more than the check."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.security:
            await self.verification_fn(_Knock(scope))
        await self.next_app(scope, receive, send)


class _Entrances(SecurityAPI):  # type: ignore[misc]
    def make_operation(self, operation: Any) -> _Entrance:
        made: _Entrance = _Entrance.from_operation(
            operation,
            next_app=self.next_app,
            security_handler_factory=self.security_handler_factory,
        )
        return made


class _Security(SecurityMiddleware):  # type: ignore[misc]
    api_cls = _Entrances


def _finder(plans: Mapping[str, Plan]) -> Callable[[str], Plan]:
    def find(operation_id: str) -> Plan:
        try:
            return plans[operation_id]
        except KeyError:
            raise ValueError(f"{operation_id} is no operation of the contract") from None

    return find


def _handlers(door: Door) -> dict[str, Callable[[], "_Handler"]]:
    return dict.fromkeys(("bearer", "basic", "apiKey"), lambda: _Handler(door))


class _Handler:
    """A security handler in Connexion's sense, one a scheme and operation."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def get_fn(self, declared: dict[str, Any], _: list[str]) -> Callable[[Any], dict[str, Any]]:
        enter, scheme = self._door.enter, Scheme(declared)

        def verify(request: Any) -> dict[str, Any]:
            enter(request.scope[KEY], scheme)
            return {}

        return verify
