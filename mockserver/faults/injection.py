"""Select the faults of one request from the rules, apply them to its response and label it."""

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
from mockserver.http import Executor
from mockserver.http.context import RequestContext
from mockserver.http.messages import Response
from mockserver.http.prefer import read_prefer
from mockserver.http.routing import ApiRegistry
from mockserver.journal.base import Fault as RecordedFault
from mockserver.journal.base import Outcome
from mockserver.server import ConnectionControl

HEADER = "X-Mock-Fault"
_HEADER = HEADER.lower()

FindState = Callable[[RequestContext], str | None]
"""Returns the state of the job that a request refers to, None if it refers to none."""

_EXPIRED_RULE = Rule("", Match(), Fault(Kind.EXPIRED_TOKEN), None, None, Label.VALID, {})


class FaultSession:
    """The faults of one request: at most one per layer, that of the first matching rule.

    Every matching rule counts the request, even if its fault is not applied. `request_rules` come
    from the request's own headers.
    """

    __slots__ = (
        "_applied", "_applier", "_delay", "_find_state", "_layers", "_max_delay_ms",
        "_request_rules", "_rules", "_sleep", "_started", "_state", "_transport_fault", "replaced",
    )  # fmt: skip

    def __init__(
        self,
        rules: FaultRules,
        request_rules: Iterable[Rule],
        applier: FaultApplier,
        find_state: FindState,
        max_delay_ms: float,
        sleep: Sleep,
    ) -> None:
        self._rules = rules
        self._sleep = sleep
        self._request_rules = tuple(request_rules)
        self._applier = applier
        self._find_state = find_state
        self._max_delay_ms = max_delay_ms
        self._state: str | None = None
        self._started = False
        self._layers: set[Layer] = set()
        self._applied: list[tuple[Kind, Label, str]] = []
        self._delay = 0.0
        self._transport_fault: Fault | None = None
        self.replaced = False

    async def before_handler(self, context: RequestContext, run: Executor) -> Response | None:
        """Return the response that replaces handling the request, or None.

        `run` executes calls that may block on the store.
        """
        if any(rule.match.states is not None for rule in self._rules.rules):
            self._state = await run(self._find_state, context)
        return await run(self._replacement, context)

    def after_handler(
        self, context: RequestContext, response: Response, outcome: Outcome, reason: str
    ) -> tuple[Response, Outcome, str]:
        """Return the response with faults applied, and the outcome and reason for the journal.

        Latency and transport faults are applied by `wrap_send`.
        """
        if not self._started:  # rejected before `before_handler` was called
            response = self._replacement(context) or response
        for rule, rng in self._selected(context, before=False):
            response = self._apply(rule, rng, context, response)
        if not self._applied:
            return response, outcome, reason
        context.faults = tuple(RecordedFault(kind, label) for kind, label, _ in self._applied)
        text = ", ".join(f"{kind}; {label}{detail}" for kind, label, detail in self._applied)
        response = Response(
            response.status, response.body, {**response.headers, HEADER: text}, response.file
        )
        if any(label is Label.VIOLATING for _, label, _ in self._applied):
            return response, Outcome.BROKEN, f"injected fault: {text}"
        if self.replaced:
            return response, Outcome.REFUSED, f"injected fault: {text}"
        return response, outcome, reason

    @property
    def resets(self) -> bool:
        """Return True if the connection is reset in place of the response."""
        return self._transport_fault is not None and self._transport_fault.kind is Kind.RESET

    async def wrap_send(self, send: Send, connection: ConnectionControl | None) -> Send:
        """Wait for the selected latency; return `send` with the selected transport fault."""
        if self._delay:
            await self._sleep(self._delay / 1000)
        if self._transport_fault is None:
            return send
        return transport.wrap(
            self._transport_fault, send, connection, self._sleep, self._max_delay_ms
        )

    def _replacement(self, context: RequestContext) -> Response | None:
        self._started = True
        replacement: Response | None = None
        selected = [*self._expired(context), *self._selected(context, before=True)]
        for rule, _ in selected:
            if replacement is None:
                replacement = self._replace(rule, context)
        return replacement

    def _apply(
        self, rule: Rule, rng: Random, context: RequestContext, response: Response
    ) -> Response:
        layer = rule.fault.layer
        if layer in self._layers or (layer is Layer.BODY and self.replaced):
            return response
        if layer is Layer.REPLY:
            return self._replace(rule, context) or response
        if layer is Layer.BODY:
            return self._corrupt(rule, context, response)
        label = self._applier.label(rule.fault.kind, context.operation, response)
        if self._applier.is_applicable(rule.fault, response) and self._record(rule, label):
            if layer is Layer.TIME:
                self._delay = draw_delay(rule.fault, rng, self._max_delay_ms)
            else:
                self._transport_fault = rule.fault
        return response

    def _replace(self, rule: Rule, context: RequestContext) -> Response | None:
        response = self._applier.replacement_response(rule.fault, context.operation)
        if response is None:
            return None
        if not self._record(
            rule, self._applier.label(rule.fault.kind, context.operation, response)
        ):
            return None
        self.replaced = True
        if rule.fault.kind is Kind.EXPIRED_TOKEN and rule.fault["lasting"]:
            self._rules.expire(self._applier.secret(context.operation, context.headers))
        return response

    def _corrupt(self, rule: Rule, context: RequestContext, response: Response) -> Response:
        operation = context.operation.operation.id if context.operation else ""

        def rank(path: str) -> str:
            return self._rules.deterministic_order(rule, f"{operation} {response.status} {path}")

        corrupted = self._applier.corrupt_body(rule.fault, context.operation, response, rank)
        if corrupted is None:
            return response
        label = self._applier.label(rule.fault.kind, context.operation, corrupted[1])
        if not self._record(rule, label, f"; pointer={json.dumps(corrupted[0])}"):
            return response
        return corrupted[1]

    def _record(self, rule: Rule, label: Label, detail: str = "") -> bool:
        """Record an applied fault; return False if the rule has reached its `times`."""
        if rule.id and not self._rules.count(rule):
            return False
        self._layers.add(rule.fault.layer)
        self._applied.append((rule.fault.kind, label, detail))
        return True

    def _selected(self, context: RequestContext, *, before: bool) -> list[tuple[Rule, Random]]:
        facts = self._facts(context)
        selected = [
            (rule, self._rules.select_one_off(rule))
            for rule in self._request_rules
            if rule.fault.before is before
        ]
        candidates = [rule for rule in self._rules.rules if rule.fault.before is before]
        selections = ((rule, self._rules.select(rule, facts)) for rule in candidates)
        return [*selected, *((rule, rng) for rule, rng in selections if rng)]

    def _expired(self, context: RequestContext) -> list[tuple[Rule, Random]]:
        """Return the expired-token rule if a lasting fault has expired the credentials."""
        secret = self._applier.secret(context.operation, context.headers)
        return [(_EXPIRED_RULE, Random(0))] if self._rules.has_expired(secret) else []

    def _facts(self, context: RequestContext) -> RequestFacts:
        return RequestFacts(
            vendor=self._applier.vendor,
            operation=context.operation_id,
            method=context.method,
            path=context.path,
            role=context.identity.role if context.identity else None,
            state=self._state,
        )


