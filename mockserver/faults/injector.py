"""Opens the mishaps of a request, where its sandbox or a header of its own asks for some."""

import asyncio
from collections.abc import Mapping

from mockserver.faults.mishaps import FindState, Mishaps
from mockserver.faults.reading import Reader
from mockserver.faults.rule import Rule
from mockserver.faults.strike import Striker
from mockserver.faults.wire import Send, Sleep
from mockserver.party import Parties
from mockserver.prefer import read_prefer
from mockserver.visit import Visit

_HEADER = "x-mock-fault"


class Injector:
    """Knows the vendors whose requests faults may befall.

    `longest` bounds in milliseconds what a request may wait; `sleep` lets real time pass.
    """

    def __init__(
        self,
        parties: Parties,
        reader: Reader,
        find: FindState,
        longest: float,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._parties = parties
        self._strikers = {party.name: Striker(party) for party in parties.all if party.open}
        self._reader = reader
        self._find = find
        self._longest = longest
        self._sleep = sleep

    def open(self, visit: Visit) -> Mishaps | None:
        """Return what may befall a request, or None.

        Raises:
            Refusal: 400, the request asks for a fault in a way that cannot be read.
        """
        assert visit.sandbox is not None
        book, headers = visit.sandbox.faults, visit.headers
        if not book.rules and _HEADER not in headers and "prefer" not in headers:
            return None
        striker = self._strikers.get(self._parties.of(visit.path).name)
        if striker is None or visit.method == "OPTIONS":
            return None
        brought = self._brought(headers)
        if not book.rules and not brought:
            return None
        return Mishaps(book, brought, striker, self._find, self._longest)

    async def hold(self, visit: Visit, send: Send) -> Send:
        """Let the time of a latency pass, and return `send` under the fault of the wire."""
        assert visit.mishaps is not None
        await visit.mishaps.wait(self._sleep)
        return visit.mishaps.wrap(send, visit.line, self._sleep)

    def _brought(self, headers: Mapping[str, str]) -> list[Rule]:
        texts = [headers.get(_HEADER), read_prefer(headers.get("prefer", "")).fault]
        return [rule for text in texts if text for rule in self._reader.read_header(text)]
