"""An exchange as proof: as data for the reports, and as a curl line that repeats it."""

import shlex
from typing import Any, Final

from conformance.exchange import Exchange, Received

LONGEST_BODY: Final = 4096
_DULL: Final = frozenset({"content-length", "accept", "accept-encoding", "user-agent"})


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


def curl(exchange: Exchange) -> str:
    """Return a line for a POSIX shell; set the variables it names (`$TALKDESK_TOKEN`) before."""
    return " ".join(_words(exchange))


def curl_lines(exchange: Exchange, width: int) -> list[str]:
    """Return the curl line folded to `width` columns where its words allow it."""
    lines = [""]
    for word in _words(exchange):
        if lines[-1] and len(lines[-1]) + len(word) + 3 > width:
            lines[-1] += " \\"
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _words(exchange: Exchange) -> list[str]:
    sent = exchange.sent
    words = ["curl", "-i", "--globoff", "--path-as-is"]
    if sent.method != "GET":
        words.append(f"-X {sent.method}")
    words.append(_quote(sent.url))
    for name, value in sent.headers.items():
        if name.lower() not in _DULL:
            words.append("-H " + _quote(f"{name}: {value}" if value else f"{name};"))
    if sent.body is not None:
        words.append("--data-binary " + _quote_body(sent.body))
    return words


def _quote(word: str) -> str:
    """Quote for the shell, but leave placeholders to it."""
    if "$" not in word or "'" in word:
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return f'"{escaped}"'


def _quote_body(body: bytes) -> str:
    try:
        return shlex.quote(body.decode("ascii"))
    except UnicodeDecodeError:
        # $'…' is understood by bash, zsh, ksh and every shell of POSIX 2024.
        return "$'" + "".join(_escape(byte) for byte in body) + "'"


def _escape(byte: int) -> str:
    if byte in b"'\\" or not 0x20 <= byte < 0x7F:
        return f"\\x{byte:02x}"
    return chr(byte)
