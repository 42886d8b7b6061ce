"""What befalls one request: drawn from the rules, played on its reply, and labelled."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from random import Random

from mockserver.faults import transport
from mockserver.faults.effects import Striker, draw_delay
from mockserver.faults.model import Fault, Kind, Label, Layer, Match, Rule, Seen
from mockserver.faults.parser import Reader
from mockserver.faults.rules import Faults
from mockserver.faults.transport import Send, Sleep
from mockserver.http.apis import Parties
from mockserver.http.context import Visit
from mockserver.http.executors import Run
from mockserver.http.messages import Reply
from mockserver.http.prefer import read_prefer
from mockserver.journal.entry import Fault as Noted
from mockserver.journal.entry import Verdict
from mockserver.server.connection import Line

HEADER = "X-Mock-Fault"

FindState = Callable[[Visit], str | None]
"""The state of the job that a request names, None if it names none."""

_AGAIN = Rule("", Match(), Fault(Kind.EXPIRED_TOKEN), None, None, Label.VALID, {})


class Mishaps:
    """The faults of one request. At most one of each layer is played, that of the first rule.

    All rules count the request, also those that come too late. `brought` are the request's own.
    """

    __slots__ = (
        "_begun", "_book", "_brought", "_delay", "_find", "_layers", "_longest", "_played",
        "_state", "_striker", "_wire", "replaced",
    )  # fmt: skip

    def __init__(
        self,
        book: Faults,
        brought: Iterable[Rule],
        striker: Striker,
        find: FindState,
        longest: float,
    ) -> None:
        self._book = book
        self._brought = tuple(brought)
        self._striker = striker
        self._find = find
        self._longest = longest
        self._state: str | None = None
        self._begun = False
        self._layers: set[Layer] = set()
        self._played: list[tuple[Kind, Label, str]] = []
        self._delay = 0.0
        self._wire: Fault | None = None
        self.replaced = False

    async def before(self, visit: Visit, run: Run) -> Reply | None:
        """Return the reply that takes the place of handling the request, or None.

        `run` does what may have to wait for the store.
        """
        if any(rule.match.states is not None for rule in self._book.rules):
            self._state = await run(self._find, visit)
        return await run(self._instead, visit)

    def after(
        self, visit: Visit, reply: Reply, verdict: Verdict, reason: str
    ) -> tuple[Reply, Verdict, str]:
        """Return the reply after all that befalls it, and what the journal is to say of it.

        `wait` and `wrap` do the rest.
        """
        if not self._begun:  # it was refused before anything could handle it
            reply = self._instead(visit) or reply
        for rule, chance in self._drawn(visit, before=False):
            reply = self._strike(rule, chance, visit, reply)
        if not self._played:
            return reply, verdict, reason
        visit.faults = tuple(Noted(kind, label) for kind, label, _ in self._played)
        text = ", ".join(map(_text, self._played))
        reply = Reply(reply.status, reply.body, {**reply.headers, HEADER: text}, reply.file)
        if any(label is Label.VIOLATING for _, label, _ in self._played):
            return reply, Verdict.BROKEN, f"a fault on purpose: {text}"
        if self.replaced:
            return reply, Verdict.REFUSED, f"a fault on purpose: {text}"
        return reply, verdict, reason

    async def wait(self, sleep: Sleep) -> None:
        """Let the time of a latency pass."""
        if self._delay:
            await sleep(self._delay / 1000)

    def wrap(self, send: Send, line: Line | None, sleep: Sleep) -> Send:
        """Return `send` under the fault of the wire, if there is one."""
        if self._wire is None:
            return send
        return transport.wrap(self._wire, send, line, sleep, self._longest)

    def _instead(self, visit: Visit) -> Reply | None:
        self._begun = True
        found: Reply | None = None
        drawn = [*self._expired(visit), *self._drawn(visit, before=True)]
        for rule, _ in drawn:
            if found is None:
                found = self._replace(rule, visit)
        return found

    def _strike(self, rule: Rule, chance: Random, visit: Visit, reply: Reply) -> Reply:
        layer = rule.fault.layer
        if layer in self._layers or (layer is Layer.BODY and self.replaced):
            return reply
        if layer is Layer.REPLY:
            return self._replace(rule, visit) or reply
        if layer is Layer.BODY:
            return self._spoil(rule, visit, reply)
        label = self._striker.label(rule.fault.kind, visit.plan, reply)
        if self._striker.suits(rule.fault, reply) and self._note(rule, label):
            if layer is Layer.TIME:
                self._delay = draw_delay(rule.fault, chance, self._longest)
            else:
                self._wire = rule.fault
        return reply

    def _replace(self, rule: Rule, visit: Visit) -> Reply | None:
        reply = self._striker.instead(rule.fault, visit.plan)
        if reply is None:
            return None
        if not self._note(rule, self._striker.label(rule.fault.kind, visit.plan, reply)):
            return None
        self.replaced = True
        if rule.fault.kind is Kind.EXPIRED_TOKEN and rule.fault["lasting"]:
            self._book.expire(self._striker.secret(visit.plan, visit.headers))
        return reply

    def _spoil(self, rule: Rule, visit: Visit, reply: Reply) -> Reply:
        operation = visit.plan.operation.id if visit.plan else ""

        def rank(way: str) -> str:
            return self._book.rank(rule, f"{operation} {reply.status} {way}")

        struck = self._striker.spoil(rule.fault, visit.plan, reply, rank)
        if struck is None:
            return reply
        label = self._striker.label(rule.fault.kind, visit.plan, struck[1])
        if not self._note(rule, label, f"; pointer={json.dumps(struck[0])}"):
            return reply
        return struck[1]

    def _note(self, rule: Rule, label: Label, more: str = "") -> bool:
        """Note that a fault is played; tell whether it still may be."""
        if rule.id and not self._book.count(rule):
            return False
        self._layers.add(rule.fault.layer)
        self._played.append((rule.fault.kind, label, more))
        return True

    def _drawn(self, visit: Visit, *, before: bool) -> list[tuple[Rule, Random]]:
        seen = self._seen(visit)
        drawn = [
            (rule, self._book.once(rule)) for rule in self._brought if rule.fault.before is before
        ]
        mine = [rule for rule in self._book.rules if rule.fault.before is before]
        turns = ((rule, self._book.draw(rule, seen)) for rule in mine)
        return [*drawn, *((rule, chance) for rule, chance in turns if chance)]

    def _expired(self, visit: Visit) -> list[tuple[Rule, Random]]:
        """Return the rule of a caller whose credentials a fault has let expire for good."""
        secret = self._striker.secret(visit.plan, visit.headers)
        return [(_AGAIN, Random(0))] if self._book.has_expired(secret) else []

    def _seen(self, visit: Visit) -> Seen:
        return Seen(
            vendor=self._striker.vendor,
            operation=visit.plan.operation.id if visit.plan else None,
            method=visit.method,
            path=visit.path,
            role=visit.identity.role if visit.identity else None,
            state=self._state,
        )


def _text(played: tuple[Kind, Label, str]) -> str:
    kind, label, more = played
    return f"{kind}; {label}{more}"


_HEADER = "x-mock-fault"


class Injector:
    """Knows the vendors whose requests faults may befall.

    `longest` bounds in milliseconds what a request may wait; `sleep` lets real time pass.
    """

    def __init__(
        self,
        parties: Parties,
        reader: Reader,
        find: FindState,
        longest: float,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._parties = parties
        self._strikers = {party.name: Striker(party) for party in parties.all if party.open}
        self._reader = reader
        self._find = find
        self._longest = longest
        self._sleep = sleep

    def open(self, visit: Visit) -> Mishaps | None:
        """Return what may befall a request, or None.

        Raises:
            Refusal: 400, the request asks for a fault in a way that cannot be read.
        """
        assert visit.sandbox is not None
        book, headers = visit.sandbox.faults, visit.headers
        if not book.rules and _HEADER not in headers and "prefer" not in headers:
            return None
        striker = self._strikers.get(self._parties.of(visit.path).name)
        if striker is None or visit.method == "OPTIONS":
            return None
        brought = self._brought(headers)
        if not book.rules and not brought:
            return None
        return Mishaps(book, brought, striker, self._find, self._longest)

    async def hold(self, visit: Visit, send: Send) -> Send:
        """Let the time of a latency pass, and return `send` under the fault of the wire."""
        assert visit.mishaps is not None
        await visit.mishaps.wait(self._sleep)
        return visit.mishaps.wrap(send, visit.line, self._sleep)

    def _brought(self, headers: Mapping[str, str]) -> list[Rule]:
        texts = [headers.get(_HEADER), read_prefer(headers.get("prefer", "")).fault]
        return [rule for text in texts if text for rule in self._reader.read_header(text)]
