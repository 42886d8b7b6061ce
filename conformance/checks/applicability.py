"""Which exchanges a check applies to: complete responses of the operation, by status."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from conformance.checks.registry import ExchangeCase
from conformance.http.exchange import Exchange, RecordedResponse

MAX_URL_LENGTH: Final = 2000
# Segments of letters, digits and the punctuation of ids; none of dots alone.
_PLAIN_PATH: Final = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9._~@:+-]*)*")


def applicable_response(
    case: ExchangeCase, statuses: Sequence[int] = ()
) -> RecordedResponse | None:
    """Return the response if it is complete, to the operation's own method, with one of `statuses`.

    Without `statuses` any will do. Incomplete responses are left to the check `complete_body`.
    """
    exchange = case.exchange
    response = exchange.response
    if response is None or not response.complete or exchange.operation is None:
        return None
    # A gateway that rejects malformed bytes may not know the vendor's error body.
    if response.status >= 400 and _is_malformed(exchange):
        return None
    if exchange.request.method != case.contract.operations[exchange.operation].method:
        return None
    return response if not statuses or response.status in statuses else None


def successful_response(case: ExchangeCase) -> RecordedResponse | None:
    """Return the applicable response if it is a success or a listed redirect."""
    return applicable_response(case, expected_statuses(case))


def _is_malformed(exchange: Exchange) -> bool:
    """Return True for a URL or body that web servers and gateways may reject by themselves."""
    request = exchange.request
    try:
        (request.body or b"").decode()
    except UnicodeDecodeError:
        return True
    path = unquote(urlsplit(request.url).path)
    query_texts = (text for pair in request.query for text in pair)
    return (
        len(request.url) > MAX_URL_LENGTH
        or _PLAIN_PATH.fullmatch(path) is None
        or any(not text.isprintable() for text in query_texts)
    )


def expected_statuses(case: ExchangeCase, statuses: Sequence[int] = ()) -> Sequence[int]:
    """Return `statuses`, or the successes and redirects of the requirement's operation."""
    if statuses:
        return statuses
    operation = case.contract.operations[case.requirement.operation or ""]
    return tuple({200, 201, 202, *(s for s in operation.responses if s < 400)})


def is_echo(exchange: Exchange, error: jsonschema_rs.ValidationError) -> bool:
    """Return True for a number that is out of bounds only because it is the request's own.

    No source states the bounds of pages and offsets: they are those of our contract.
    """
    bounds = jsonschema_rs.ValidationErrorKind.Maximum | jsonschema_rs.ValidationErrorKind.Minimum
    asked = {value for _, value in exchange.request.query}
    return isinstance(error.kind, bounds) and str(error.instance) in asked


def is_sourced(response: Mapping[str, Any]) -> bool:
    """Return False for a response of the contract whose source is `assumed`."""
    return response.get("x-source") != "assumed"
