"""The one way by which a check or a driver speaks to the target."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult

from conformance.access.allowance import Allowance
from conformance.access.control import SANDBOX_HEADER, Control
from conformance.access.credentials import Credentials
from conformance.access.guard import Guard
from conformance.access.ledger import JobHistory, Ledger
from conformance.access.target import PRIMARY, Target
from conformance.contracts.inspection import token_operation
from conformance.failures import BudgetSpent, Refused
from conformance.traffic.draft import Draft, form_body, json_body, write_path, write_query
from conformance.traffic.exchange import Exchange
from conformance.traffic.transport import Label, Transport
from specs import Contract, Operation

__all__ = ["UNSET", "BudgetSpent", "Client", "Refused"]

UNSET: Final[Any] = object()
DEFAULTS: Final = {
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
        control: Control | None = None,
    ) -> None:
        self.contract = contract
        self.target = target
        self.ledger = Ledger(contract)
        self.guard = Guard(contract, target, self.ledger)
        self.allowance = Allowance(contract, target.max_created)
        self._transport = transport
        self._credentials = credentials
        self._control = control
        self._token_operation = token_operation(contract)
        transport.listeners.append(self.ledger.observe)

    @property
    def jobs(self) -> Sequence[JobHistory]:
        """The jobs seen so far."""
        return self.ledger.jobs

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
            Refused: the target does not allow it.
            BudgetSpent: nothing more may be sent in this run.
        """
        operation = self.contract.operations[operation_id]
        parameters = dict(path or {})
        content, media = _encoded(json, form, body)
        draft = Draft(
            operation.method,
            write_path(operation, parameters),
            write_query(operation, query or {}),
            {**DEFAULTS, "Content-Type": media} if media else DEFAULTS,
            content,
        )
        label = Label(operation_id, driver, role, valid, parameters)
        return self.send(operation, draft, self._revealed(headers or {}), label=label)

    def _revealed(self, headers: Mapping[str, str | None]) -> dict[str, str | None]:
        return {name: value and self.reveal(value) for name, value in headers.items()}

    def reveal(self, text: str) -> str:
        """Return a text with the secrets that its placeholders stand for: for sending only."""
        return self._transport.vault.reveal(text)

    def send(
        self,
        operation: Operation,
        draft: Draft,
        headers: Mapping[str, str | None],
        *,
        label: Label,
    ) -> Exchange:
        """Send a draft of an operation; its role's credential comes before `headers`.

        Raises:
            Refused: the target does not allow it.
            BudgetSpent: nothing more may be sent in this run.
        """
        if objection := self.guard.objection(operation, label.path_parameters, draft.query):
            raise Refused(objection)
        self.allowance.check(operation, label.valid)
        authorised: dict[str, str | None] = {**self._credentials.headers(operation, label.role)}
        if self.target.sandbox:
            authorised[SANDBOX_HEADER] = self.target.sandbox
        filed = Label(
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
        self.allowance.note(operation, exchange.status, label.valid)
        if self.guard.leaves_something(operation, exchange.status):
            self._transport.budget.owe()
        return exchange

    def download(self, url: SplitResult, label: Label) -> Exchange:
        """Fetch a file from one of the target's download hosts, without any credential.

        Raises:
            Refused: the host is none of them.
            BudgetSpent: nothing more may be sent in this run.
        """
        origin = f"{url.scheme}://{url.netloc}"
        draft = Draft("GET", url.path or "/", headers=DEFAULTS, raw_query=url.query, origin=origin)
        return self._transport.send(draft, label)

    def _repeatable(self, operation: Operation) -> bool:
        """Tell whether a request may be sent twice, should its answer break off."""
        scarce = self.allowance.most is not None and self.allowance.makes(operation)
        return not (scarce or self.guard.needs_consent(operation))

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
        if self._control is not None and self._control.advance(seconds):
            return True
        return self._transport.budget.sleep(seconds)

    def control_answers(self) -> bool:
        """Tell whether somebody answers at the control URL; True where there is none."""
        return self._control is None or self._control.healthy()

    @property
    def has_control(self) -> bool:
        """True where a control URL is known: `wait` costs nothing, `force` works."""
        return self._control is not None

    def force(self, job_id: str, outcome: str) -> bool:
        """Ask the control URL to lead a job to a state (its name in lifecycle.yaml).

        Returns:
            False without a control URL, or where it refused.
        """
        vendor = self.contract.vendor
        return self._control is not None and self._control.force(vendor, job_id, outcome)

    def absent_id(self, parameter: str) -> str:
        """Return an id that names nothing at the target and fits the contract.

        A write may name it. The target file's `absent` comes first, then an id that nobody gives.
        """
        return self.guard.fitting(parameter)


def _encoded(
    json: Any, form: Mapping[str, str] | None, body: bytes | None
) -> tuple[bytes | None, str | None]:
    if json is not UNSET:
        return json_body(json)
    return (body, None) if form is None else form_body(form)
