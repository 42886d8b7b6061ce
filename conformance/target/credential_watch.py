"""Notices a credential that stops working in the middle of a run, which is no breach of a rule."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from conformance.contract_queries import SAFE_METHODS, security_scheme
from conformance.http.exchange import Exchange
from conformance.http.request import PreparedCall
from conformance.target.config import PRIMARY, WRONG
from specs import Contract

FORBIDDEN: Final = 403
REFUSED: Final = frozenset({401, FORBIDDEN})
MAX_PROBES: Final = 3
# How often an operation of a role is looked into where the credential turned out to be good.
MAX_CLEARED: Final = 3


@dataclass(frozen=True, slots=True)
class KnownGood:
    """A safe request that was not refused, and its exchange."""

    call: PreparedCall
    exchange: Exchange

    @property
    def succeeded(self) -> bool:
        """True for a 2xx."""
        return self.exchange.status is not None and 200 <= self.exchange.status < 300


@dataclass(slots=True)
class CredentialWatch:
    """Remembers what each role was granted, to repeat it where the role is refused later."""

    contract: Contract
    _first: dict[str, KnownGood] = field(default_factory=dict)
    _latest: dict[str, dict[str, KnownGood]] = field(default_factory=dict)
    _granted: set[tuple[str, str]] = field(default_factory=set)
    _cleared: Counter[tuple[str, str]] = field(default_factory=Counter)

    def sends_own_credential(self, call: PreparedCall) -> bool:
        """Return True if a request carries its role's token or key, unchanged."""
        scheme = security_scheme(self.contract, call.operation)
        if call.info.role in {None, WRONG} or scheme is None or scheme.get("scheme") == "basic":
            return False
        name = scheme["name"] if scheme["type"] == "apiKey" else "Authorization"
        return name.lower() not in {header.lower() for header in call.headers}

    def observe(self, call: PreparedCall, exchange: Exchange) -> None:
        """Remember a request if it can be repeated to see whether its credential still works."""
        role = call.info.role
        if role is None or exchange.status is None or exchange.status >= 500:
            return
        if exchange.status in REFUSED:
            return
        self._granted.add((role, call.operation.id))
        if call.operation.method not in SAFE_METHODS or call.info.valid is False:
            return
        good = KnownGood(call, exchange)
        self._first.setdefault(role, good)
        if good.succeeded:
            self._latest.setdefault(role, {})[call.operation.id] = good

    def is_suspicious(self, call: PreparedCall, exchange: Exchange) -> bool:
        """Return True if a refusal may mean that the credential does not work any more."""
        role = call.info.role or ""
        if exchange.status not in REFUSED or role not in self._first:
            return False
        # Where 403 is an answer of the contract, it may be about the resource (a deleted job).
        if exchange.status == FORBIDDEN and FORBIDDEN in call.operation.responses:
            return False
        # A lesser role is there to be refused: only what it was granted before is suspicious.
        if role != PRIMARY and (role, call.operation.id) not in self._granted:
            return False
        return self._cleared[role, call.operation.id] < MAX_CLEARED

    def clear(self, call: PreparedCall) -> None:
        """Remember that the credential was good although it was refused here."""
        self._cleared[call.info.role or "", call.operation.id] += 1

    def probes(self, role: str) -> Iterator[KnownGood]:
        """Yield requests that were not refused before: the first of the run, then the latest.

        The first asks for what does not exist or is not the run's, so it does not depend on what
        the run has deleted since.
        """
        latest = sorted(self._latest.get(role, {}).values(), key=lambda g: -g.exchange.number)
        first = self._first[role]
        known = [good for good in latest if good.exchange is not first.exchange]
        yield from [first, *known][:MAX_PROBES]
