"""The one road to the target: budget, retries, waiting under load, redaction, record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from conformance.failures import NetworkFailure, Overloaded
from conformance.traffic.body import read_body
from conformance.traffic.budget import LONGEST_LOAD_WAIT, Breaker, Budget
from conformance.traffic.draft import Draft
from conformance.traffic.exchange import Exchange, Received, Sent
from conformance.traffic.network import plain
from conformance.traffic.vault import Vault
from conformance.traffic.wire import Session

LOAD = frozenset({429, 503})
ATTEMPTS_UNDER_LOAD = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """`timeout`: seconds for one whole answer; `max_body`: bytes, decoded."""

    timeout: float = 10.0
    max_body: int = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Label:
    """What an exchange is filed under (see `Exchange`); `repeatable`: it may be sent twice."""

    operation: str | None
    driver: str
    role: str | None = None
    valid: bool | None = None
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    repeatable: bool = True
    tokens: str | None = None


class Transport:
    """Sends drafts to `base_url` and records every exchange, redacted."""

    def __init__(
        self,
        base_url: str,
        session: Session,
        *,
        vault: Vault,
        budget: Budget,
        limits: Limits,
        direct: bool,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.vault = vault
        self.budget = budget
        self.breaker = Breaker()
        self.exchanges: list[Exchange] = []
        self.listeners: list[Callable[[Exchange], None]] = []
        self._session = session
        self._limits = limits
        self._direct = direct

    def send(self, draft: Draft, label: Label) -> Exchange:
        """Send a draft (credentials included) and return the recorded exchange.

        Raises:
            BudgetSpent: nothing more may be sent.
            Refused: the request would leave the target, or cannot be put on the wire.
        """
        failure = self.breaker.objection(label.operation)
        received: Received | None = None
        if failure is None:
            try:
                received = self._deliver(draft, label)
                self.breaker.answered()
                if received.late:
                    self.breaker.late(label.operation)
            except NetworkFailure as error:
                failure = str(error)
                self.breaker.failed(label.operation, error)
        return self._record(draft, label, received, failure)

    def _deliver(self, draft: Draft, label: Label) -> Received:
        for attempt in range(ATTEMPTS_UNDER_LOAD):
            received = self._whole(draft, label)
            wait = self._asked_to_wait(received, attempt)
            if wait is None:
                return received
            if attempt + 1 == ATTEMPTS_UNDER_LOAD or wait > LONGEST_LOAD_WAIT:
                break
            if not self.budget.sleep(wait):
                break
        asked = "Retry-After" in received.headers
        said = f"Retry-After {wait:g} s" if asked else "without Retry-After"
        raise Overloaded(f"the target is overloaded: {received.status}, {said}")

    def _whole(self, draft: Draft, label: Label) -> Received:
        """Send once more where the answer broke off or did not decode."""
        try:
            received = self._once(draft)
        except NetworkFailure as error:
            if not (error.repeatable and label.repeatable):
                raise
            return self._once(draft)
        again = label.repeatable and not (received.complete or received.late)
        return self._once(draft) if again else received

    def _once(self, draft: Draft) -> Received:
        self.budget.spend()
        began = self.budget.clock.now()
        with plain(self._limits.timeout):
            response = self._session.deliver(
                self._prepare(draft), self._limits.timeout, direct=self._direct and not draft.origin
            )
            try:
                body = read_body(response, self._limits.max_body, self._limits.timeout)
            finally:
                response.close()
        elapsed = self.budget.clock.now() - began
        return Received(
            response.status_code,
            CaseInsensitiveDict(response.headers),
            body.content,
            complete=body.fault is None,
            elapsed=elapsed,
            fault=body.fault,
            late=body.late,
        )

    def _prepare(self, draft: Draft) -> requests.PreparedRequest:
        request = requests.PreparedRequest()
        request.method = draft.method
        request.url = (draft.origin or self.base_url) + draft.target
        request.headers = CaseInsensitiveDict(draft.headers)
        request.body = draft.body
        if draft.body is not None or draft.method in {"POST", "PUT", "PATCH"}:
            request.headers["Content-Length"] = str(len(draft.body or b""))
        return request

    def _asked_to_wait(self, received: Received, attempt: int) -> float | None:
        """Seconds that a 429 or 503 asks to wait; None for any other answer.

        A 503 that does not say for how long is no promise that it ends: it is an answer.
        """
        asked = received.headers.get("Retry-After", "").strip()
        if received.status not in LOAD or (received.status == 503 and not asked):
            return None
        if asked.isascii() and asked.isdigit():
            return float(asked)
        try:
            moment = parsedate_to_datetime(asked)
            return max(0.0, (moment - self.budget.clock.today()).total_seconds())
        except (TypeError, ValueError):
            return float(2**attempt)

    def _record(
        self, draft: Draft, label: Label, received: Received | None, failure: str | None
    ) -> Exchange:
        if received is not None and label.tokens is not None:
            self.vault.learn_tokens(received.body, label.tokens)
        exchange = Exchange(
            number=len(self.exchanges) + 1,
            operation=label.operation,
            sent=self._sent(draft, label.role),
            received=self._redacted(received),
            failure=failure,
            driver=label.driver,
            valid=label.valid,
            path_parameters=label.path_parameters,
        )
        self.exchanges.append(exchange)
        for listener in self.listeners:
            listener(exchange)
        return exchange

    def _sent(self, draft: Draft, role: str | None) -> Sent:
        hide = self.vault.hide
        return Sent(
            method=draft.method,
            url=hide((draft.origin or self.base_url) + draft.target),
            path=hide(draft.path),
            query=tuple((hide(name), hide(value)) for name, value in draft.query),
            headers=self.vault.hide_headers(draft.headers),
            body=None if draft.body is None else self.vault.hide_bytes(draft.body),
            role=role,
        )

    def _redacted(self, received: Received | None) -> Received | None:
        if received is None:
            return None
        return replace(
            received,
            headers=self.vault.hide_headers(received.headers),
            body=self.vault.hide_bytes(received.body),
        )