class FaultInjector:
    """Injects faults into requests to the vendors' APIs.

    `max_delay_ms` limits the delay of one response; `sleep` takes seconds of real time.
    """

    def __init__(
        self,
        apis: ApiRegistry,
        parser: FaultRuleParser,
        find_state: FindState,
        max_delay_ms: float,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._apis = apis
        self._appliers = {api.name: FaultApplier(api) for api in apis.all if api.is_vendor}
        self._parser = parser
        self._find_state = find_state
        self._max_delay_ms = max_delay_ms
        self._sleep = sleep

    def start(self, context: RequestContext) -> FaultSession | None:
        """Return the fault session of a request, or None if no rule can apply.

        Raises:
            ApiError: 400, a fault header is malformed.
        """
        assert context.sandbox is not None
        rules, headers = context.sandbox.faults, context.headers
        if not rules.rules and _HEADER not in headers and "prefer" not in headers:
            return None
        applier = self._appliers.get(self._apis.for_path(context.path).name)
        if applier is None or context.method == "OPTIONS":
            return None
        request_rules = self._request_rules(headers)
        if not rules.rules and not request_rules:
            return None
        return FaultSession(
            rules, request_rules, applier, self._find_state, self._max_delay_ms, self._sleep
        )

    def _request_rules(self, headers: Mapping[str, str]) -> list[Rule]:
        texts = [headers.get(_HEADER), read_prefer(headers.get("prefer", "")).fault]
        return [rule for text in texts if text for rule in self._parser.read_header(text)]
