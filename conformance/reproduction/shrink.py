"""Makes the request that broke a requirement smaller, as long as it still breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from conformance.errors import BudgetExceeded, NotPermitted
from conformance.http.exchange import Exchange, RecordedRequest
from conformance.reproduction.replayer import Replayer
from conformance.target.client import Client

# Requests for one finding, and for all findings of a run.
MAX_REQUESTS: Final = 8
MAX_REQUESTS_PER_RUN: Final = 40

StillFails = Callable[[Exchange], bool]


class Shrinker:
    """Sends a breaking request again with a part less each time; in all a few requests a run."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._replayer = Replayer(client)
        self._left = MAX_REQUESTS_PER_RUN

    def shrink(self, exchange: Exchange, breaks: StillFails) -> Exchange:
        """Return the smallest exchange found that `breaks` the same; `exchange` itself at worst.

        What makes scarce things, or reaches other people, is left as it is.
        """
        if not self._may(exchange):
            return exchange
        smallest, tries = exchange, min(MAX_REQUESTS, self._left)
        waiting = list(_smaller(smallest.request))
        while waiting and tries > 0:
            sent = waiting.pop(0)
            tries, self._left = tries - 1, self._left - 1
            try:
                found = self._replayer.send(replace(smallest, request=sent, valid=None))
            except (NotPermitted, BudgetExceeded):
                return smallest
            if found.response is not None and breaks(found):
                smallest, waiting = found, list(_smaller(found.request))
        return smallest

    def _may(self, exchange: Exchange) -> bool:
        operation = self._client.contract.operations.get(exchange.operation or "")
        if operation is None or exchange.response is None:
            return False
        allowance = self._client.quota
        scarce = allowance.max_created is not None and allowance.creates(operation)
        return not (scarce or self._client.policy.needs_consent(operation))


def _smaller(sent: RecordedRequest) -> Iterator[RecordedRequest]:
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
