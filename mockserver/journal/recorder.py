"""Makes a journal entry of a request and its reply, without secrets; it runs for every request."""

from collections.abc import Mapping
from time import perf_counter_ns

from mockserver.http.apis import Party
from mockserver.http.context import Visit
from mockserver.http.headers import weigh
from mockserver.http.messages import FileBody, Reply
from mockserver.journal import redaction
from mockserver.journal.entry import LONGEST_BODY, Entry, Verdict

LONGEST_TEXT = 2048
"""Characters of a path, a query string or a reason that are kept."""

REDACTED, RAW = redaction.REDACTED, redaction.REDACTED.encode()

_ENTRY, _JOB = 900, 100
"""Bytes that an entry, and one job in it, weigh besides their text (measured)."""


Judged = tuple[Verdict, str]
"""A verdict and its reason."""

_Clean = tuple[str, str, bytes, Mapping[str, str], bytes, str]
"""Path, query and body of the request, headers and body of the reply, and reason."""


class Recorder:
    """Writes exchanges into the journals of their sandboxes."""

    def __init__(self) -> None:
        self._headers = redaction.Headers()

    def record(
        self, visit: Visit, party: Party, reply: Reply, body: bytes, judged: Judged, began: int
    ) -> None:
        """Write down a request that came at `began` (of `perf_counter_ns`) and its reply."""
        sandbox, plan = visit.sandbox, visit.plan
        if sandbox is None:  # it named one that is not there
            return
        head = visit.head
        path, query, sent, answered, told, reason = self._clean(visit, reply, body, judged[1])
        text = len(path) + len(query) + len(sent) + len(told) + len(reason)
        size = _ENTRY + text + head.weight + (weigh(answered) if answered else 0)
        journal, jobs, file = sandbox.journal, tuple(visit.trail), reply.file
        journal.add(
            Entry(  # by place, because names cost as much as the rest of it
                journal.next_number(),
                sandbox.now(),
                (perf_counter_ns() - began) // 1000,
                visit.method,
                path,
                query,
                party.name if party.prefixes else None,
                plan.operation.id if plan else None,
                visit.identity.role if visit.identity else None,
                reply.status,
                judged[0],
                reason,
                visit.faults,
                jobs,
                head.kept,
                sent,
                len(visit.body),
                answered,
                told,
                _length(file) if file else len(body),
                file.media if file else None,
                size + _JOB * len(jobs),
            )
        )

    def _clean(self, visit: Visit, reply: Reply, body: bytes, reason: str) -> _Clean:
        """Return what is kept of an exchange: no secrets, and nothing too long."""
        answered = self._headers.redact(reply.headers)[0] if reply.headers else reply.headers
        path, query, sent, told = visit.path, "", visit.body, body
        if visit.query:
            query = redaction.query(visit.query.decode("latin-1"))
        for secret, raw in visit.head.secrets:  # before anything is cut, lest half of one stays
            path, told = path.replace(secret, REDACTED), told.replace(raw, RAW)
            if query or reason or sent:
                query, reason = query.replace(secret, REDACTED), reason.replace(secret, REDACTED)
                sent = sent.replace(raw, RAW)
        if sent:
            sent = redaction.body(sent, LONGEST_BODY)
        if visit.plan is None or visit.plan.secret:
            told = redaction.body(told, LONGEST_BODY)
        told = bytes(memoryview(told)[:LONGEST_BODY])  # orjson's own bytes hold on to 4 KiB each
        path, query, reason = path[:LONGEST_TEXT], query[:LONGEST_TEXT], reason[:LONGEST_TEXT]
        return path, query, sent, answered, told, reason


def _length(file: FileBody) -> int:
    return -1 if file.length is None else file.length
