"""Sends recorded requests again: with today's credentials, and new ids for those of then."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from conformance.access.client import Client
from conformance.contracts.inspection import ids_made, scheme
from conformance.findings.retrace import SHORT
from conformance.jobs.askers import LIFECYCLE
from conformance.jobs.handle import Handle
from conformance.jobs.pilot import Pilot
from conformance.traffic.draft import Draft
from conformance.traffic.exchange import Exchange
from conformance.traffic.transport import Label
from conformance.verdicts.result import Waypoint
from specs import Operation

# Written anew for each request, by the client or below it.
_OURS: Final = frozenset({"content-length", "host", "x-mock-sandbox"})
# A credential as it is, not one that was bent for the occasion.
_PLAIN: Final = re.compile(r"((Bearer|Basic) )?(\$[A-Z][A-Z0-9_]*|no-such-credential)")
_PLACEHOLDER: Final = re.compile(r"\$[A-Z]")


class Player:
    """Plays waypoints in their order. What they make takes the place of what was made then.

    `strayed` tells where the way was not the one of then.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pilot = Pilot(client, LIFECYCLE)
        self._new: dict[str, str] = {}
        self.strayed: str | None = None

    def play(self, waypoint: Waypoint) -> Exchange:
        """Lead the job to where it was, and send the request.

        Raises:
            Refused: the target does not allow it.
            BudgetSpent: nothing more may be sent.
        """
        if waypoint.waits_for is not None:
            self._lead(waypoint, *waypoint.waits_for)
        exchange = self.send(waypoint.exchange)
        if exchange.failure is not None:
            self.strayed = exchange.failure
        elif waypoint.made and exchange.status != waypoint.status:
            self.strayed = f"a creation was answered {exchange.status}, not {waypoint.status}"
        if exchange.operation is not None and exchange.status is not None:
            made = dict(ids_made(self._client.contract, exchange)) if exchange.status < 400 else {}
            self._new |= {old: made[name] for name, old in waypoint.made if name in made}
        return exchange

    def _lead(self, waypoint: Waypoint, id_: str, wire: str) -> None:
        """Wait for the state, or force it where a control URL allows; else go on as it is."""
        names = self._client.contract.lifecycle.named(wire)
        handle = Handle(self._renewed(id_), self._parameters(waypoint.exchange), ours=True)
        if not names or self._pilot.lead(handle, *names):
            return
        # Nothing is forced that could not come by itself: that would be our doing.
        now = self._pilot.states(handle)
        lifecycle = self._client.contract.lifecycle
        ahead = {end for state in now for end in lifecycle.reachable(state, frozenset({"time"}))}
        for name in sorted(names & ahead):
            if self._client.force(handle.id, name) and self._pilot.poll(handle) & names:
                return
        self.strayed = f"the job {handle.id} did not come to be {wire} again"

    def send(self, old: Exchange) -> Exchange:
        """Send a request again, without leading anything anywhere.

        Raises:
            Refused: the target does not allow it.
            BudgetSpent: nothing more may be sent.
        """
        contract = self._client.contract
        fetch = contract.lifecycle.roles.get("fetch", contract.lifecycle.roles["poll"]).operation
        operation = contract.operations[old.operation or fetch]
        sent = old.sent
        query = self._renewed(urlsplit(sent.url).query)
        pairs = tuple((name, self._renewed(value)) for name, value in sent.query)
        body = None if sent.body is None else self._renewed_bytes(sent.body)
        draft = Draft(sent.method, self._renewed(sent.path), pairs, {}, body, query or None)
        parameters = self._parameters(old)
        label = Label(old.operation, old.driver, sent.role, old.valid, parameters)
        return self._client.send(
            operation, draft, self._headers(operation, sent.headers), label=label
        )

    def _headers(self, operation: Operation, headers: Mapping[str, str]) -> dict[str, str | None]:
        """Return the headers that the client does not write itself."""
        found = scheme(self._client.contract, operation)
        own = str(found.get("name", "Authorization")) if found else "Authorization"
        kept: dict[str, str | None] = {}
        for name, value in headers.items():
            if name.lower() in _OURS or (name.lower() == own.lower() and _PLAIN.fullmatch(value)):
                continue
            kept[name] = self._client.reveal(value) if _PLACEHOLDER.search(value) else value
        return kept

    def _parameters(self, old: Exchange) -> dict[str, str]:
        return {name: self._renewed(str(v)) for name, v in old.path_parameters.items()}

    def _renewed(self, text: str) -> str:
        """Return a text with the ids of now, where those of then stand by themselves."""
        new = {quote(old, safe=""): quote(id_, safe="") for old, id_ in self._new.items()}
        if not new:
            return text
        any_old = "|".join(map(re.escape, sorted(new, key=len, reverse=True)))
        return re.sub(rf"(?<![\w.-])({any_old})(?![\w.-])", lambda found: new[found[0]], text)

    def _renewed_bytes(self, body: bytes) -> bytes:
        for old, new in self._new.items():
            if len(old) >= SHORT:
                body = body.replace(old.encode(), new.encode())
        return body
