"""Which exchanges concern a judge: those with an answer, of the operation and with the statuses."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from conformance.checks.registry import ExchangeCase
from conformance.http.exchange import Exchange, RecordedResponse

MAX_URL_LENGTH: Final = 2000
# Segments of letters, digits and the marks that ids have, none of dots alone.
_PLAIN_PATH: Final = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9._~@:+-]*)*")


def applicable_response(
    case: ExchangeCase, statuses: Sequence[int] = ()
) -> RecordedResponse | None:
    """Return the answer if it came whole, to the operation's own method, with one of `statuses`.

    No `statuses` stand for any. An answer that broke off is judged by `complete_body` alone.
    """
    exchange = case.exchange
    received = exchange.response
    if received is None or not received.complete or exchange.operation is None:
        return None
    # What refuses odd bytes may stand before the vendor, and not know the vendor's error body.
    if received.status >= 400 and _is_malformed(exchange):
        return None
    if exchange.request.method != case.contract.operations[exchange.operation].method:
        return None
    return received if not statuses or received.status in statuses else None


def _is_malformed(exchange: Exchange) -> bool:
    """Tell whether a URL or body is such that web servers and gateways stumble over it."""
    sent = exchange.request
    try:
        (sent.body or b"").decode()
    except UnicodeDecodeError:
        return True
    path = unquote(urlsplit(sent.url).path)
    queries = (value for pair in sent.query for value in pair)
    return (
        len(sent.url) > MAX_URL_LENGTH
        or _PLAIN_PATH.fullmatch(path) is None
        or any(not value.isprintable() for value in queries)
    )


def expected_statuses(case: ExchangeCase, statuses: Sequence[int]) -> Sequence[int]:
    """Return `statuses`, or the successes and redirects of the requirement's operation."""
    if statuses:
        return statuses
    operation = case.contract.operations[case.requirement.operation or ""]
    return tuple({200, 201, 202, *(s for s in operation.responses if s < 400)})


def is_sourced(response: Mapping[str, Any]) -> bool:
    """Tell whether more than an assumption stands behind a response of the contract."""
    return response.get("x-source") != "assumed"
