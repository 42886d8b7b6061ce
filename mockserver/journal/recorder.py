"""Records requests and their responses in the journals of their sandboxes, without secrets."""

from collections.abc import Mapping
from time import perf_counter_ns

from mockserver.http.apis import Api
from mockserver.http.context import RequestContext
from mockserver.http.headers import memory_size
from mockserver.http.messages import Response, StreamingBody
from mockserver.journal import redaction
from mockserver.journal.base import MAX_BODY_BYTES, Entry, Outcome

MAX_TEXT_LENGTH = 2048
"""How many characters of a path, a query or a reason are recorded."""

REDACTED, REDACTED_BYTES = redaction.REDACTED, redaction.REDACTED.encode()

_ENTRY_BYTES, _JOB_BYTES = 900, 100
"""The memory that an entry and each of its jobs take besides their text (measured)."""

Judgement = tuple[Outcome, str]
"""The outcome of an exchange, and its reason where that is not OK."""

_Redacted = tuple[str, str, bytes, Mapping[str, str], bytes, str]
"""Path, query and body of the request, headers and body of the response, and reason."""


class Recorder:
    """Records exchanges; it runs for every request."""

    def __init__(self) -> None:
        self._headers = redaction.HeaderRedactor()

    def record(
        self,
        context: RequestContext,
        api: Api,
        response: Response,
        body: bytes,
        judgement: Judgement,
        started_at: int,
        *,
        deferred: bool = False,
    ) -> None:
        """Record a request that came at `started_at` (of `perf_counter_ns`) and its response."""
        sandbox = context.sandbox
        if sandbox is None:  # the request names an unknown one
            return
        status: int | None = response.status
        if context.fault_session is not None and context.fault_session.resets:
            status, response, body = None, Response(response.status), b""
        head, (outcome, reason) = context.head, judgement
        path, query, sent_body, headers, body_start, reason = self._redact(
            context, response, body, reason
        )
        text = len(path) + len(query) + len(sent_body) + len(body_start) + len(reason)
        size = _ENTRY_BYTES + text + head.size + (memory_size(headers) if headers else 0)
        journal, jobs, file = sandbox.journal, tuple(context.touched_jobs), response.file
        journal.add(
            Entry(  # positional, because keywords cost as much as all the rest
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
                outcome,
                reason,
                context.faults,
                jobs,
                head.redacted,
                sent_body,
                len(context.body),
                headers,
                body_start,
                _length(file) if file else len(body),
                file.media if file else None,
                size + _JOB_BYTES * len(jobs),
            ),
            deferred=deferred,
        )

    def _redact(
        self, context: RequestContext, response: Response, body: bytes, reason: str
    ) -> _Redacted:
        """Return what is recorded: without secrets, and nothing too long."""
        headers = response.headers
        if headers:
            headers = self._headers.redact(headers)[0]
        path, query, sent = context.path, "", context.body
        if context.query:
            query = redaction.redact_query(context.query.decode("latin-1"))
        for secret, raw in context.head.secrets:  # before anything is cut: a half would not match
            path, body = path.replace(secret, REDACTED), body.replace(raw, REDACTED_BYTES)
            if query or reason or sent:
                query, reason = query.replace(secret, REDACTED), reason.replace(secret, REDACTED)
                sent = sent.replace(raw, REDACTED_BYTES)
        if sent:
            sent = redaction.redact_body(sent, MAX_BODY_BYTES)
        if context.operation is None or context.operation.has_secrets:
            body = redaction.redact_body(body, MAX_BODY_BYTES)
        body = bytes(memoryview(body)[:MAX_BODY_BYTES])  # a copy: orjson's bytes hold 4 KiB each
        path, query, reason = (
            path[:MAX_TEXT_LENGTH],
            query[:MAX_TEXT_LENGTH],
            reason[:MAX_TEXT_LENGTH],
        )
        return path, query, sent, headers, body, reason


def _length(file: StreamingBody) -> int:
    return -1 if file.length is None else file.length
