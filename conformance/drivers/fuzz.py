"""Sends what Schemathesis's engine generates; where that fails, the engine shrinks it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from conformance.contract_queries import id_parameters
from conformance.drivers import DriverCase
from conformance.drivers.generated import FUZZING, GeneratedRequest, generated_requests
from conformance.errors import NotPermitted
from conformance.evaluation.behaviour import SHRINK
from conformance.http import Exchange, ExchangeInfo
from conformance.request_data import existing_resources
from conformance.settings import Effort
from conformance.target import PRIMARY
from specs import Contract, Operation, Requirement

if TYPE_CHECKING:
    from schemathesis import Case, Response

NAME: Final = "fuzz"
# The number of resources that an operation may create by valid requests of this driver.
MAX_CREATED: Final = {Effort.QUICK: 3, Effort.DEFAULT: 10, Effort.DEEP: 100}
# Requests that shrink the failures of one operation.
MAX_SHRINKING: Final = 30


def drive(case: DriverCase) -> None:
    """Send the generated requests of each operation; this driver does not run at quick effort.

    Everything is sent, whatever fails. Where what is drawn at random fails, the engine draws it
    once more, for Hypothesis to shrink; the requests that this takes are judged like all others, so
    that the smallest is the evidence. Operations whose requests may not be repeated are not shrunk.

    Raises:
        BudgetExceeded: nothing more may be sent.
        TargetUnavailable: the target cannot be reached any more.
        InternalError: Schemathesis cannot generate any request from this contract.
    """
    sender = _Sender(case)
    chosen = case.contract, case.operations, case.seed, case.effort.examples
    requests = generated_requests(*chosen, _generate)
    for request in requests:
        if request.phase != FUZZING:
            sender.send(request)
    counts = sender.counts.copy()
    sent = [sender.send(request) for request in requests if request.phase == FUZZING]
    if case.shrinks:
        failing = set(_failing(case, [exchange for exchange in sent if exchange is not None]))
        if failing:
            sender.counts = counts
            _shrink(case, sender, failing)


def _generate(
    contract: Contract, operations: Collection[str], seed: int, examples: int
) -> Sequence[GeneratedRequest]:
    from conformance.drivers import engine  # noqa: PLC0415  (importing Schemathesis takes a second)

    return engine.generate(contract, operations, seed, examples)


def _failing(case: DriverCase, exchanges: Collection[Exchange]) -> Iterator[str]:
    """Yield the operations that violate a requirement, and whose requests may be repeated."""
    for exchange in exchanges:
        operation = case.contract.operations[exchange.operation or ""]
        if case.client.is_repeatable(operation) and any(
            case.evaluator.failure_of(requirement, exchange) is not None
            for requirement in case.evaluator.exchange_requirements
            if requirement.operation in {None, operation.id}
        ):
            yield operation.id


def _shrink(case: DriverCase, sender: "_Sender", operations: Collection[str]) -> None:
    """Let the engine draw requests of some operations anew, with our requirements as its checks."""
    from conformance.drivers import engine  # noqa: PLC0415  (as above)

    shrinking = _Shrinking(case, sender)
    checks = [
        engine.requirement_check(
            case.contract,
            requirement,
            shrinking.exchange_of,
            partial(shrinking.failure_of, requirement),
        )
        for requirement in case.evaluator.exchange_requirements
    ]
    examples = case.effort.examples
    case.client.step = SHRINK
    run = engine.EngineRun(case.contract, operations, (FUZZING,), case.seed, examples, shrink=True)
    for _ in run.execute(checks, lambda drawn: shrinking.send(engine.generated_request(drawn))):
        if shrinking.stopped is not None:
            break
    if shrinking.stopped is not None:
        raise shrinking.stopped


class _Sender:
    """Sends generated requests through our client, each kind once.

    `counts` are the requests by operation so far: every other one names something that exists.
    """

    def __init__(self, case: DriverCase) -> None:
        self.counts: Counter[str] = Counter()
        self._case = case
        self._client = case.client
        self._sent: dict[tuple[Any, ...], Exchange | None] = {}
        self._coverage_keys: set[tuple[Any, ...]] = set()
        self._created: Counter[str] = Counter()

    def send(
        self, generated: GeneratedRequest, shrinking: "_Shrinking | None" = None
    ) -> Exchange | None:
        """Send a request; for an equivalent one that was sent before, return what it got."""
        operation = self._case.contract.operations[generated.operation]
        failing_ids = shrinking.failing_ids.get(operation.id) if shrinking else None
        bound = self._with_ids(operation, generated, failing_ids)
        request = bound.request
        key = (request.method, request.target, request.body, tuple(request.headers.items()))
        if key in self._sent or self._is_covered(generated):
            return self._sent.get(key)
        self._sent[key] = None
        allowed = shrinking.may_send(operation.id) if shrinking else None
        if not (self._may_create(operation, generated) if allowed is None else allowed):
            return None
        info = ExchangeInfo(operation.id, NAME, PRIMARY, generated.valid, bound.path_parameters)
        try:
            exchange = self._client.send(operation, request, {}, info=info)
        except NotPermitted:
            return None
        if self._client.policy.is_write(operation) and exchange.status in {200, 201, 202}:
            self._created[operation.id] += 1
        self._sent[key] = exchange
        return exchange

    def _may_create(self, operation: Operation, generated: GeneratedRequest) -> bool:
        limit = MAX_CREATED[self._case.effort]
        return generated.valid is not True or self._created[operation.id] < limit

    def _is_covered(self, generated: GeneratedRequest) -> bool:
        """Return True if a request for the same coverage was sent (six wrong types are one)."""
        if self._case.effort is Effort.DEEP or generated.coverage is None:
            return False
        key = (generated.operation, *generated.coverage)
        is_covered = key in self._coverage_keys
        self._coverage_keys.add(key)
        return is_covered

    def _with_ids(
        self,
        operation: Operation,
        generated: GeneratedRequest,
        failing_ids: Mapping[str, Any] | None,
    ) -> GeneratedRequest:
        """Replace random ids by ids that exist, or that certainly do not."""
        count = self.counts[operation.id]
        self.counts[operation.id] += 1
        existing = existing_resources(self._client, operation)
        ids = id_parameters(self._case.contract, operation)
        policy, values = self._client.policy, generated.path_parameters
        # An invalid id is what the request is about, so it stays.
        valid_ids = all(policy.matches(operation, name, values.get(name, "")) for name in ids)
        bound = generated
        if failing_ids is not None and valid_ids:
            same = {name: failing_ids[name] for name in ids if name in failing_ids}
            bound = generated.with_values(operation, same)
        elif existing and count % 2 == 0 and valid_ids:
            bound = generated.with_values(operation, existing[(count // 2) % len(existing)])
        if policy.denial_reason(operation, bound.path_parameters) is not None:
            unused = {name: self._client.unused_id(name) for name in ids}
            bound = bound.with_values(operation, unused)
        return bound


class _Shrinking:
    """Sends what the engine draws, and remembers the last exchange for its checks.

    `failing_ids` are the ids with which an operation has failed: they stay while it is shrunk.
    `stopped` is the error that ends the run: the engine would take it for its own.
    """

    def __init__(self, case: DriverCase, sender: _Sender) -> None:
        self.failing_ids: dict[str, Mapping[str, Any]] = {}
        self.stopped: Exception | None = None
        self._case = case
        self._sender = sender
        self._exchange: Exchange | None = None
        self._used: dict[str, int] = {}

    def send(self, generated: GeneratedRequest | None) -> None:
        """Send a request that the engine has drawn."""
        self._exchange = None
        if generated is None or self.stopped is not None:
            return
        try:
            self._exchange = self._sender.send(generated, self)
        except Exception as error:  # noqa: BLE001  (raised again when the engine has ended)
            self.stopped = error

    def may_send(self, operation: str) -> bool | None:
        """Count a request of an operation that has failed; None for one that has not yet."""
        if operation not in self._used:
            return None
        self._used[operation] += 1
        return self._used[operation] <= MAX_SHRINKING

    def exchange_of(self, _case: "Case[Any]", _response: "Response") -> Exchange | None:
        """Return the exchange of the request that was drawn last; None if nothing was sent."""
        return self._exchange

    def failure_of(self, requirement: Requirement, exchange: Exchange) -> str | None:
        """Return why an exchange violates a requirement; from then on its operation is shrunk."""
        reason = self._case.evaluator.failure_of(requirement, exchange)
        if reason is not None and exchange.operation is not None:
            self._used.setdefault(exchange.operation, 0)
            self.failing_ids.setdefault(exchange.operation, exchange.path_parameters)
        return reason
