"""Makes the request that broke a requirement smaller, as long as it still breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from conformance.access.client import Client
from conformance.failures import BudgetSpent, Refused
from conformance.findings.player import Player
from conformance.traffic.exchange import Exchange, Sent

# Requests for one finding, and for all findings of a run.
MOST: Final = 8
MOST_OF_ALL: Final = 40

Breaks = Callable[[Exchange], bool]


class Shrinker:
    """Sends a breaking request again with a part less each time; in all a few requests a run."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._player = Player(client)
        self._left = MOST_OF_ALL

    def shrink(self, exchange: Exchange, breaks: Breaks) -> Exchange:
        """Return the smallest exchange found that `breaks` the same; `exchange` itself at worst.

        What makes scarce things, or reaches other people, is left as it is.
        """
        if not self._may(exchange):
            return exchange
        smallest, tries = exchange, min(MOST, self._left)
        waiting = list(_smaller(smallest.sent))
        while waiting and tries > 0:
            sent = waiting.pop(0)
            tries, self._left = tries - 1, self._left - 1
            try:
                found = self._player.send(replace(smallest, sent=sent, valid=None))
            except (Refused, BudgetSpent):
                return smallest
            if found.received is not None and breaks(found):
                smallest, waiting = found, list(_smaller(found.sent))
        return smallest

    def _may(self, exchange: Exchange) -> bool:
        operation = self._client.contract.operations.get(exchange.operation or "")
        if operation is None or exchange.received is None:
            return False
        allowance = self._client.allowance
        scarce = allowance.most is not None and allowance.makes(operation)
        return not (scarce or self._client.guard.needs_consent(operation))


def _smaller(sent: Sent) -> Iterator[Sent]:
    """Yield the request without one of its query parameters, or of its body's members."""
    parts = urlsplit(sent.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    for index in range(len(pairs)):
        rest = pairs[:index] + pairs[index + 1 :]
        yield replace(sent, url=parts._replace(query=urlencode(rest)).geturl(), query=tuple(rest))
    try:
        body = orjson.loads(sent.body or b"")
    except ValueError:
        return
    if isinstance(body, dict):
        for name in body:
            rest_of_body = {key: value for key, value in body.items() if key != name}
            yield replace(sent, body=orjson.dumps(rest_of_body))
