"""What befalls one request: drawn from the rules, played on its reply, and labelled."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from random import Random

from mockserver.faults import transport
from mockserver.faults.effects import FaultApplier, draw_delay
from mockserver.faults.model import Fault, Kind, Label, Layer, Match, RequestFacts, Rule
from mockserver.faults.parser import FaultRuleParser
from mockserver.faults.rules import FaultRules
from mockserver.faults.transport import Send, Sleep
from mockserver.http.apis import ApiRegistry
from mockserver.http.context import RequestContext
from mockserver.http.executors import Executor
from mockserver.http.messages import Response
from mockserver.http.prefer import read_prefer
from mockserver.journal.entry import Fault as Noted
from mockserver.journal.entry import Outcome
from mockserver.server.connection import ConnectionControl

HEADER = "X-Mock-Fault"

FindState = Callable[[RequestContext], str | None]
"""The state of the job that a request names, None if it names none."""

_AGAIN = Rule("", Match(), Fault(Kind.EXPIRED_TOKEN), None, None, Label.VALID, {})


class FaultSession:
    """The faults of one request. At most one of each layer is played, that of the first rule.

    All rules count the request, also those that come too late. `brought` are the request's own.
    """

    __slots__ = (
        "_begun", "_book", "_brought", "_delay", "_find", "_layers", "_longest", "_played",
        "_state", "_striker", "_wire", "replaced",
    )  # fmt: skip

    def __init__(
        self,
        book: FaultRules,
        brought: Iterable[Rule],
        striker: FaultApplier,
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

    async def before_handler(self, context: RequestContext, run: Executor) -> Response | None:
        """Return the reply that takes the place of handling the request, or None.

        `run` does what may have to wait for the store.
        """
        if any(rule.match.states is not None for rule in self._book.rules):
            self._state = await run(self._find, context)
        return await run(self._instead, context)

    def after_handler(
        self, context: RequestContext, response: Response, outcome: Outcome, reason: str
    ) -> tuple[Response, Outcome, str]:
        """Return the reply after all that befalls it, and what the journal is to say of it.

        `wait` and `wrap` do the rest.
        """
        if not self._begun:  # it was refused before anything could handle it
            response = self._instead(context) or response
        for rule, chance in self._drawn(context, before=False):
            response = self._strike(rule, chance, context, response)
        if not self._played:
            return response, outcome, reason
        context.faults = tuple(Noted(kind, label) for kind, label, _ in self._played)
        text = ", ".join(map(_text, self._played))
        response = Response(
            response.status, response.body, {**response.headers, HEADER: text}, response.file
        )
        if any(label is Label.VIOLATING for _, label, _ in self._played):
            return response, Outcome.BROKEN, f"a fault on purpose: {text}"
        if self.replaced:
            return response, Outcome.REFUSED, f"a fault on purpose: {text}"
        return response, outcome, reason

    @property
    def resets(self) -> bool:
        """Return True if the connection is reset in place of the response."""
        return self._wire is not None and self._wire.kind is Kind.RESET

    async def wait(self, sleep: Sleep) -> None:
        """Let the time of a latency pass."""
        if self._delay:
            await sleep(self._delay / 1000)

    def wrap(self, send: Send, line: ConnectionControl | None, sleep: Sleep) -> Send:
        """Return `send` under the fault of the wire, if there is one."""
        if self._wire is None:
            return send
        return transport.wrap(self._wire, send, line, sleep, self._longest)

    def _instead(self, context: RequestContext) -> Response | None:
        self._begun = True
        found: Response | None = None
        drawn = [*self._expired(context), *self._drawn(context, before=True)]
        for rule, _ in drawn:
            if found is None:
                found = self._replace(rule, context)
        return found

    def _strike(
        self, rule: Rule, chance: Random, context: RequestContext, response: Response
    ) -> Response:
        layer = rule.fault.layer
        if layer in self._layers or (layer is Layer.BODY and self.replaced):
            return response
        if layer is Layer.REPLY:
            return self._replace(rule, context) or response
        if layer is Layer.BODY:
            return self._spoil(rule, context, response)
        label = self._striker.label(rule.fault.kind, context.operation, response)
        if self._striker.is_applicable(rule.fault, response) and self._note(rule, label):
            if layer is Layer.TIME:
                self._delay = draw_delay(rule.fault, chance, self._longest)
            else:
                self._wire = rule.fault
        return response

    def _replace(self, rule: Rule, context: RequestContext) -> Response | None:
        response = self._striker.replacement_response(rule.fault, context.operation)
        if response is None:
            return None
        if not self._note(rule, self._striker.label(rule.fault.kind, context.operation, response)):
            return None
        self.replaced = True
        if rule.fault.kind is Kind.EXPIRED_TOKEN and rule.fault["lasting"]:
            self._book.expire(self._striker.secret(context.operation, context.headers))
        return response

    def _spoil(self, rule: Rule, context: RequestContext, response: Response) -> Response:
        operation = context.operation.operation.id if context.operation else ""

        def rank(way: str) -> str:
            return self._book.deterministic_order(rule, f"{operation} {response.status} {way}")

        struck = self._striker.corrupt_body(rule.fault, context.operation, response, rank)
        if struck is None:
            return response
        label = self._striker.label(rule.fault.kind, context.operation, struck[1])
        if not self._note(rule, label, f"; pointer={json.dumps(struck[0])}"):
            return response
        return struck[1]

    def _note(self, rule: Rule, label: Label, more: str = "") -> bool:
        """Note that a fault is played; tell whether it still may be."""
        if rule.id and not self._book.count(rule):
            return False
        self._layers.add(rule.fault.layer)
        self._played.append((rule.fault.kind, label, more))
        return True

    def _drawn(self, context: RequestContext, *, before: bool) -> list[tuple[Rule, Random]]:
        seen = self._seen(context)
        drawn = [
            (rule, self._book.select_one_off(rule))
            for rule in self._brought
            if rule.fault.before is before
        ]
        mine = [rule for rule in self._book.rules if rule.fault.before is before]
        turns = ((rule, self._book.select(rule, seen)) for rule in mine)
        return [*drawn, *((rule, chance) for rule, chance in turns if chance)]

    def _expired(self, context: RequestContext) -> list[tuple[Rule, Random]]:
        """Return the rule of a caller whose credentials a fault has let expire for good."""
        secret = self._striker.secret(context.operation, context.headers)
        return [(_AGAIN, Random(0))] if self._book.has_expired(secret) else []

    def _seen(self, context: RequestContext) -> RequestFacts:
        return RequestFacts(
            vendor=self._striker.vendor,
            operation=context.operation_id,
            method=context.method,
            path=context.path,
            role=context.identity.role if context.identity else None,
            state=self._state,
        )


def _text(played: tuple[Kind, Label, str]) -> str:
    kind, label, more = played
    return f"{kind}; {label}{more}"


_HEADER = "x-mock-fault"


class FaultInjector:
    """Knows the vendors whose requests faults may befall.

    `longest` bounds in milliseconds what a request may wait; `sleep` lets real time pass.
    """

    def __init__(
        self,
        apis: ApiRegistry,
        reader: FaultRuleParser,
        find: FindState,
        longest: float,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._apis = apis
        self._strikers = {api.name: FaultApplier(api) for api in apis.all if api.is_vendor}
        self._reader = reader
        self._find = find
        self._longest = longest
        self._sleep = sleep

    def start(self, context: RequestContext) -> FaultSession | None:
        """Return what may befall a request, or None.

        Raises:
            ApiError: 400, the request asks for a fault in a way that cannot be read.
        """
        assert context.sandbox is not None
        book, headers = context.sandbox.faults, context.headers
        if not book.rules and _HEADER not in headers and "prefer" not in headers:
            return None
        striker = self._strikers.get(self._apis.for_path(context.path).name)
        if striker is None or context.method == "OPTIONS":
            return None
        brought = self._brought(headers)
        if not book.rules and not brought:
            return None
        return FaultSession(book, brought, striker, self._find, self._longest)

    async def wrap_send(self, context: RequestContext, send: Send) -> Send:
        """Let the time of a latency pass, and return `send` under the fault of the wire."""
        assert isinstance(context.fault_session, FaultSession)
        await context.fault_session.wait(self._sleep)
        return context.fault_session.wrap(send, context.connection, self._sleep)

    def _brought(self, headers: Mapping[str, str]) -> list[Rule]:
        texts = [headers.get(_HEADER), read_prefer(headers.get("prefer", "")).fault]
        return [rule for text in texts if text for rule in self._reader.read_header(text)]
