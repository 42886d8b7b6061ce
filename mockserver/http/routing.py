"""Which operation a method and a path mean, found without looking at each path in turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Generic, TypeVar
from warnings import catch_warnings, simplefilter

from mockserver.auth.authentication import Authenticator, SecurityScheme
from mockserver.errors import ApiError, ConfigurationError
from mockserver.http.apis import Api
from mockserver.http.context import CONTEXT_KEY, Asgi, Receive, RequestContext, Scope, Send
from mockserver.openapi.operation import CompiledOperation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Template(Generic[T]):
    """A path template of some length: its literal segments and its parameters, by position."""

    path: str
    order: tuple[bool, ...]
    pick: Callable[[Sequence[str]], Any]
    literals: Any
    names: tuple[tuple[str, int], ...]
    methods: dict[str, T] = field(default_factory=dict)


class Routes(Generic[T]):
    """What paths lead to; where several templates fit, the first literal segment decides.

    Paths are compared as they were sent, so that an encoded slash stays within its segment and a
    trailing one names another path.
    """

    def __init__(self) -> None:
        # By number of segments and first segment: few templates are left to try.
        self._templates: dict[tuple[int, str], list[_Template[T]]] = {}

    def add(self, method: str, path: str, target: T) -> None:
        """Let `method` (upper case) on the path template `path` lead to `target`.

        The first segment of a path is a literal.

        Raises:
            ConfigurationError: the path starts with a parameter, or leads somewhere already.
        """
        made: _Template[T] = _compile(path)
        segments = path.split("/")
        same = self._templates.setdefault((len(segments), segments[1]), [])
        for template in same:
            if (template.order, template.literals) == (made.order, made.literals):
                if template.names != made.names or method in template.methods:
                    raise ConfigurationError(f"{method} {path}: the path is taken")
                template.methods[method] = target
                return
        made.methods[method] = target
        same.append(made)
        same.sort(key=lambda template: template.order)

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]]:
        """Return the target and the text of each path parameter, still encoded.

        Raises:
            ApiError: 404 for an unknown path; 405, with all the methods in Allow, for a known one.
        """
        segments = path.split("/")
        template = None if "//" in path else self._match(segments)
        if template is None:
            raise ApiError(404, f"Nothing is at {path[:200]}.")
        target = template.methods.get(method)
        if target is None:
            allow = ", ".join(_allowed(template))
            raise ApiError(405, f"{method} is not among {allow}.", headers={"Allow": allow})
        values: dict[str, str] = {}
        for name, at in template.names:  # a third of what a comprehension takes for so few
            values[name] = segments[at]
        return target, values

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that `path` knows; none for an unknown path."""
        template = None if "//" in path else self._match(path.split("/"))
        return _allowed(template) if template else ()

    def _match(self, segments: list[str]) -> _Template[T] | None:
        if len(segments) < 2 or not segments[-1]:
            return None
        for template in self._templates.get((len(segments), segments[1]), ()):
            if template.pick(segments) == template.literals:
                return template
        return None


def _compile(path: str) -> _Template[Any]:
    segments = path.split("/")
    order = tuple(segment.startswith("{") for segment in segments)
    if len(segments) < 2 or order[1]:
        raise ConfigurationError(f"{path}: the first segment of a path is a literal")
    pick = itemgetter(*(at for at, parameter in enumerate(order) if not parameter))
    names = tuple((segments[at][1:-1], at) for at, parameter in enumerate(order) if parameter)
    return _Template(path, order, pick, pick(segments), names)


def _allowed(template: _Template[T]) -> tuple[str, ...]:
    return tuple(sorted({*template.methods, "OPTIONS"}))


with catch_warnings():  # of what Connexion's own imports are outgrown by; nobody here can mend it
    simplefilter("ignore")
    from connexion.exceptions import ProblemException
    from connexion.http_facts import METHODS
    from connexion.middleware import ConnexionMiddleware
    from connexion.middleware.main import API
    from connexion.middleware.security import (
        SecurityAPI,
        SecurityMiddleware,
        SecurityOperation,
    )
    from connexion.resolver import Resolver
    from connexion.spec import OpenAPISpecification


def connect(
    apis: tuple[Api, ...],
    doors: Mapping[str, Authenticator],
    endpoint: Asgi,
    routes: Routes["Entrance"],
) -> Asgi:
    """Return the ASGI application that routes a visit, lets the caller in, and calls `endpoint`.

    `doors` are by the name of the party; `routes` is filled, for whoever asks about methods.
    """
    app = _Connexion(endpoint, middlewares=[lambda app: _Entry(app, apis, routes)])
    for api in apis:
        app.add_api(
            _to_route(api.openapi),
            base_path=f"/{api.name}",  # names the API within Connexion; no URL has it
            resolver=Resolver(_finder(api.operations)),
            security_map=_handlers(doors[api.name]) if api.name in doors else {},
        )
    app.app, app.middleware_stack = app._build_middleware_stack()  # now, not at the first request
    entry: Asgi = app.app
    return entry


