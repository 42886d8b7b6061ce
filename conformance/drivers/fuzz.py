"""Schemathesis's engine as a judge: it generates requests, asserts our checks, shrinks failures."""

from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from schemathesis import Case, Response
from schemathesis.generation.meta import CoveragePhaseData

from conformance.contract_queries import id_parameters
from conformance.drivers import DriverCase
from conformance.drivers.engine import EngineRun, copy_case, http_request, requirement_check
from conformance.errors import NotPermitted
from conformance.http import Exchange, ExchangeInfo
from conformance.request_data import existing_resources
from conformance.settings import Effort
from conformance.target import PRIMARY
from specs import Operation, Requirement

NAME: Final = "fuzz"
# The number of resources that an operation may create by valid requests of this driver.
MAX_CREATED: Final = {Effort.QUICK: 3, Effort.DEFAULT: 10, Effort.DEEP: 100}
# Requests that shrink the failures of one operation.
MAX_SHRINKING: Final = 30
_SYSTEMATIC: Final = ("examples", "coverage")


def drive(case: DriverCase) -> None:
    """Run the engine on each operation; this driver does not run at quick effort.

    What is systematic is sent whole, whatever fails. What is drawn at random is shrunk by
    Hypothesis where it fails; the requests that this takes are judged like all others, so that the
    smallest is the evidence. Operations whose requests may not be repeated are not shrunk.

    Raises:
        BudgetExceeded: nothing more may be sent.
        TargetUnavailable: the target cannot be reached any more.
        InternalError: Schemathesis cannot generate any request from this contract.
    """
    engine = _Engine(case)
    client = case.client
    operations = [case.contract.operations[name] for name in case.operations]
    repeatable = [o.id for o in operations if case.shrinks and client.is_repeatable(o)]
    once = [name for name in case.operations if name not in repeatable]
    engine.run(case.operations, _SYSTEMATIC)
    engine.run(once, ("fuzzing",))
    # Once an example has failed, Hypothesis soon draws no more: the rest is sent afterwards.
    if engine.run(repeatable, ("fuzzing",), shrink=True):
        engine.run(repeatable, ("fuzzing",))


class _Engine:
    """Runs Schemathesis's engine over a contract, each time on some operations and phases."""

    def __init__(self, case: DriverCase) -> None:
        self._case = case
        self._sender = _CaseSender(case)

    def run(
        self, operations: Collection[str], phases: Collection[str], *, shrink: bool = False
    ) -> bool:
        """Return True if an exchange has violated a requirement."""
        if not operations:
            return False
        case, sender = self._case, self._sender
        sender.start(shrink=shrink)
        checks = [
            requirement_check(
                case.contract,
                requirement,
                sender.exchange_of,
                partial(sender.failure_of, requirement),
            )
            for requirement in case.evaluator.exchange_requirements
        ]
        plan = EngineRun(
            case.contract, operations, phases, case.seed, case.effort.examples, shrink=shrink
        )
        for _ in plan.execute(checks, sender.send):
            if sender.stopped is not None:
                break
        if sender.stopped is not None:
            raise sender.stopped
        return sender.has_failed


