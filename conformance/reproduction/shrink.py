"""Shrinks the request of a failure, as long as it still fails."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from conformance.errors import BudgetExceeded, NotPermitted
from conformance.http.exchange import Exchange, RecordedRequest
from conformance.reproduction.replayer import Replayer
from conformance.target.client import Client

# Requests for one failure, and for all failures of a run.
MAX_REQUESTS: Final = 8
MAX_REQUESTS_PER_RUN: Final = 40

StillFails = Callable[[Exchange], bool]


class Shrinker:
    """Sends a failing request again with one part less each time; few requests in all."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._replayer = Replayer(client)
        self._left = MAX_REQUESTS_PER_RUN

    def shrink(self, exchange: Exchange, still_fails: StillFails) -> Exchange:
        """Return the smallest exchange that still fails; `exchange` itself at worst.

        A request that uses up a quota, or reaches other people, is not repeated.
        """
        if not self._may_repeat(exchange):
            return exchange
        smallest, attempts = exchange, min(MAX_REQUESTS, self._left)
        candidates = list(_smaller(smallest.request))
        while candidates and attempts > 0:
            request = candidates.pop(0)
            attempts, self._left = attempts - 1, self._left - 1
            try:
                repeated = self._replayer.send(replace(smallest, request=request, valid=None))
            except (NotPermitted, BudgetExceeded):
                return smallest
            if repeated.response is not None and still_fails(repeated):
                smallest, candidates = repeated, list(_smaller(repeated.request))
        return smallest

    def _may_repeat(self, exchange: Exchange) -> bool:
        operation = self._client.contract.operations.get(exchange.operation or "")
        if operation is None or exchange.response is None:
            return False
        quota = self._client.quota
        scarce = quota.max_created is not None and quota.creates(operation)
        return not (scarce or self._client.policy.needs_consent(operation))


def _smaller(request: RecordedRequest) -> Iterator[RecordedRequest]:
    """Yield the request without one of its query parameters, or of its body's members."""
    url = urlsplit(request.url)
    pairs = parse_qsl(url.query, keep_blank_values=True)
    for index in range(len(pairs)):
        rest = pairs[:index] + pairs[index + 1 :]
        shorter = url._replace(query=urlencode(rest)).geturl()
        yield replace(request, url=shorter, query=tuple(rest))
    if isinstance(request.json, dict):
        for name in request.json:
            body = {key: value for key, value in request.json.items() if key != name}
            yield replace(request, body=orjson.dumps(body))
