"""One request on its way through the server: what came, and what has been found out about it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mockserver.auth.identity import Identity
from mockserver.http.apis import Party
from mockserver.http.headers import Head
from mockserver.http.messages import Reply
from mockserver.journal.entry import Fault, Touch
from mockserver.openapi.operation import Plan
from mockserver.sandbox.sandbox import Sandbox
from mockserver.server.connection import LINE, Line

if TYPE_CHECKING:
    from mockserver.faults.injection import Mishaps


Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY = "mockserver.http.context"
"""Where the ASGI scope carries the visit."""


class Visit:
    """A request and, as it goes in, its sandbox, operation, caller and reply.

    `path` is as it was sent, percent-encoding and all; `headers` are those of its `head`. `read`
    tells that nothing of the body is left. `trail` are the jobs that it met, `faults` are those
    played on it; `mishaps` may still befall it. `line` is the connection, where the server gives
    one.
    """

    __slots__ = (
        "body",
        "faults",
        "head",
        "headers",
        "identity",
        "line",
        "method",
        "mishaps",
        "party",
        "path",
        "plan",
        "query",
        "read",
        "receive",
        "reply",
        "sandbox",
        "segments",
        "trail",
    )

    def __init__(self, scope: Scope, receive: Receive, head: Head) -> None:
        self.method: str = scope["method"]
        self.path = _path(scope)
        self.query: bytes = scope["query_string"]
        self.head = head
        self.headers = head.headers
        self.receive = receive
        self.body = b""
        self.read = self.method == "GET" and "content-length" not in self.headers
        self.sandbox: Sandbox | None = None
        self.party: Party | None = None
        self.plan: Plan | None = None
        self.segments: Mapping[str, str] = {}
        self.identity: Identity | None = None
        self.reply: Reply | None = None
        self.faults: tuple[Fault, ...] = ()
        self.mishaps: Mishaps | None = None
        self.line: Line | None = scope.get(LINE)
        self.trail: Sequence[Touch] = ()


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    if raw is None:  # the server keeps no raw path; nothing is left of an encoded slash
        return str(scope["path"])
    path = raw.decode("latin-1")
    return path.partition("?")[0] if "?" in path else path
