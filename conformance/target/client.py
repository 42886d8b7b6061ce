"""The client through which every driver and active check sends requests to the target."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult

from conformance.contract_queries import credential_place, security_scheme, token_operation
from conformance.errors import NotPermitted, TargetUnavailable
from conformance.http import SAFE_METHODS, Exchange, ExchangeInfo
from conformance.http.limits import Budget, patience
from conformance.http.request import (
    DEFAULT_HEADERS,
    HttpRequest,
    PreparedCall,
    build_path,
    prepare_call,
)
from conformance.http.transport import Transport
from conformance.target import PRIMARY, Target
from conformance.target.control import SANDBOX_HEADER, ControlPlane
from conformance.target.credentials import DRIVER as CREDENTIALS_DRIVER
from conformance.target.credentials import (
    REFUSED,
    Credentials,
    CredentialWatch,
    TokenEndpoint,
)
from conformance.target.safety import CreationQuota, WritePolicy
from conformance.target.tracker import JobHistory, ResourceTracker
from specs import Contract, Operation

# A shorter text may be in a response by chance, and would be taken for the secret.
SHORTEST_SECRET: Final = 8
_NO_KEY: Final = {"type": "http"}


class Mark(NamedTuple):
    """When an exchange was: `sent` and `received` in seconds of the suite's clock.

    `moved` are the seconds by which the run has moved the target's clock.
    """

    step: str
    moved: float
    sent: float
    received: float


class Client:
    """Sends requests of the contract's operations within the write policy, and records them."""

    def __init__(
        self,
        contract: Contract,
        target: Target,
        transport: Transport,
        credentials: Credentials,
        control: ControlPlane | None = None,
    ) -> None:
        self.contract = contract
        self.target = target
        self.tracker = ResourceTracker(contract)
        self.policy = WritePolicy(contract, target, self.tracker)
        self.quota = CreationQuota(contract, target.max_created)
        self._transport = transport
        self._credentials = credentials
        self._control = control
        self._token_operation = token_operation(contract)
        self._watch = CredentialWatch(contract)
        self._dead: dict[str, str] = {}
        transport.listeners.append(self.tracker.observe)
        transport.listeners.append(self._mark)
        self.marks: dict[int, Mark] = {}
        self.step = ""
        self._moved = self._sent = 0.0
        # The jobs whose outcome was forced, with the number of the exchange that came next, and the
        # jobs that were polled so often that no state can be missed.
        self.forced: dict[str, int] = {}
        self.watched: set[str] = set()
        self.patience = patience(target.job_seconds)
        self.budget: Budget = transport.budget
        # Called before each request of an operation; what it raises ends the driver.
        self.before_request: Callable[[], None] | None = None
        # Called with the seconds before each wait for the target that takes real time.
        self.on_wait: Callable[[float], None] = lambda _: None

    @property
    def jobs(self) -> Sequence[JobHistory]:
        """The jobs observed so far."""
        return self.tracker.jobs

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """The exchanges so far."""
        return self._transport.exchanges

    @property
    def next_number(self) -> int:
        """The number of the exchange that comes next."""
        return self._transport.next_number

    def call(self, operation_id: str, **parts: Any) -> Exchange:
        """Send one request and return its exchange; HTTP errors do not raise. See `prepare`.

        Raises:
            NotPermitted: the write policy forbids it.
            BudgetExceeded: nothing more may be sent in this run.
        """
        return self.send_prepared(self.prepare(operation_id, **parts))

    def prepare(
        self, operation_id: str, *, role: str | None = PRIMARY, **parts: Any
    ) -> PreparedCall:
        """Return a request that is ready to be sent; `parts` are those of `prepare_call`."""
        call = prepare_call(self.contract.operations[operation_id], role=role, **parts)
        headers = {name: v and self.restore_secrets(v) for name, v in call.headers.items()}
        return replace(call, headers=headers, request=self._restored(call))

    def _restored(self, call: PreparedCall) -> HttpRequest:
        """Return the request with the secret of a placeholder where a key is in the query."""
        place, name = credential_place(security_scheme(self.contract, call.operation) or _NO_KEY)
        if place != "query" or name not in dict(call.request.query):
            return call.request
        pairs = ((n, self.restore_secrets(v) if n == name else v) for n, v in call.request.query)
        return replace(call.request, query=tuple(pairs))

    def send_together(self, calls: Sequence[PreparedCall]) -> list[Exchange]:
        """Send prepared requests at the same time, each on a connection of its own.

        Raises:
            NotPermitted: the write policy forbids one of them; then none is sent.
            BudgetExceeded: nothing more may be sent in this run.
        """
        for call in calls:
            self._check(call)
        endpoints = [self._token_endpoint(call) for call in calls]
        if any(endpoint is not None for endpoint in endpoints):
            return [self.send_prepared(call) for call in calls]
        versions = [self._credentials.version(call.info.role) for call in calls]
        sent = self._transport.send_together([self._authorized(call) for call in calls])
        for call, exchange in zip(calls, sent, strict=True):
            self._count(call, exchange)
        together = zip(calls, sent, versions, strict=True)
        return [self._settled(call, exchange, version) for call, exchange, version in together]

    def changed_secret(
        self, placeholder: str, name: str, change: Callable[[str], str]
    ) -> str | None:
        """Return the placeholder of a changed secret; None if it is unchanged or too short."""
        secret = self.restore_secrets(placeholder)
        changed = change(secret)
        if changed == secret or len(changed) < SHORTEST_SECRET:
            return None
        self._transport.redactor.register(changed, f"{placeholder}_{name}")
        return f"{placeholder}_{name}"

    def changed_client(self, name: str, change: Callable[[str], str]) -> str | None:
        """Return the primary client with a changed secret, in Base64 for HTTP Basic.

        None without such a client, or where a change leaves the secret as it is. `name` tells the
        change in reports; that of the unchanged client is `BASIC`.
        """
        credential = self.target.credentials.get(PRIMARY)
        if credential is None or not credential.client_id or not credential.client_secret:
            return None
        secret = change(credential.client_secret)
        if secret == credential.client_secret and name != "BASIC":
            return None
        placeholder = f"{credential.placeholder}_{name}"
        return self._transport.redactor.register_basic(credential.client_id, secret, placeholder)

    def restore_url(self, url: str) -> str:
        """Return a file's URL with the signature that it had: for sending only."""
        return self._transport.redactor.restore_url(url)

    def restore_secrets(self, text: str) -> str:
        """Return a text with the secrets of its placeholders: for sending only."""
        return self._transport.redactor.restore(text)

    def send(
        self,
        operation: Operation,
        request: HttpRequest,
        headers: Mapping[str, str | None],
        *,
        info: ExchangeInfo,
    ) -> Exchange:
        """Send a request of an operation; `headers` take precedence over the role's credential.

        Raises:
            NotPermitted: the write policy forbids it.
            BudgetExceeded: nothing more may be sent in this run.
        """
        return self.send_prepared(PreparedCall(operation, request, headers, info))

    def send_prepared(self, call: PreparedCall) -> Exchange:
        """Send a prepared request; see `call`.

        Raises:
            TargetUnavailable: the credential, which worked before, is refused everywhere now.
        """
        self._check(call)
        version = self._credentials.version(call.info.role)
        exchange = self._deliver(call)
        self._count(call, exchange)
        return self._settled(call, exchange, version)

    def _deliver(self, call: PreparedCall) -> Exchange:
        request, info = self._authorized(call)
        endpoint = self._token_endpoint(call)
        if endpoint is None:
            return self._transport.send(request, info)
        path = endpoint.path
        return self._transport.adopt(endpoint.transport.send(replace(request, path=path), info))

    def _token_endpoint(self, call: PreparedCall) -> TokenEndpoint | None:
        """Return where tokens are requested, if this requests one and the target file says so."""
        if self._token_operation is None or call.operation.id != self._token_operation.id:
            return None
        return self._credentials.token_endpoint(call.info.role)

    def _settled(
        self, call: PreparedCall, exchange: Exchange, version: int, *, renew: bool = True
    ) -> Exchange:
        """Return an exchange; where its credential has expired, that with a renewed one.

        `version` is that of the role's token when the request was sent. With `renew` False it was
        renewed just now, and is not once more.
        """
        role = call.info.role
        if role is None or not self._watch.sends_own_credential(call):
            return exchange
        if not self._watch.is_suspicious(call, exchange):
            self._watch.observe(call, exchange)
            return exchange
        refused = [exchange]
        if self._credentials.version(role) == version:
            repeated, reason = self._repeat_granted(role, exchange)
            if reason is None:
                self._watch.clear(call)
                return exchange
            refused += repeated
            if not renew or not self._credentials.renew(role):
                self._dead[role] = reason
                self._transport.forget(refused + self._refused_lately(role))
                raise TargetUnavailable(reason)
        self._transport.forget(refused)
        again = self._deliver(call)
        self._count(call, again)
        return self._settled(call, again, self._credentials.version(role), renew=False)

    def _refused_lately(self, role: str) -> list[Exchange]:
        """Return the refusals of a role since it was last granted anything."""
        refusals: list[Exchange] = []
        for exchange in reversed(self._transport.exchanges):
            if exchange.request.role != role:
                continue
            if exchange.status is not None and exchange.status < 400:
                break
            if exchange.status in REFUSED:
                refusals.append(exchange)
        return refusals

    def _repeat_granted(self, role: str, refused: Exchange) -> tuple[list[Exchange], str | None]:
        """Repeat what was granted before; return the exchanges, and a reason if all is refused."""
        exchanges: list[Exchange] = []
        before = next(self._watch.granted_requests(role)).exchange
        for good in self._watch.granted_requests(role):
            info = replace(good.call.info, driver=CREDENTIALS_DRIVER)
            exchanges.append(self._deliver(replace(good.call, info=info)))
            if exchanges[-1].status not in REFUSED:
                return exchanges, None
        return exchanges, (
            f"the credential of the role {role!r} stopped working at request {refused.number}: "
            f"{refused.request.method} {refused.request.path} was answered {refused.status}, and "
            f"{before.request.method} {before.request.path}, answered {before.status} at request "
            f"{before.number}, is now answered {exchanges[0].status}"
        )

    def _check(self, call: PreparedCall) -> None:
        self._sent = self.budget.clock.now()
        if self.before_request is not None:
            self.before_request()
        path, query = call.info.path_parameters, call.request.query
        if reason := self.policy.denial_reason(call.operation, path, query):
            raise NotPermitted(reason)
        dead = self._dead.get(call.info.role or "")
        if dead is not None and self._watch.sends_own_credential(call):
            raise TargetUnavailable(dead)
        self.quota.check(call.operation, call.info.valid)

    def _authorized(self, call: PreparedCall) -> tuple[HttpRequest, ExchangeInfo]:
        operation, info = call.operation, call.info
        request = self._credentials.authorize(call.request, operation, info.role)
        if self.target.sandbox:
            request = request.with_headers({SANDBOX_HEADER: self.target.sandbox})
        info = replace(
            info,
            repeatable=self.is_repeatable(operation),
            tokens=self._token_placeholder(operation, info.role),
        )
        return request.with_headers(call.headers), info

    def _count(self, call: PreparedCall, exchange: Exchange) -> None:
        self.quota.record(call.operation, exchange.status, call.info.valid)
        if self.policy.creates_deletable(call.operation, exchange.status):
            self.budget.reserve_cleanup()

    def download(self, url: SplitResult, info: ExchangeInfo) -> Exchange:
        """Fetch a file from one of the target's download hosts, without any credential.

        Raises:
            NotPermitted: the host is none of them.
            BudgetExceeded: nothing more may be sent in this run.
        """
        origin = f"{url.scheme}://{url.netloc}"
        restore = self._transport.redactor.restore_url
        request = HttpRequest(
            "GET",
            restore(url.path or "/"),
            headers=DEFAULT_HEADERS,
            raw_query=restore(url.query),
            origin=origin,
        )
        return self._transport.send(request, info)

    def send_other_method(self, operation: Operation, method: str, driver: str) -> Exchange:
        """Send another method to the path of an operation; it names nothing that exists.

        The exchange belongs to no operation.

        Raises:
            BudgetExceeded: nothing more may be sent in this run.
        """
        if self.before_request is not None:
            self.before_request()
        ids = {p["name"]: self.unused_id(p["name"]) for p in operation.parameters}
        request = HttpRequest(method, build_path(operation, ids), headers=DEFAULT_HEADERS)
        info = ExchangeInfo(None, driver, PRIMARY)
        request, info = self._authorized(PreparedCall(operation, request, {}, info))
        repeatable = method in SAFE_METHODS
        return self._transport.send(request, replace(info, repeatable=repeatable, tokens=None))

    def is_repeatable(self, operation: Operation) -> bool:
        """Return True if a request may be sent twice: it uses up no quota and reaches nobody."""
        scarce = self.quota.max_created is not None and self.quota.creates(operation)
        return not (scarce or self.policy.needs_consent(operation))

    def may_repeat(self, exchange: Exchange) -> bool:
        """Return True if what an exchange requested may be requested anew: no quota limits it."""
        operation = self.contract.operations.get(exchange.operation or "")
        limited = self.quota.max_created is not None
        return not (limited and operation is not None and self.quota.creates(operation))

    def _mark(self, exchange: Exchange) -> None:
        now = self.budget.clock.now()
        self.marks[exchange.number] = Mark(self.step, self._moved, self._sent, now)

    def _token_placeholder(self, operation: Operation, role: str | None) -> str | None:
        if self._token_operation is None or operation.id != self._token_operation.id:
            return None
        credential = self.target.credentials.get(role or PRIMARY)
        return credential.placeholder if credential else "$TOKEN"

    def wait(self, seconds: float) -> bool:
        """Let `seconds` of the target's time pass: by its control URL, or by waiting.

        Returns:
            False where the time budget does not allow it; then nothing was waited.
        """
        if self._transport.breaker.reason is not None:
            return False
        if self._control is not None and self._control.advance_clock(seconds):
            self._moved += seconds
            return True
        self.on_wait(seconds)
        return self.budget.sleep(seconds)

    def check_control(self) -> None:
        """Make sure that the control URL, if there is one, can be used. See `ControlPlane.check`.

        Raises:
            TargetUnavailable: nothing answers there.
            UsageError: it is no control plane, or asks for a token.
        """
        if self._control is not None:
            self._control.check()

    @property
    def has_control(self) -> bool:
        """True with a control URL: `wait` costs no time, `force_outcome` works."""
        return self._control is not None

    def force_outcome(self, job_id: str, state: str) -> bool:
        """Force a job into a state (its name in lifecycle.yaml) through the control URL.

        Returns:
            False without a control URL, or where it rejects the request.
        """
        vendor = self.contract.vendor
        self.forced.setdefault(job_id, self.next_number)
        return self._control is not None and self._control.force_outcome(vendor, job_id, state)

    def unused_id(self, parameter: str) -> str:
        """Return an id that does not exist at the target and matches the contract.

        A write may name it. The target file's `absent` comes first, then an id that no API assigns.
        """
        return self.policy.unused_id(parameter)
