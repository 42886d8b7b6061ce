"""Makes a journal entry of a request and its reply, without secrets; it runs for every request."""

from collections.abc import Iterable, Mapping
from itertools import islice
from time import perf_counter_ns

from mockserver import redact
from mockserver.auth import read_basic
from mockserver.exchange import FileBody, Reply
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

_ENTRY, _HEADER = 900, 100
"""Bytes that an entry, and one header of it, weigh besides their text (measured)."""


Judged = tuple[Verdict, str]
"""A verdict and its reason."""

_Clean = tuple[Mapping[str, str], str, str, bytes, Mapping[str, str], bytes, str]
"""Headers, path, query and body of the request, headers and body of the reply, and reason."""


class Recorder:
    """Writes exchanges into the journals of their sandboxes."""

    def __init__(self) -> None:
        self._headers = redact.Headers()

    def record(
        self, visit: Visit, party: Party, reply: Reply, body: bytes, judged: Judged, began: int
    ) -> None:
        """Write down a request that came at `began` (of `perf_counter_ns`) and its reply."""
        sandbox, plan = visit.sandbox, visit.plan
        if sandbox is None:  # it named one that is not there
            return
        asked, path, query, sent, answered, told, reason = self._clean(
            visit, reply, body, judged[1]
        )
        text = len(path) + len(query) + len(sent) + len(told) + len(reason)
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
                asked,
                sent,
                len(visit.body),
                answered,
                told,
                _length(file) if file else len(body),
                file.media if file else None,
                text + _weigh(asked, answered) + _HEADER * len(jobs),
            )
        )

    def _clean(self, visit: Visit, reply: Reply, body: bytes, reason: str) -> _Clean:
        """Return what is kept of an exchange: no secrets, and nothing too long."""
        asked, secrets = self._headers.redact(visit.headers)
        if len(asked) > MOST_HEADERS or _length_of(asked) > LONGEST_HEAD:
            asked = _shorten(asked)
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
        if visit.plan is None or visit.plan.secret:
            told = redact.body(told, LONGEST_BODY)
        told = bytes(memoryview(told)[:LONGEST_BODY])  # orjson's own bytes hold on to 4 KiB each
        path, query, reason = path[:LONGEST_TEXT], query[:LONGEST_TEXT], reason[:LONGEST_TEXT]
        return asked, path, query, sent, answered, told, reason


def _length_of(headers: Mapping[str, str]) -> int:
    return len("".join(headers)) + len("".join(headers.values()))


def _shorten(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the first of very many or very long headers, each of them cut."""
    first = islice(headers.items(), MOST_HEADERS)
    return {name[:LONGEST_VALUE]: value[:LONGEST_VALUE] for name, value in first}


def _length(file: FileBody) -> int:
    return -1 if file.length is None else file.length


def _weigh(asked: Mapping[str, str], answered: Mapping[str, str]) -> int:
    """Return the bytes that an entry weighs with these headers and no other text."""
    weight = _ENTRY + _HEADER * len(asked) + _length_of(asked)
    return weight + _HEADER * len(answered) + _length_of(answered) if answered else weight


def secret_parts(secrets: Iterable[str]) -> list[str]:
    """Return what of secret headers may turn up elsewhere: without scheme, and without client."""
    parts: list[str] = []
    for secret in secrets:
        scheme, _, rest = secret.partition(" ")
        parts.append((rest or scheme).strip())
        if scheme.lower() == "basic":
            parts.append(read_basic(rest.strip()).partition(":")[2])
    return [part for part in parts if len(part) >= SHORTEST_SECRET]
