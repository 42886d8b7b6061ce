"""The documentation of every party: Connexion's Swagger UI over the contract as it is."""

from collections.abc import Mapping
from typing import Any

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.swagger_ui import SwaggerUIAPI, SwaggerUIMiddleware
from connexion.options import SwaggerUIOptions
from starlette.exceptions import HTTPException

from mockserver.errors import Refusal
from mockserver.http.apis import Party
from mockserver.http.context import KEY, Asgi, Receive, Scope, Send, Visit


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
