"""Makes a journal entry of a request and its reply, without secrets; it runs for every request."""

from collections.abc import Iterable, Mapping
from itertools import islice
from time import perf_counter_ns

from mockserver import redact
from mockserver.auth import read_basic
from mockserver.exchange import Reply
from mockserver.journal.entry import LONGEST_BODY, Entry, Verdict
from mockserver.party import Party
from mockserver.visit import Visit

LONGEST_HEAD, MOST_HEADERS, LONGEST_VALUE = 8192, 64, 128
"""Characters of all headers together, and headers, beyond which each is cut to so many."""

LONGEST_TEXT = 2048
"""Characters of a path, a query string or a reason that are kept."""

REDACTED, RAW = redact.REDACTED, redact.REDACTED.encode()

SHORTEST_SECRET = 4
"""Characters below which a secret is not looked for in other places: too much would match."""

_ENTRY, _HEADER = 900, 110
"""Bytes that an entry, and one header of it, weigh besides their text (measured)."""


class Recorder:
    """Writes exchanges into the journals of their sandboxes."""

    def __init__(self) -> None:
        self._headers = redact.Headers()

    def record(
        self,
        visit: Visit,
        party: Party,
        reply: Reply,
        body: bytes,
        verdict: Verdict,
        reason: str,
        began: int,
    ) -> None:
        """Write down a request that came at `began` (of `perf_counter_ns`) and its reply."""
        sandbox, plan = visit.sandbox, visit.plan
        if sandbox is None:  # it named one that is not there
            return
        asked, secrets = self._headers.redact(visit.headers)
        answered = self._headers.redact(reply.headers)[0] if reply.headers else reply.headers
        path, query, sent, told = visit.path, "", visit.body, body
        if visit.query:
            query = redact.query(visit.query.decode("latin-1"))
        for secret in secret_parts(secrets):  # before anything is cut, lest half of one stays
            raw = secret.encode(errors="replace")
            path, told = path.replace(secret, REDACTED), told.replace(raw, RAW)
            query, reason = query.replace(secret, REDACTED), reason.replace(secret, REDACTED)
            sent = sent.replace(raw, RAW)
        if sent:
            sent = redact.body(sent, LONGEST_BODY)
        doubtful = plan is None or plan.secret
        told = redact.body(told, LONGEST_BODY) if doubtful else told
        told = bytes(memoryview(told)[:LONGEST_BODY])  # orjson's own bytes hold on to 4 KiB each
        path = path[:LONGEST_TEXT]
        head = _length_of(asked)
        if head > LONGEST_HEAD or len(asked) > MOST_HEADERS:
            asked = _shorten(asked)
            head = _length_of(asked)
        journal, jobs = sandbox.journal, tuple(visit.trail)
        journal.add(
            Entry(  # by place, because names cost as much as the rest of it
                journal.next_number(),
                sandbox.now(),
                (perf_counter_ns() - began) // 1000,
                visit.method,
                path,
                query[:LONGEST_TEXT],
                party.name if party.prefixes else None,
                plan.operation.id if plan else None,
                visit.identity.role if visit.identity else None,
                reply.status,
                verdict,
                reason[:LONGEST_TEXT],
                visit.faults,
                jobs,
                asked,
                sent,
                len(visit.body),
                answered,
                told,
                len(body) if reply.file is None else _length(reply),
                reply.file.media if reply.file else None,
                _ENTRY
                + _HEADER * (len(asked) + len(answered) + len(jobs))
                + head
                + len(path)
                + len(sent)
                + len(told)
                + (_weigh(answered, query, reason) if answered or query or reason else 0),
            )
        )


def _length_of(headers: Mapping[str, str]) -> int:
    return len("".join(headers)) + len("".join(headers.values()))


def _shorten(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the first of very many or very long headers, each of them cut."""
    first = islice(headers.items(), MOST_HEADERS)
    return {name[:LONGEST_VALUE]: value[:LONGEST_VALUE] for name, value in first}


def _length(reply: Reply) -> int:
    assert reply.file is not None
    return -1 if reply.file.length is None else reply.file.length


def _weigh(answered: Mapping[str, str], query: str, reason: str) -> int:
    """Return the bytes of what most exchanges do not have."""
    text = sum(map(len, answered.values()))
    return text + min(len(query), LONGEST_TEXT) + min(len(reason), LONGEST_TEXT)


def secret_parts(secrets: Iterable[str]) -> list[str]:
    """Return what of secret headers may turn up elsewhere: without scheme, and without client."""
    parts: list[str] = []
    for secret in secrets:
        scheme, _, rest = secret.partition(" ")
        parts.append((rest or scheme).strip())
        if scheme.lower() == "basic":
            parts.append(read_basic(rest.strip()).partition(":")[2])
    return [part for part in parts if len(part) >= SHORTEST_SECRET]