class _Connexion(ConnexionMiddleware):  # type: ignore[misc]
    """Connexion, which does not check documents: `specs` has, and more of them."""

    def add_api(self, specification: dict[str, Any], *, base_path: str, **options: Any) -> None:
        known = self.options.replace(**options).__dict__
        self.apis.append(API(_Document(specification), base_path=base_path, **known))


def _to_route(openapi: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Connexion has to read: it copies and resolves all it is given, many times."""
    paths = {
        path: {
            method: {key: row[key] for key in ("operationId", "security") if key in row}
            for method, row in item.items()
            if method in METHODS
        }
        for path, item in openapi["paths"].items()
    }
    schemes = openapi["components"].get("securitySchemes", {})
    rest = {key: openapi[key] for key in ("openapi", "info", "security") if key in openapi}
    return {**rest, "paths": paths, "components": {"securitySchemes": schemes}}


class _Document(OpenAPISpecification):  # type: ignore[misc]
    @classmethod
    def _validate_spec(cls, spec: dict[str, Any]) -> None:
        """Leave out the check that would take a third of the start."""


class _Knock:
    """What Connexion's security is shown of a request: its scope, and room for its own notes."""

    __slots__ = ("context", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.context: dict[str, Any] = {}


class Entrance(SecurityOperation):  # type: ignore[misc]
    """One operation with its security, as Connexion reads it.

    Where the operation asks for one scheme, `ask` is that one's; where it leaves a choice, that is
    Connexion's, but not with its own request object, which would cost more than the check.
    """

    api: Api
    plan: CompiledOperation

    def _get_verification_fn(self) -> Any:
        self.ask: Callable[[_Knock], object] | None = None
        if len(self.security) == 1 and len(self.security[0]) == 1:
            ((name, scopes),) = self.security[0].items()
            scheme = self.security_schemes[name]
            self.ask = self.security_handler_factory.parse_security_scheme(scheme, scopes)
        return super()._get_verification_fn()


class _Entrances(SecurityAPI):  # type: ignore[misc]
    """Hands the operations that Connexion has read and resolved to the tree of paths."""

    def __init__(
        self, specification: Any, api: Api, routes: Routes[Entrance], **options: Any
    ) -> None:
        self._api = api
        self._routes = routes
        super().__init__(specification, **options)

    def add_paths(self) -> None:
        """Add all operations; Connexion's own leaves out what does not resolve."""
        for path, item in self.specification["paths"].items():
            for method in item:
                self.add_operation(path, method)

    def make_operation(self, operation: Any) -> Entrance:
        made: Entrance = Entrance.from_operation(
            operation,
            next_app=self.next_app,
            security_handler_factory=self.security_handler_factory,
        )
        made.api, made.plan = self._api, operation.function
        self._routes.add(operation.method.upper(), operation.path, made)
        return made


class _Entry(SecurityMiddleware):  # type: ignore[misc]
    """Finds the entrance of a request."""

    def __init__(self, app: Asgi, apis: tuple[Api, ...], routes: Routes[Entrance]) -> None:
        super().__init__(app)
        self._apis = {f"/{api.name}": api for api in apis}
        self._routes = routes

    def add_api(self, specification: Any, base_path: str, **options: Any) -> None:
        options |= {"base_path": base_path, "next_app": self.app}
        _Entrances(specification, self._apis[base_path], self._routes, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context: RequestContext = scope[CONTEXT_KEY]
        entrance, context.segments = self._routes.find(context.method, context.path)
        context.api, context.operation = entrance.api, entrance.plan
        try:
            if entrance.ask is not None:
                entrance.ask(_Knock(scope))
            elif entrance.security:
                await entrance.verification_fn(_Knock(scope))
        except ProblemException as problem:
            raise ApiError(problem.status, str(problem.detail)) from None
        await self.app(scope, receive, send)


def _finder(plans: Mapping[str, CompiledOperation]) -> Callable[[str], CompiledOperation]:
    def find(operation_id: str) -> CompiledOperation:
        try:
            return plans[operation_id]
        except KeyError:
            raise ValueError(f"{operation_id} is no operation of the contract") from None

    return find


def _handlers(door: Authenticator) -> dict[str, Callable[[], "_Handler"]]:
    return dict.fromkeys(("bearer", "basic", "apiKey"), lambda: _Handler(door))


class _Handler:
    """A security handler in Connexion's sense, one a scheme and operation."""

    def __init__(self, door: Authenticator) -> None:
        self._door = door

    def get_fn(self, declared: dict[str, Any], _: list[str]) -> Callable[[Any], dict[str, Any]]:
        enter, scheme = self._door.authenticate, SecurityScheme(declared)

        def verify(request: Any) -> dict[str, Any]:
            enter(request.scope[CONTEXT_KEY], scheme)
            return {}

        return verify
