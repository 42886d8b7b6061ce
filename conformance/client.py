"""The one way by which a check or a driver speaks to the target."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from conformance.exchange import Exchange
from conformance.ledger import JobHistory, Ledger
from conformance.target import PRIMARY, Target
from specs import Contract

UNSET: Final[Any] = object()


class Refused(Exception):  # noqa: N818  (it is no error: the suite keeps its promise)
    """The suite may not send this: read-only, somebody else's thing, or no consent."""


class BudgetSpent(Exception):  # noqa: N818
    """The requests or the time of the run are used up, or the target has stopped answering."""


class Client:
    """Sends requests of the contract's operations and records every exchange."""

    contract: Contract
    target: Target
    ledger: Ledger

    @property
    def jobs(self) -> Sequence[JobHistory]:
        """The jobs seen so far."""
        return self.ledger.jobs

    def call(
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
            headers: added to the request's own; None removes one of those.
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
        raise NotImplementedError

    def wait(self, seconds: float) -> bool:
        """Let `seconds` of the target's time pass: by its control URL, else by really waiting.

        Returns:
            False where the budget of time does not allow it; nothing was waited then.
        """
        raise NotImplementedError

    @property
    def has_control(self) -> bool:
        """True where a control URL is known: `wait` costs nothing, `force` works."""
        return self.target.control_url is not None

    def force(self, job_id: str, outcome: str) -> bool:
        """Ask the control URL to lead a job to a state (its name in lifecycle.yaml).

        Returns:
            False without a control URL, or where it refused.
        """
        raise NotImplementedError

    def absent_id(self, parameter: str) -> str:
        """Return an id that names nothing at the target; writes may name it."""
        raise NotImplementedError
