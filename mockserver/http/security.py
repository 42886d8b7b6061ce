"""Connexion on the way of every request: it reads the contracts and enforces their security.

The stack is `ConnexionMiddleware(endpoint, middlewares=[SecurityMiddleware])`, by public names
alone, and with a leaner request for the verification that Connexion builds of each operation.
Connexion's own routing answers 405 with part of `Allow`, 404 for an encoded slash and redirects a
trailing one, so the request is routed before (`mockserver.http.routing`), and the scope that
Connexion is called with names the operation. Connexion lets a request pass that it finds no
operation for; therefore `Security.authenticate` raises where the operation asks for credentials and
nobody was identified, and the operations that Connexion binds are compared with the contract at
start.
"""

from collections.abc import Callable, Mapping
from typing import Any
from warnings import catch_warnings, simplefilter

from msgspec import Struct

from mockserver.auth.authentication import Authenticator, SecurityScheme
from mockserver.errors import ApiError, ConfigurationError
from mockserver.http.context import CONTEXT_KEY, Receive, RequestContext, Scope, Send
from mockserver.http.routing import Api, Handler
from specs.own import METHODS

with catch_warnings():  # deprecations within Connexion's own imports
    simplefilter("ignore")
    from connexion.exceptions import ProblemException
    from connexion.middleware import ConnexionMiddleware
    from connexion.middleware.security import SecurityAPI, SecurityMiddleware, SecurityOperation
    from connexion.resolver import Resolver

_ROUTING = "connexion_routing"
_UNDESCRIBED = {"default": {"description": ""}}


class Security:
    """Authenticates and authorises callers as the `security` of each operation asks."""

    def __init__(self, apis: tuple[Api, ...], authenticators: Mapping[str, Authenticator]) -> None:
        """Build the stack; `authenticators` are by the name of the API.

        Raises:
            ConfigurationError: Connexion does not bind the operations of a contract.
        """
        stack = ConnexionMiddleware(_endpoint, middlewares=[_LeanSecurityMiddleware])
        bound = {api.name: _add(stack, api, authenticators.get(api.name)) for api in apis}
        _build(stack)
        self._middlewares = stack.app  # now built; the stack would look at each request if it is
        for api in apis:
            if unbound := sorted(api.operations.keys() ^ bound[api.name].keys()):
                raise ConfigurationError(f"{api.name}: Connexion does not bind {unbound}")
        self._extensions = {
            api.name: {name: _extensions(api, name) for name in api.operations} for api in apis
        }

    async def authenticate(self, context: RequestContext) -> None:
        """Set the identity of the caller of a routed request, where the operation asks for one.

        Raises:
            ApiError: 401 for missing or unknown credentials; for a missing permission the status
                that the API has for it.
            RuntimeError: Connexion has let the request pass without a look at its security.
        """
        assert context.api is not None
        assert context.operation is not None
        operation = context.operation.operation
        extensions = self._extensions[context.api.name][operation.id]
        scope: Scope = {"type": "http", "extensions": extensions, CONTEXT_KEY: context}
        try:
            await self._middlewares(scope, context.receive, _send_nothing)
        except ProblemException as problem:
            raise ApiError(problem.status, str(problem.detail)) from None
        schemes = operation.security
        if context.identity is None and schemes and all(schemes):  # an empty one asks for nothing
            raise RuntimeError(f"{context.method} {context.path}: security was not enforced")


async def _endpoint(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """What stands behind Connexion's security: the rest of `Application.handle` follows."""


async def _send_nothing(_message: object) -> None:
    raise RuntimeError("nothing within Connexion's stack sends a response")


class _LeanSecurityOperation(SecurityOperation):  # type: ignore[misc] # it has no types
    """Calls Connexion's verification of an operation with the scope of a request alone.

    Connexion wraps the scope in two requests of its own first, which takes as long as all the rest
    of its check; nothing here reads them.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.security:
            await self.verification_fn(_LeanRequest(scope))
        await self.next_app(scope, receive, send)


class _LeanRequest(Struct):
    """What the verification takes for a request: it adds the user to `context`."""

    context: Scope


class _LeanSecurityAPI(SecurityAPI):  # type: ignore[misc]
    def make_operation(self, operation: Any) -> SecurityOperation:
        return _LeanSecurityOperation.from_operation(
            operation,
            next_app=self.next_app,
            security_handler_factory=self.security_handler_factory,
        )


class _LeanSecurityMiddleware(SecurityMiddleware):  # type: ignore[misc]
    api_cls = _LeanSecurityAPI


def _base_path(api: Api) -> str:
    """Return the name of an API within Connexion; no URL has it."""
    return f"/{api.name}"


def _extensions(api: Api, operation_id: str) -> Mapping[str, Any]:
    """Return the extensions of a scope by which Connexion finds an operation."""
    return {_ROUTING: {"api_base_path": _base_path(api), "operation_id": operation_id}}


def _add(
    stack: ConnexionMiddleware, api: Api, authenticator: Authenticator | None
) -> Mapping[str, Handler]:
    """Register an API; return the operations that Connexion will have bound once it is built."""
    bound: dict[str, Handler] = {}

    def resolve(operation_id: str) -> Handler:
        if operation_id not in api.handlers:
            raise ValueError(f"{operation_id} has no handler")
        bound[operation_id] = api.handlers[operation_id]
        return bound[operation_id]

    handler = None if authenticator is None else lambda: _SecurityHandler(authenticator)
    stack.add_api(
        _routes_and_security(api.openapi),
        base_path=_base_path(api),
        resolver=Resolver(resolve),
        security_map=dict.fromkeys(("bearer", "basic", "apiKey"), handler) if handler else {},
    )
    return bound


def _build(stack: ConnexionMiddleware) -> None:
    """Have Connexion build its stack: it does so at its first event, and lifespan is one."""

    async def receive() -> Mapping[str, Any]:
        return {"type": "lifespan.startup"}

    startup = stack({"type": "lifespan"}, receive, _send_nothing)
    try:
        startup.send(None)  # nothing in the stack waits, so no event loop is needed
    except StopIteration:
        return
    startup.close()
    raise RuntimeError("Connexion's stack waits at its start")


def _routes_and_security(openapi: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a document that Connexion needs here: it copies and validates it whole."""
    paths = {
        path: {
            "parameters": [_path_parameter(name) for name in _names(path)],
            **{
                method: {
                    "responses": _UNDESCRIBED,
                    **{key: row[key] for key in ("operationId", "security") if key in row},
                }
                for method, row in item.items()
                if method in METHODS
            },
        }
        for path, item in openapi["paths"].items()
    }
    schemes = openapi["components"].get("securitySchemes", {})
    rest = {key: openapi[key] for key in ("openapi", "info", "security") if key in openapi}
    return {**rest, "paths": paths, "components": {"securitySchemes": schemes}}


def _names(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


class _SecurityHandler:
    """A security handler as `security_map` wants it: one for each scheme of an operation."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticate = authenticator.authenticate

    def get_fn(self, declared: dict[str, Any], _: list[str]) -> Callable[[Any], dict[str, Any]]:
        """Return the function that Connexion calls with every request for the operation."""
        authenticate, scheme = self._authenticate, SecurityScheme(declared)

        def verify(request: Any) -> dict[str, Any]:
            authenticate(request.context[CONTEXT_KEY], scheme)
            return {}

        return verify
