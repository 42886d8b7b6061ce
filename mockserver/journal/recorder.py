"""Makes a journal entry of a request and its reply, without secrets; it runs for every request."""

from collections.abc import Iterable, Mapping
from time import perf_counter_ns

from mockserver import redact
from mockserver.auth import read_basic
from mockserver.exchange import Reply
from mockserver.journal.entry import LONGEST_BODY, Entry, Fault, Touch, Verdict
from mockserver.party import Party
from mockserver.visit import Visit

LONGEST_TEXT = 2048
"""Characters of a path, a query string or a reason that are kept."""

SHORTEST_SECRET = 4
"""Characters below which a secret is not looked for in other places: too much would match."""

_ENTRY, _HEADER = 1100, 110
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
        answered, _ = self._headers.redact(reply.headers)
        path, sent, told, query = visit.path, visit.body, body, ""
        if visit.query:
            query = redact.query(visit.query.decode("latin-1"))
        if secrets:  # before anything is cut, lest half of one stays
            known = _parts(secrets)
            path, query, reason = (redact.scrub(text, known) for text in (path, query, reason))
            sent, told = redact.scrub_bytes(sent, known), redact.scrub_bytes(told, known)
        sent = redact.body(sent, LONGEST_BODY) if sent else sent
        if plan is None or plan.secret:
            told = redact.body(told, LONGEST_BODY)
        if verdict is Verdict.OK and visit.faults:
            verdict, reason = _judge(visit.faults)
        journal, jobs = sandbox.journal, tuple(visit.trail)
        journal.add(
            Entry(  # by place, because names cost as much as the rest of it
                journal.next_number(),
                sandbox.now(),
                (perf_counter_ns() - began) // 1000,
                visit.method,
                path[:LONGEST_TEXT],
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
                told[:LONGEST_BODY],
                len(body) if reply.file is None else _length(reply),
                reply.file.media if reply.file else None,
                _weigh(asked, answered, jobs)
                + min(len(path) + len(query) + len(reason), LONGEST_TEXT * 3)
                + len(sent)
                + min(len(told), LONGEST_BODY),
            )
        )


def _judge(faults: tuple[Fault, ...]) -> tuple[Verdict, str]:
    """Return the verdict on a reply that faults were played on, after it was found good."""
    broken = [fault.kind for fault in faults if fault.label == "violating"]
    return (Verdict.BROKEN, f"on purpose: {', '.join(broken)}") if broken else (Verdict.OK, "")


def _length(reply: Reply) -> int:
    assert reply.file is not None
    return -1 if reply.file.length is None else reply.file.length


def _weigh(asked: Mapping[str, str], answered: Mapping[str, str], jobs: tuple[Touch, ...]) -> int:
    """Return the bytes of an entry, but for its path, query and bodies."""
    text = sum(map(len, asked.values())) + sum(map(len, answered.values()))
    return _ENTRY + _HEADER * (len(asked) + len(answered) + len(jobs)) + text


def _parts(secrets: Iterable[str]) -> list[str]:
    """Return what of secret headers may turn up elsewhere: without scheme, and without client."""
    parts: list[str] = []
    for secret in secrets:
        scheme, _, rest = secret.partition(" ")
        parts.append((rest or scheme).strip())
        if scheme.lower() == "basic":
            parts.append(read_basic(rest.strip()).partition(":")[2])
    return [part for part in parts if len(part) >= SHORTEST_SECRET]
