"""An exchange as proof, in JSON types; it is redacted already."""

from typing import Any, Final

from conformance.traffic.curl import curl
from conformance.traffic.exchange import Exchange, Received

LONGEST_BODY: Final = 4096


def describe(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as JSON types; it is redacted already."""
    sent = exchange.sent
    return {
        "number": exchange.number,
        "operation": exchange.operation,
        "driver": exchange.driver,
        "role": sent.role,
        "request": {
            "method": sent.method,
            "url": sent.url,
            "headers": dict(sent.headers),
            "body": None if sent.body is None else text(sent.body),
        },
        "response": describe_answer(exchange.received),
        "failure": exchange.failure,
        "curl": curl(exchange),
    }


def describe_answer(received: Received | None) -> dict[str, Any] | None:
    """Return an answer as JSON types."""
    if received is None:
        return None
    return {
        "status": received.status,
        "headers": dict(received.headers),
        "body": text(received.body),
        "complete": received.complete,
    }


def text(body: bytes) -> str:
    """Return a body as text, cut where it is long, bytes that are no UTF-8 escaped."""
    shown = body[:LONGEST_BODY].decode("utf-8", errors="backslashreplace")
    rest = len(body) - LONGEST_BODY
    return f"{shown}… ({rest} more bytes)" if rest > 0 else shown
