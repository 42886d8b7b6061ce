"""The one way by which a check or a driver speaks to the target."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult

from conformance.contract_queries import token_operation
from conformance.errors import BudgetExceeded, NotPermitted
from conformance.http.adapter import GuardedAdapter, Session
from conformance.http.exchange import Exchange
from conformance.http.limits import Budget, Clock, SystemClock
from conformance.http.redaction import Redactor
from conformance.http.request import HttpRequest, build_path, build_query, form_body, json_body
from conformance.http.transport import ExchangeInfo, ResponseLimits, Transport
from conformance.settings import Settings
from conformance.target.config import PRIMARY, Target, is_loopback
from conformance.target.control import SANDBOX_HEADER, ControlPlane
from conformance.target.credentials import Credentials
from conformance.target.safety import CreationQuota, WritePolicy
from conformance.target.tracker import JobHistory, ResourceTracker
from specs import Contract, Operation

__all__ = ["UNSET", "BudgetExceeded", "Client", "NotPermitted"]

UNSET: Final[Any] = object()
DEFAULT_HEADERS: Final = {
    "User-Agent": "report-contracts-conformance",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
}


class Client:
    """Sends requests of the contract's operations; every exchange is recorded."""

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
        transport.listeners.append(self.tracker.observe)

    @property
    def jobs(self) -> Sequence[JobHistory]:
        """The jobs seen so far."""
        return self.tracker.jobs

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """The exchanges so far."""
        return self._transport.exchanges

    def call(  # noqa: PLR0913  (a request has these parts)
        self,
        operation_id: str,
        *,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str | None] | None = None,
        json: Any = UNSET,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        role: str | None = PRIMARY,
        driver: str,
        valid: bool | None = None,
    ) -> Exchange:
        """Send one request and return what came back; HTTP answers never raise.

        `path` holds values not yet encoded; `query` values by name (a list is written in the
        parameter's style, None is left out) or pairs that are sent as they are. `headers` are added
        to the request's own; None removes one, and a placeholder of an answer (`$TALKDESK_TOKEN_1`)
        stands for the token that it hides. Raw bytes in `body` need a Content-Type there. `role`
        says whose credential goes along (None: nobody's), `valid` is that of `Exchange`.

        Raises:
            NotPermitted: the target does not allow it.
            BudgetExceeded: nothing more may be sent in this run.
        """
        operation = self.contract.operations[operation_id]
        parameters = dict(path or {})
        content, media = _encoded(json, form, body)
        draft = HttpRequest(
            operation.method,
            build_path(operation, parameters),
            build_query(operation, query or {}),
            {**DEFAULT_HEADERS, "Content-Type": media} if media else DEFAULT_HEADERS,
            content,
        )
        label = ExchangeInfo(operation_id, driver, role, valid, parameters)
        return self.send(operation, draft, self._with_secrets(headers or {}), label=label)

    def _with_secrets(self, headers: Mapping[str, str | None]) -> dict[str, str | None]:
        return {name: value and self.restore_secrets(value) for name, value in headers.items()}

    def restore_secrets(self, text: str) -> str:
        """Return a text with the secrets that its placeholders stand for: for sending only."""
        return self._transport.redactor.restore(text)

    def send(
        self,
        operation: Operation,
        draft: HttpRequest,
        headers: Mapping[str, str | None],
        *,
        label: ExchangeInfo,
    ) -> Exchange:
        """Send a draft of an operation; its role's credential comes before `headers`.

        Raises:
            NotPermitted: the target does not allow it.
            BudgetExceeded: nothing more may be sent in this run.
        """
        if objection := self.policy.denial_reason(operation, label.path_parameters, draft.query):
            raise NotPermitted(objection)
        self.quota.check(operation, label.valid)
        authorised: dict[str, str | None] = {**self._credentials.headers(operation, label.role)}
        if self.target.sandbox:
            authorised[SANDBOX_HEADER] = self.target.sandbox
        filed = ExchangeInfo(
            label.operation,
            label.driver,
            label.role,
            label.valid,
            label.path_parameters,
            repeatable=self._repeatable(operation),
            tokens=self._token_placeholder(operation, label.role),
        )
        whole = draft.with_headers(authorised).with_headers(headers)
        exchange = self._transport.send(whole, filed)
        self.quota.record(operation, exchange.status, label.valid)
        if self.policy.creates_deletable(operation, exchange.status):
            self._transport.budget.reserve_cleanup()
        return exchange

    def download(self, url: SplitResult, label: ExchangeInfo) -> Exchange:
        """Fetch a file from one of the target's download hosts, without any credential.

        Raises:
            NotPermitted: the host is none of them.
            BudgetExceeded: nothing more may be sent in this run.
        """
        origin = f"{url.scheme}://{url.netloc}"
        draft = HttpRequest(
            "GET", url.path or "/", headers=DEFAULT_HEADERS, raw_query=url.query, origin=origin
        )
        return self._transport.send(draft, label)

    def _repeatable(self, operation: Operation) -> bool:
        """Tell whether a request may be sent twice, should its answer break off."""
        scarce = self.quota.max_created is not None and self.quota.creates(operation)
        return not (scarce or self.policy.needs_consent(operation))

    def _token_placeholder(self, operation: Operation, role: str | None) -> str | None:
        if self._token_operation is None or operation.id != self._token_operation.id:
            return None
        credential = self.target.credentials.get(role or PRIMARY)
        return credential.placeholder if credential else "$TOKEN"

    def wait(self, seconds: float) -> bool:
        """Let `seconds` of the target's time pass: by its control URL, else by really waiting.

        Returns:
            False where the budget of time does not allow it; nothing was waited then.
        """
        if self._transport.breaker.reason is not None:
            return False
        if self._control is not None and self._control.advance_clock(seconds):
            return True
        return self._transport.budget.sleep(seconds)

    def control_answers(self) -> bool:
        """Tell whether somebody answers at the control URL; True where there is none."""
        return self._control is None or self._control.is_healthy()

    @property
    def has_control(self) -> bool:
        """True where a control URL is known: `wait` costs nothing, `force` works."""
        return self._control is not None

    def force_outcome(self, job_id: str, outcome: str) -> bool:
        """Ask the control URL to lead a job to a state (its name in lifecycle.yaml).

        Returns:
            False without a control URL, or where it refused.
        """
        vendor = self.contract.vendor
        return self._control is not None and self._control.force_outcome(vendor, job_id, outcome)

    def unused_id(self, parameter: str) -> str:
        """Return an id that names nothing at the target and fits the contract.

        A write may name it. The target file's `absent` comes first, then an id that nobody gives.
        """
        return self.policy.unused_id(parameter)


