"""The journal under /_mock: listed, read, forgotten, and asked what was called."""

from collections.abc import Mapping

from mockserver.errors import Refusal
from mockserver.http.apis import Handler
from mockserver.http.messages import Call, Reply
from mockserver.journal import query
from mockserver.journal.query import exchange
from mockserver.journal.verify import verify


def handlers() -> Mapping[str, Handler]:
    """Return what answers the operations of the journal, by operationId."""
    return {
        "listMockRequests": _list,
        "clearMockRequests": _clear,
        "getMockRequest": _read,
        "verifyMockRequests": _verify,
    }


def _list(call: Call) -> Reply:
    return Reply(200, query.page(call.sandbox.journal, call.sandbox.id, call.query))


def _read(call: Call) -> Reply:
    number = call.path["number"]
    entry = query.find(call.sandbox.journal, number)
    if entry is None:
        raise Refusal(404, f"The journal holds no request {number}.", field="number")
    return Reply(200, exchange(entry, call.sandbox.id))


def _clear(call: Call) -> Reply:
    call.sandbox.journal.clear()
    return Reply(204)


def _verify(call: Call) -> Reply:
    return Reply(200, verify(call.sandbox.journal, call.body))