class _CaseSender:
    """Sends the engine's cases through our client, and remembers what became of each.

    `has_failed`: since `start`, an exchange has violated a requirement; `stopped` is the error that
    ends the run.
    """

    def __init__(self, case: DriverCase) -> None:
        self.has_failed = False
        self.stopped: Exception | None = None
        self._case = case
        self._client = case.client
        self._exchange: tuple[str, Exchange | None] = ("", None)
        self._sent: dict[tuple[Any, ...], Exchange | None] = {}
        self._coverage_keys: set[tuple[Any, ...]] = set()
        self._counts: Counter[str] = Counter()
        self._created: Counter[str] = Counter()
        self._shrinks = False
        self._shrinking: dict[str, int] = {}
        self._failing_ids: dict[str, Mapping[str, Any]] = {}

    def start(self, *, shrink: bool) -> None:
        """Begin another run of the engine."""
        self._shrinks = shrink
        self._shrinking, self._failing_ids = {}, {}
        self.has_failed = False

    def send(self, case: Case[Any]) -> None:
        """Send the request of a case; an error is kept, for the engine would take it for its own.

        A case with another method than the operation's is none of the contract.
        """
        exchange = None
        if self.stopped is None and case.method.upper() == case.operation.method.upper():
            try:
                exchange = self._send_case(case)
            except Exception as error:  # noqa: BLE001  (raised again when the engine has ended)
                self.stopped = error
        self._exchange = (case.id, exchange)

    def exchange_of(self, case: Case[Any], _response: Response) -> Exchange | None:
        """Return the exchange of the case that was called last; None if nothing was sent."""
        id_, exchange = self._exchange
        return exchange if id_ == case.id else None

    def failure_of(self, requirement: Requirement, exchange: Exchange) -> str | None:
        """Return why an exchange violates a requirement; from then on its operation is shrunk."""
        reason = self._case.evaluator.failure_of(requirement, exchange)
        if reason is not None:
            self.has_failed = True
            if self._shrinks and exchange.operation is not None:
                self._shrinking.setdefault(exchange.operation, 0)
                self._failing_ids.setdefault(exchange.operation, exchange.path_parameters)
        return reason

    def _send_case(self, generated: Case[Any]) -> Exchange | None:
        """Send a request; for an equivalent one that was sent before, return what it got."""
        operation = self._case.contract.operations[
            generated.operation.definition.raw["operationId"]
        ]
        case = copy_case(generated)
        self._bind_ids(operation, case)
        request = http_request(case)
        key = (request.method, request.target, request.body, tuple(request.headers.items()))
        if key in self._sent or self._is_covered(operation, generated):
            return self._sent.get(key)
        self._sent[key] = None
        if not self._may_send(operation, generated):
            return None
        path = {name: str(value) for name, value in case.path_parameters.items()}
        info = ExchangeInfo(operation.id, NAME, PRIMARY, _is_valid(generated), path)
        try:
            exchange = self._client.send(operation, request, {}, info=info)
        except NotPermitted:
            return None
        if self._client.policy.is_write(operation) and exchange.status in {200, 201, 202}:
            self._created[operation.id] += 1
        self._sent[key] = exchange
        return exchange

    def _may_send(self, operation: Operation, generated: Case[Any]) -> bool:
        if operation.id in self._shrinking:
            self._shrinking[operation.id] += 1
            return self._shrinking[operation.id] <= MAX_SHRINKING
        limit = MAX_CREATED[self._case.effort]
        return _is_valid(generated) is not True or self._created[operation.id] < limit

    def _is_covered(self, operation: Operation, case: Case[Any]) -> bool:
        """Return True if a request for the same coverage was sent (six wrong types are one)."""
        data = case.meta.phase.data if case.meta else None
        if self._case.effort is Effort.DEEP or not isinstance(data, CoveragePhaseData):
            return False
        key = (operation.id, data.scenario, data.description, data.parameter)
        is_covered = key in self._coverage_keys
        self._coverage_keys.add(key)
        return is_covered

    def _bind_ids(self, operation: Operation, case: Case[Any]) -> None:
        """Replace random ids by ids that exist, or that certainly do not."""
        count = self._counts[operation.id]
        self._counts[operation.id] += 1
        existing = existing_resources(self._client, operation)
        ids = id_parameters(self._case.contract, operation)
        policy = self._client.policy
        # An invalid id is what the case is about, so it stays.
        valid_ids = all(
            policy.matches(operation, name, str(case.path_parameters.get(name, ""))) for name in ids
        )
        failing = self._failing_ids.get(operation.id)
        if failing is not None and valid_ids:
            _set(operation, case, {name: failing[name] for name in ids if name in failing})
        elif existing and count % 2 == 0 and valid_ids:
            _set(operation, case, existing[(count // 2) % len(existing)])
        if policy.denial_reason(operation, case.path_parameters) is not None:
            _set(operation, case, {name: self._client.unused_id(name) for name in ids})


def _set(operation: Operation, case: Case[Any], values: Mapping[str, Any]) -> None:
    locations = {parameter["name"]: parameter["in"] for parameter in operation.parameters}
    for name, value in values.items():
        parameters = case.path_parameters if locations[name] == "path" else case.query
        parameters[name] = value


def _is_valid(case: Case[Any]) -> bool | None:
    return case.meta.generation.mode.is_positive if case.meta else None
