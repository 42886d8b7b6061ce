"""One request on its way through the server: what came, and what has been found out about it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mockserver.auth.identity import Identity
from mockserver.http.apis import Api
from mockserver.http.headers import RequestHeaders
from mockserver.http.messages import Response
from mockserver.journal.entry import Fault, JobTouch
from mockserver.openapi.operation import CompiledOperation
from mockserver.sandbox.sandbox import Sandbox
from mockserver.server.connection import CONNECTION_KEY, REJECTION_KEY, ConnectionControl, Rejection

if TYPE_CHECKING:
    from mockserver.faults.injection import FaultSession


Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTEXT_KEY = "mockserver.http.context"
"""Where the ASGI scope carries the visit."""


class RequestContext:
    """A request and, as it goes in, its sandbox, operation, caller and reply.

    `path` is as it was sent, percent-encoding and all; `headers` are those of its `head`. `read`
    tells that nothing of the body is left. `touched_jobs` are the jobs that it read or changed,
    `faults` those played on it; `fault_session` holds those still to come. `connection` controls
    the connection, where the server offers it; `rejection` is why the server took no request from
    what arrived.
    """

    __slots__ = (
        "api",
        "body",
        "connection",
        "fault_session",
        "faults",
        "head",
        "headers",
        "identity",
        "method",
        "operation",
        "path",
        "query",
        "read",
        "receive",
        "rejection",
        "response",
        "sandbox",
        "segments",
        "touched_jobs",
    )

    def __init__(self, scope: Scope, receive: Receive, head: RequestHeaders) -> None:
        self.method: str = scope["method"]
        self.path = _path(scope)
        self.query: bytes = scope["query_string"]
        self.head = head
        self.headers = head.headers
        self.receive = receive
        self.body = b""
        self.read = self.method == "GET" and "content-length" not in self.headers
        self.sandbox: Sandbox | None = None
        self.api: Api | None = None
        self.operation: CompiledOperation | None = None
        self.segments: Mapping[str, str] = {}
        self.identity: Identity | None = None
        self.response: Response | None = None
        self.faults: tuple[Fault, ...] = ()
        self.fault_session: FaultSession | None = None
        self.connection: ConnectionControl | None = scope.get(CONNECTION_KEY)
        self.rejection: Rejection | None = scope.get(REJECTION_KEY)
        self.touched_jobs: Sequence[JobTouch] = ()


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    if raw is None:  # the server keeps no raw path; nothing is left of an encoded slash
        return str(scope["path"])
    path = raw.decode("latin-1")
    return path.partition("?")[0] if "?" in path else path
