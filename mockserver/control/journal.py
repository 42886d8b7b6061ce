"""Handlers of the control plane's operations on the journal: list, read, clear and verify."""

from collections.abc import Mapping

from mockserver.errors import ApiError
from mockserver.http.apis import Handler
from mockserver.http.messages import Request, Response
from mockserver.journal import query
from mockserver.journal.query import exchange
from mockserver.journal.verify import verify


def handlers() -> Mapping[str, Handler]:
    """Return the handlers by operationId."""
    return {
        "listMockRequests": _list,
        "clearMockRequests": _clear,
        "getMockRequest": _read,
        "verifyMockRequests": _verify,
    }


def _list(request: Request) -> Response:
    return Response(200, query.page(request.sandbox.journal, request.sandbox.id, request.query))


def _read(request: Request) -> Response:
    number = request.path["number"]
    entry = query.find(request.sandbox.journal, number)
    if entry is None:
        raise ApiError(404, f"Unknown request {number} in the journal.", field="number")
    return Response(200, exchange(entry, request.sandbox.id))


def _clear(request: Request) -> Response:
    request.sandbox.journal.clear()
    return Response(204)


def _verify(request: Request) -> Response:
    return Response(200, verify(request.sandbox.journal, request.body))
