"""Documentation pages: Connexion's Swagger UI for the contract of each API."""

from typing import Any

import orjson
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.options import SwaggerUIOptions
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockserver.errors import ApiError
from mockserver.http.apis import Api
from mockserver.http.context import CONTEXT_KEY, Asgi, Receive, RequestContext, Scope, Send

_METHODS = ("GET", "HEAD")
_DOCUMENT = "openapi.json"


def docs(apis: tuple[Api, ...], base: str) -> Asgi:
    """Return an ASGI application with the Swagger UI of every API under `base`/<name>/.

    Each is built at its first request, because most runs need none.
    """
    applications: dict[str, Asgi] = {}
    apis_by_name = {api.name: api for api in apis}

    async def pages(scope: Scope, receive: Any, send: Any) -> None:
        context: RequestContext = scope[CONTEXT_KEY]
        name = next(iter(context.path.removeprefix(base).split("/")[1:2]), "")
        if name not in apis_by_name:
            raise ApiError(
                404, f"The pages are {', '.join(f'{base}/{it}/' for it in apis_by_name)}."
            )
        if context.path == f"{base}/{name}/{_DOCUMENT}" and context.method in _METHODS:
            response = Response(
                orjson.dumps(apis_by_name[name].openapi), media_type="application/json"
            )
            await response(scope, receive, send)  # Connexion's own would rewrite `servers`
            return
        if name not in applications:
            applications[name] = _swagger_ui(apis_by_name[name], f"{base}/{name}")
        try:
            await applications[name](scope, receive, send)
        except HTTPException as error:
            raise _as_api_error(error, context.method) from None

    return pages


def _swagger_ui(api: Api, path: str) -> Asgi:
    """Return Connexion's pages under `path`, without routing to operations."""
    options = SwaggerUIOptions(
        swagger_ui_path=path,
        spec_path=f"{path}/{_DOCUMENT}",
        swagger_ui_config={"validatorUrl": None, "docExpansion": "list"},
    )
    app = ConnexionMiddleware(
        _no_such_page, middlewares=[SwaggerUIMiddleware], swagger_ui_options=options
    )
    app.add_api(api.openapi)
    pages: Asgi = app
    return pages


async def _no_such_page(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise HTTPException(404)


def _as_api_error(error: HTTPException, method: str) -> ApiError:
    if error.status_code != 405:
        return ApiError(error.status_code, "There is no such page.")
    allow = ", ".join(_METHODS)
    message = f"{method} is not allowed here; allowed: {allow}."
    return ApiError(405, message, headers={"Allow": allow})
