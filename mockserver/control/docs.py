"""Documentation pages: Connexion's Swagger UI for the contract of each API."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.options import SwaggerUIOptions, default_template_dir
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from mockserver.errors import ApiError
from mockserver.http.context import CONTEXT_KEY, Asgi, Receive, RequestContext, Scope, Send
from mockserver.http.routing import Api

_METHODS = ("GET", "HEAD", "OPTIONS")
_DOCUMENT = "openapi.json"
_TEMPLATES = Path(__file__).with_name("documentation")
_BUNDLE = frozenset({"swagger-ui-bundle.js", "swagger-ui.css"})
"""The files of Swagger UI that the template uses."""


def docs(apis: tuple[Api, ...], base: str, headers: Sequence[tuple[bytes, bytes]]) -> Asgi:
    """Return an ASGI application with the Swagger UI of every API under `base`/<name>/.

    Every response has `headers`. Each is built at its first request, because most runs need none.
    """
    applications: dict[str, Asgi] = {}
    apis_by_name = {api.name: api for api in apis}
    bundle = StaticFiles(directory=default_template_dir)

    async def pages(scope: Scope, receive: Any, send: Any) -> None:
        context: RequestContext = scope[CONTEXT_KEY]
        name, _, file = context.path.removeprefix(f"{base}/").partition("/")
        if name not in apis_by_name:
            there = (f"{context.root_path}{base}/{it}/" for it in apis_by_name)
            raise ApiError(404, f"The pages are {', '.join(there)}.")
        if name not in applications:
            applications[name] = _swagger_ui(apis_by_name[name], base, tuple(apis_by_name))
        application: Any = applications[name]
        if context.method == "OPTIONS":
            application = Response(status_code=204, headers={"Allow": ", ".join(_METHODS)})
        elif file == _DOCUMENT and context.method in _METHODS:
            application = _document(apis_by_name[name], context.root_path)

        async def send_with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        try:
            if file in _BUNDLE and context.method != "OPTIONS":
                application = await bundle.get_response(file, scope)
            # Starlette wants the path whole (ASGI, HTTP connection scope), ours has no root path.
            whole = {**scope, "path": f"{context.root_path}{scope['path']}"}
            await application(whole, receive, send_with_headers)
        except HTTPException as error:
            raise _as_api_error(error, context.method) from None

    return pages


def _document(api: Api, root_path: str) -> Response:
    """Return the contract as it is but for `servers`, which Connexion's own copy would rewrite."""
    document = {**api.openapi, "servers": [{"url": root_path or "/"}]}
    return Response(orjson.dumps(document), media_type="application/json")


def _swagger_ui(api: Api, base: str, names: tuple[str, ...]) -> Asgi:
    """Return Connexion's pages of one API, without routing to operations."""
    options = SwaggerUIOptions(
        serve_spec=False,
        swagger_ui_path=f"{base}/{api.name}",
        swagger_ui_template_dir=str(_TEMPLATES),
        swagger_ui_template_arguments={
            "title": api.openapi["info"]["title"],
            "current": api.name,
            "names": names,
        },
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
