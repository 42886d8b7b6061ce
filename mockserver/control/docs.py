"""The documentation of every party: Connexion's Swagger UI over the contract as it is."""

from collections.abc import Mapping
from typing import Any

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.swagger_ui import SwaggerUIAPI, SwaggerUIMiddleware
from connexion.options import SwaggerUIOptions
from starlette.exceptions import HTTPException

from mockserver.errors import ApiError
from mockserver.http.apis import Api
from mockserver.http.context import CONTEXT_KEY, Asgi, Receive, RequestContext, Scope, Send


def docs(apis: tuple[Api, ...], base: str) -> Asgi:
    """Return the Swagger UI of every party under `base`/<name>/; its assets are our own.

    It is built at the first request, because most runs never ask for it.
    """
    built: dict[str, Asgi] = {}
    known = {api.name: api for api in apis}

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        context: RequestContext = scope[CONTEXT_KEY]
        name = context.path.removeprefix(base).split("/")[1:2]
        if not name or name[0] not in known:
            raise ApiError(404, f"The pages are {', '.join(f'{base}/{it}/' for it in known)}.")
        if name[0] not in built:
            built[name[0]] = _build_docs(known[name[0]], base)
        try:
            await built[name[0]](scope, receive, send)
        except HTTPException as error:
            raise ApiError(error.status_code, "There is no such page.") from None

    return pages


def _build_docs(api: Api, base: str) -> Asgi:
    async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ApiError(404, "There is no such page.")

    options = SwaggerUIOptions(
        swagger_ui_path=f"/{api.name}",
        spec_path=f"/{api.name}/openapi.json",
        swagger_ui_config={"validatorUrl": None, "docExpansion": "list"},
    )
    app = ConnexionMiddleware(
        nothing, middlewares=[lambda app: _DocumentPages(app, api)], swagger_ui_options=options
    )
    app.add_api(api.openapi, base_path=base)
    app.app, app.middleware_stack = app._build_middleware_stack()
    pages: Asgi = app
    return pages


class _DocumentPages(SwaggerUIMiddleware):  # type: ignore[misc]
    """Connexion's pages over the document as it is: its server is the mock's root."""

    def __init__(self, app: Asgi, api: Api) -> None:
        super().__init__(app)
        self._api = api

    def add_api(self, specification: Any, base_path: str, **options: Any) -> None:
        api = _Page(specification, base_path=base_path, default=self.default_fn, **options)
        api.document = self._api.openapi
        self.router.mount(base_path, app=api.router)


class _Page(SwaggerUIAPI):  # type: ignore[misc]
    document: Mapping[str, Any]

    def _spec_for_prefix(self, _request: Any) -> Mapping[str, Any]:
        return self.document
