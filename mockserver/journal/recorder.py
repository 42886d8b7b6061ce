"""Makes a journal entry of a request and its reply, without secrets; it runs for every request."""

from collections.abc import Mapping
from time import perf_counter_ns

from mockserver.http.apis import Api
from mockserver.http.context import RequestContext
from mockserver.http.headers import memory_size
from mockserver.http.messages import Response, StreamingBody
from mockserver.journal import redaction
from mockserver.journal.entry import LONGEST_BODY, Entry, Outcome

LONGEST_TEXT = 2048
"""Characters of a path, a query string or a reason that are kept."""

REDACTED, RAW = redaction.REDACTED, redaction.REDACTED.encode()

_ENTRY, _JOB = 900, 100
"""Bytes that an entry, and one job in it, weigh besides their text (measured)."""


Judged = tuple[Outcome, str]
"""A verdict and its reason."""

_Clean = tuple[str, str, bytes, Mapping[str, str], bytes, str]
"""Path, query and body of the request, headers and body of the reply, and reason."""


class Recorder:
    """Writes exchanges into the journals of their sandboxes."""

    def __init__(self) -> None:
        self._headers = redaction.Headers()

    def record(
        self,
        context: RequestContext,
        api: Api,
        response: Response,
        body: bytes,
        judged: Judged,
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
        head = context.head
        path, query, sent, answered, told, reason = self._clean(context, response, body, judged[1])
        text = len(path) + len(query) + len(sent) + len(told) + len(reason)
        size = _ENTRY + text + head.weight + (memory_size(answered) if answered else 0)
        journal, jobs, file = sandbox.journal, tuple(context.touched_jobs), response.file
        journal.add(
            Entry(  # by place, because names cost as much as the rest of it
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
                judged[0],
                reason,
                context.faults,
                jobs,
                head.kept,
                sent,
                len(context.body),
                answered,
                told,
                _length(file) if file else len(body),
                file.media if file else None,
                size + _JOB * len(jobs),
            ),
            deferred=deferred,
        )

    def _clean(
        self, context: RequestContext, response: Response, body: bytes, reason: str
    ) -> _Clean:
        """Return what is kept of an exchange: no secrets, and nothing too long."""
        answered = (
            self._headers.redact(response.headers)[0] if response.headers else response.headers
        )
        path, query, sent, told = context.path, "", context.body, body
        if context.query:
            query = redaction.query(context.query.decode("latin-1"))
        for secret, raw in context.head.secrets:  # before anything is cut, lest half of one stays
            path, told = path.replace(secret, REDACTED), told.replace(raw, RAW)
            if query or reason or sent:
                query, reason = query.replace(secret, REDACTED), reason.replace(secret, REDACTED)
                sent = sent.replace(raw, RAW)
        if sent:
            sent = redaction.body(sent, LONGEST_BODY)
        if context.operation is None or context.operation.has_secrets:
            told = redaction.body(told, LONGEST_BODY)
        told = bytes(memoryview(told)[:LONGEST_BODY])  # orjson's own bytes hold on to 4 KiB each
        path, query, reason = path[:LONGEST_TEXT], query[:LONGEST_TEXT], reason[:LONGEST_TEXT]
        return path, query, sent, answered, told, reason


def _length(file: StreamingBody) -> int:
    return -1 if file.length is None else file.length
