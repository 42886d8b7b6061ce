"""Records requests and their responses in the journals of their sandboxes, without secrets."""

from collections.abc import Mapping
from time import perf_counter_ns

from mockserver.http.context import RequestContext
from mockserver.http.headers import memory_size
from mockserver.http.messages import Response, Result, StreamingBody
from mockserver.http.routing import Api
from mockserver.journal import redaction
from mockserver.journal.base import MAX_BODY_BYTES, MAX_TEXT_LENGTH, Entry

REDACTED, REDACTED_BYTES = redaction.REDACTED, redaction.REDACTED.encode()

_ENTRY_BYTES, _JOB_BYTES = 900, 100
"""The memory that an entry and each of its jobs take besides their text (measured)."""


class Recorder:
    """Records exchanges; it runs for every request."""

    def __init__(self, declared: frozenset[str] = frozenset()) -> None:
        """`declared` are names, in lower case, that contracts have for credentials."""
        self._declared = declared
        self._headers = redaction.HeaderRedactor(declared)

    def record(
        self, context: RequestContext, api: Api, result: Result, body: bytes, started_at: int
    ) -> None:
        """Record a request that came at `started_at` (of `perf_counter_ns`) and its result."""
        sandbox = context.sandbox
        if sandbox is None:  # the request names an unknown one
            return
        response = result.response
        status: int | None = response.status
        if context.fault_session is not None and context.fault_session.resets:
            status, response, body = None, Response(response.status), b""
        path, query, sent = _redact_request(context, self._declared)
        headers, received, reason = self._redact_response(context, response, body, result.reason)
        jobs, file, journal = tuple(context.touched_jobs), response.file, sandbox.journal
        text_size = len(path) + len(query) + len(sent) + len(received) + len(reason)
        headers_size = context.head.size + (memory_size(headers) if headers else 0)
        entry = Entry(  # positional, because keywords cost as much as all the rest
            journal.next_number(),
            sandbox.now(),
            (perf_counter_ns() - started_at) // 1000,
            context.method,
            path,
            query,
            api.name if api.prefixes else None,
            context.operation_id,
            context.identity.role if context.identity else None,
            status,
            result.outcome,
            reason,
            context.faults,
            jobs,
            context.head.redacted,
            sent,
            len(context.body) if context.body_complete else -1,
            headers,
            received,
            _length(file) if file else len(body),
            file.media if file else None,
            _ENTRY_BYTES + text_size + headers_size + _JOB_BYTES * len(jobs),
        )
        journal.add(entry, deferred=result.is_deferred)

    def _redact_response(
        self, context: RequestContext, response: Response, body: bytes, reason: str
    ) -> tuple[Mapping[str, str], bytes, str]:
        """Return headers, body and reason as recorded: without secrets, and nothing too long."""
        headers = response.headers
        if headers:
            headers = self._headers.redact(headers)[0]
        for secret, raw in context.head.secrets:  # before anything is cut: a half would not match
            body = body.replace(raw, REDACTED_BYTES)
            if reason:
                reason = reason.replace(secret, REDACTED)
        if context.operation is None or context.operation.has_secrets:
            body = redaction.redact_body(body, MAX_BODY_BYTES)
        # A copy of the body, and the cheapest way to one: orjson's bytes hold 4 KiB each.
        return headers, b"%b" % body[:MAX_BODY_BYTES], reason[:MAX_TEXT_LENGTH]


def _redact_request(context: RequestContext, declared: frozenset[str]) -> tuple[str, str, bytes]:
    """Return path, query and body as recorded: without secrets, and nothing too long."""
    path, query, body = context.redacted_path, "", context.body
    if context.query:
        query = redaction.redact_query(context.query.decode("latin-1"), declared)
    for secret, raw in context.head.secrets:
        query, body = query.replace(secret, REDACTED), body.replace(raw, REDACTED_BYTES)
    if body:
        body = redaction.redact_body(body, MAX_BODY_BYTES)
    return path[:MAX_TEXT_LENGTH], query[:MAX_TEXT_LENGTH], body


def _length(file: StreamingBody) -> int:
    return -1 if file.length is None else file.length