def _encoded(
    json: Any, form: Mapping[str, str] | None, body: bytes | None
) -> tuple[bytes | None, str | None]:
    if json is not UNSET:
        return json_body(json)
    return (body, None) if form is None else form_body(form)


def open_session(
    contract: Contract, target: Target, settings: Settings, clock: Clock | None = None
) -> tuple[Client, Transport]:
    """Return a client for `target` and the transport under it; nothing is sent yet."""
    clock = clock or SystemClock()
    budget = Budget(clock, settings.max_requests, settings.rate, settings.max_time)
    vault = Redactor()
    limits = ResponseLimits(settings.timeout)

    def transport_to(url: str, download_hosts: tuple[str, ...] = ()) -> Transport:
        session = Session(GuardedAdapter(url, download_hosts), settings.ca_bundle)
        direct = is_loopback(url)
        return Transport(url, session, redactor=vault, budget=budget, limits=limits, direct=direct)

    transport = transport_to(target.base_url, target.download_hosts)
    urls = {c.token_url for c in target.credentials.values() if c.token_url}
    desks = {url: transport_to(url) for url in urls}
    credentials = Credentials(contract, target, transport, desks)
    control = None
    if target.control_url is not None:
        direct = is_loopback(target.control_url)
        control = ControlPlane(target.control_url, target.sandbox, settings.timeout, direct=direct)
    return Client(contract, target, transport, credentials, control), transport
