"""What is known of one request while it is served."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import unquote

from mockserver.auth import Identity
from mockserver.http import Executor
from mockserver.http.headers import RequestHeaders
from mockserver.http.messages import Response
from mockserver.http.routing import Api
from mockserver.journal.base import Fault, JobTouch, Outcome
from mockserver.journal.redaction import REDACTED, redact_path
from mockserver.openapi import CompiledOperation
from mockserver.sandbox.sandbox import Sandbox
from mockserver.server import CONNECTION_KEY, REJECTION_KEY, ConnectionControl, Rejection

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTROL = "/_mock"
"""The path prefix of the control plane."""

CONTEXT_KEY = "mockserver.request"
"""The key of the request context in the ASGI scope."""


class RequestFaults(Protocol):
    """The faults that are to be played on one request; see `mockserver.faults.injection`."""

    replaced: bool

    @property
    def resets(self) -> bool:
        """Whether the connection is reset in place of the response."""

    async def before_handler(self, context: "RequestContext", run: Executor) -> Response | None:
        """Return the response that takes the place of the handler's, or None."""

    def after_handler(
        self, context: "RequestContext", response: Response, outcome: Outcome, reason: str
    ) -> tuple[Response, Outcome, str]:
        """Return the response with the faults that change it, and what the journal records."""

    async def wrap_send(self, send: Send, connection: ConnectionControl | None) -> Send:
        """Wait for the latency; return `send` with the fault that changes the transport."""


_NEEDLESS_ESCAPE = re.compile("%(?:2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)", re.IGNORECASE)


class RequestContext:
    """One request: what was sent, and what the steps of `Application.handle` found out.

    `path` is as it was sent, percent-encoded but for what needs no encoding; `is_control` is True
    if it belongs to the control plane. `headers` are by lower-case name, `head` the same with what
    was derived from them. `body_complete` is True once `body` is all of it. `api`, `operation` and
    `segments` (path parameters, still encoded) are set by routing, `sandbox` by the sandbox
    resolver, `identity` by authentication; `handled` is True from the call of the operation's
    handler on. `touched_jobs` are the jobs that the request read or changed, `faults` those played
    on it. `connection` controls the connection, where the server offers it; `rejection` is why the
    server took no request from what arrived. Links to this server begin with `root_path`, which is
    no part of `path`.
    """

    __slots__ = (
        "api", "body", "body_complete", "connection", "fault_session", "faults", "handled", "head",
        "headers", "identity", "is_control", "method", "operation", "path", "query", "receive",
        "rejection", "root_path", "sandbox", "segments", "touched_jobs",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, head: RequestHeaders) -> None:
        self.method: str = scope["method"]
        self.path = path = _path(scope)
        self.is_control = path.startswith(CONTROL)
        self.query: bytes = scope["query_string"]
        self.root_path: str = scope.get("root_path", "")
        self.head = head
        self.headers = head.headers
        self.receive = receive
        self.connection: ConnectionControl | None = scope.get(CONNECTION_KEY)
        self.rejection: Rejection | None = scope.get(REJECTION_KEY)
        self.body = b""
        self.body_complete = not head.is_framed and self.method == "GET"
        self.api: Api | None = None
        self.operation: CompiledOperation | None = None
        self.segments: Mapping[str, str] = {}
        self.sandbox: Sandbox | None = None
        self.identity: Identity | None = None
        self.handled = False
        self.touched_jobs: list[JobTouch] = []
        self.fault_session: RequestFaults | None = None
        self.faults: tuple[Fault, ...] = ()

    @property
    def redacted_path(self) -> str:
        """The path without secrets, as logs and the journal have it."""
        path = redact_path(self.path) if ";" in self.path else self.path
        for secret, _ in self.head.secrets:
            path = path.replace(secret, REDACTED)
        return path

    @property
    def operation_id(self) -> str | None:
        """The operationId that the request counts as; None for a HEAD, which is no operation."""
        if self.operation is None or self.method == "HEAD":
            return None
        return self.operation.operation.id


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    if raw is None:  # another server; an encoded slash cannot be told from a plain one
        return str(scope["path"])
    path = raw.decode("latin-1")
    if "%" in path:  # RFC 3986, 6.2.2.2: the same path with these as without
        path = _NEEDLESS_ESCAPE.sub(lambda escape: unquote(escape[0]), path)
    return path.partition("?")[0] if "?" in path else path
