"""Sends recorded requests again: with today's credentials, and new ids for those of then."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from conformance.contract_queries import created_ids, security_scheme
from conformance.evaluation.result import ReplayStep
from conformance.http.exchange import Exchange, ExchangeInfo
from conformance.http.request import HttpRequest
from conformance.job_client import LIFECYCLE, JobClient, JobRef
from conformance.reproduction.steps import MIN_LENGTH_IN_BODY
from conformance.target.client import Client
from specs import Operation

# Written anew for each request, by the client or below it.
_OURS: Final = frozenset({"content-length", "host", "x-mock-sandbox"})
# A credential as it is, not one that was bent for the occasion.
_PLAIN: Final = re.compile(r"((Bearer|Basic) )?(\$[A-Z][A-Z0-9_]*|no-such-credential)")
_PLACEHOLDER: Final = re.compile(r"\$[A-Z]")


class Replayer:
    """Plays waypoints in their order. What they make takes the place of what was made then.

    `divergence` tells where the way was not the one of then.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pilot = JobClient(client, LIFECYCLE)
        self._new: dict[str, str] = {}
        self.divergence: str | None = None

    def replay(self, waypoint: ReplayStep) -> Exchange:
        """Lead the job to where it was, and send the request.

        Raises:
            NotPermitted: the target does not allow it.
            BudgetExceeded: nothing more may be sent.
        """
        if waypoint.waits_for is not None:
            self._wait_for_state(waypoint, *waypoint.waits_for)
        exchange = self.send(waypoint.exchange)
        if exchange.failure is not None:
            self.divergence = exchange.failure
        elif waypoint.created and exchange.status != waypoint.status:
            self.divergence = f"a creation was answered {exchange.status}, not {waypoint.status}"
        if exchange.operation is not None and exchange.status is not None:
            made = (
                dict(created_ids(self._client.contract, exchange)) if exchange.status < 400 else {}
            )
            self._new |= {old: made[name] for name, old in waypoint.created if name in made}
        return exchange

    def _wait_for_state(self, waypoint: ReplayStep, id_: str, wire: str) -> None:
        """Wait for the state, or force it where a control URL allows; else go on as it is."""
        names = self._client.contract.lifecycle.states_named(wire)
        handle = JobRef(self._with_new_ids(id_), self._parameters(waypoint.exchange), ours=True)
        if not names or self._pilot.wait_for_state(handle, *names):
            return
        # Nothing is forced that could not come by itself: that would be our doing.
        now = self._pilot.last_states(handle)
        lifecycle = self._client.contract.lifecycle
        ahead = {end for state in now for end in lifecycle.reachable(state, frozenset({"time"}))}
        for name in sorted(names & ahead):
            if self._client.force_outcome(handle.id, name) and self._pilot.poll(handle) & names:
                return
        self.divergence = f"the job {handle.id} did not come to be {wire} again"

    def send(self, old: Exchange) -> Exchange:
        """Send a request again, without leading anything anywhere.

        Raises:
            NotPermitted: the target does not allow it.
            BudgetExceeded: nothing more may be sent.
        """
        contract = self._client.contract
        fetch = contract.lifecycle.actions.get(
            "fetch", contract.lifecycle.actions["poll"]
        ).operation
        operation = contract.operations[old.operation or fetch]
        sent = old.request
        query = self._with_new_ids(urlsplit(sent.url).query)
        pairs = tuple((name, self._with_new_ids(value)) for name, value in sent.query)
        body = None if sent.body is None else self._body_with_new_ids(sent.body)
        draft = HttpRequest(
            sent.method, self._with_new_ids(sent.path), pairs, {}, body, query or None
        )
        parameters = self._parameters(old)
        label = ExchangeInfo(old.operation, old.driver, sent.role, old.valid, parameters)
        return self._client.send(
            operation, draft, self._headers(operation, sent.headers), info=label
        )

    def _headers(self, operation: Operation, headers: Mapping[str, str]) -> dict[str, str | None]:
        """Return the headers that the client does not write itself."""
        found = security_scheme(self._client.contract, operation)
        own = str(found.get("name", "Authorization")) if found else "Authorization"
        kept: dict[str, str | None] = {}
        for name, value in headers.items():
            if name.lower() in _OURS or (name.lower() == own.lower() and _PLAIN.fullmatch(value)):
                continue
            kept[name] = (
                self._client.restore_secrets(value) if _PLACEHOLDER.search(value) else value
            )
        return kept

    def _parameters(self, old: Exchange) -> dict[str, str]:
        return {name: self._with_new_ids(str(v)) for name, v in old.path_parameters.items()}

    def _with_new_ids(self, text: str) -> str:
        """Return a text with the ids of now, where those of then stand by themselves."""
        new = {quote(old, safe=""): quote(id_, safe="") for old, id_ in self._new.items()}
        if not new:
            return text
        any_old = "|".join(map(re.escape, sorted(new, key=len, reverse=True)))
        return re.sub(rf"(?<![\w.-])({any_old})(?![\w.-])", lambda found: new[found[0]], text)

    def _body_with_new_ids(self, body: bytes) -> bytes:
        for old, new in self._new.items():
            if len(old) >= MIN_LENGTH_IN_BODY:
                body = body.replace(old.encode(), new.encode())
        return body
