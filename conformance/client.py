"""The one way by which a check or a driver speaks to the target."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from conformance.allowance import Allowance
from conformance.control import SANDBOX_HEADER, Control
from conformance.credentials import Credentials
from conformance.draft import Draft, form_body, json_body, write_path, write_query
from conformance.exchange import Exchange
from conformance.failures import BudgetSpent, Refused
from conformance.guard import Guard
from conformance.inspection import token_operation
from conformance.ledger import JobHistory, Ledger
from conformance.target import PRIMARY, Target
from conformance.transport import Label, Transport
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

        Args:
            operation_id: an operationId of the contract.
            path: values of the path parameters, not yet encoded.
            query: by name (a list is written in the parameter's style; None is left out), or
                pairs that are sent as they are.
            headers: added to the request's own; None removes one of those. A placeholder of an
                answer (`$TALKDESK_TOKEN_1`) stands for the token that it hides.
            json: a body to encode as JSON.
            form: a body to encode as a form.
            body: raw bytes; set their Content-Type in `headers`.
            role: whose credential goes along; None sends none, WRONG an invented one.
            driver: who asks, for the report.
            valid: whether the contract allows the request (see `Exchange`).

        Raises:
            Refused: the target does not allow it.
            BudgetSpent: nothing more may be sent in this run.
        """
        operation = self.contract.operations[operation_id]
        media = None
        if json is not UNSET:
            body, media = json_body(json)
        elif form is not None:
            body, media = form_body(form)
        own = {**DEFAULTS, "Content-Type": media} if media else DEFAULTS
        parameters = dict(path or {})
        draft = Draft(
            operation.method,
            write_path(operation, parameters),
            write_query(operation, query or {}),
            own,
            body,
        )
        revealed = {
            name: None if value is None else self._transport.vault.reveal(value)
            for name, value in (headers or {}).items()
        }
        return self.send(
            operation,
            draft,
            revealed,
            label=Label(operation_id, driver, role, valid, parameters),
        )

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
        return exchange

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
        if self._control is not None and self._control.advance(seconds):
            return True
        return self._transport.budget.sleep(seconds)

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
