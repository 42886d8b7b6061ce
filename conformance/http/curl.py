"""The curl line that repeats an exchange."""

import re
import shlex
from typing import Final

from conformance.http.exchange import Exchange

_DULL: Final = frozenset({"content-length", "accept", "accept-encoding", "user-agent"})
_PLACEHOLDER: Final = re.compile(r"\$[A-Z][A-Z0-9_]*")
_SHORTEST_PIECE: Final = 8

Word = tuple[str, str | bytes]  # a flag, or nothing, and what comes after it


def curl(exchange: Exchange) -> str:
    """Return a line for a POSIX shell; set the variables it names (`$TALKDESK_TOKEN`) before."""
    return " ".join(_whole(word) for word in _words(exchange))


def shell_variables(exchange: Exchange) -> frozenset[str]:
    """Return the variables that the line names, each with its dollar sign."""
    return frozenset(name for _, word in _words(exchange) for name in _named(word))


def _named(word: str | bytes) -> list[str]:
    return _PLACEHOLDER.findall(word) if isinstance(word, str) else []


def wrap_curl(exchange: Exchange, width: int) -> list[str]:
    """Return the curl line folded to `width` columns; the shell still reads it as one.

    A word that is too long is broken, and goes on at the very beginning of the next line.
    """
    lines = [""]
    for word in _words(exchange):
        whole = _whole(word)
        if lines[-1] and len(lines[-1]) + len(whole) + 3 > width:
            lines[-1] += " \\"
            lines.append("")
        start = "  " if len(lines) > 1 and not lines[-1] else lines[-1] and f"{lines[-1]} "
        if len(start) + len(whole) + 2 > width and _breakable(word):
            lines[-1:] = _pieces(start, word, width)
        else:
            lines[-1] = start + whole
    return lines


def _words(exchange: Exchange) -> list[Word]:
    sent = exchange.request
    words: list[Word] = [("curl", ""), ("-i", ""), ("--globoff", ""), ("--path-as-is", "")]
    if sent.method != "GET":
        words.append(("-X", sent.method))
    words.append(("", sent.url))
    for name, value in sent.headers.items():
        if name.lower() not in _DULL:
            words.append(("-H", f"{name}: {value}" if value else f"{name};"))
    if sent.body is not None:
        words.append(("--data-binary", sent.body))
    return words


def _whole(word: Word) -> str:
    flag, value = word
    quoted = _quote(value) if value or flag == "--data-binary" else ""
    return f"{flag} {quoted}".strip()


def _breakable(word: Word) -> bool:
    return isinstance(word[1], bytes) or _PLACEHOLDER.search(word[1]) is None


def _pieces(start: str, word: Word, width: int) -> list[str]:
    flag, rest = word
    lines = [f"{start}{flag} " if flag else start]
    while rest:
        room = max(_SHORTEST_PIECE, width - len(lines[-1]) - 2)
        size = min(len(rest), room)
        while len(_quote(rest[:size])) > room and size > 1:
            size -= 1
        lines[-1] += _quote(rest[:size])
        rest = rest[size:]
        if rest:
            lines[-1] += "\\"
            lines.append("")
    return lines


def _quote(word: str | bytes) -> str:
    """Quote for the shell, but leave placeholders to it."""
    if isinstance(word, bytes):
        return _quote_bytes(word)
    if _PLACEHOLDER.search(word) is None:
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return f'"{escaped}"'


def _quote_bytes(body: bytes) -> str:
    try:
        return shlex.quote(body.decode("ascii"))
    except UnicodeDecodeError:
        # $'…' is understood by bash, zsh, ksh and every shell of POSIX 2024.
        return "$'" + "".join(_escape(byte) for byte in body) + "'"


def _escape(byte: int) -> str:
    if byte in b"'\\" or not 0x20 <= byte < 0x7F:
        return f"\\x{byte:02x}"
    return chr(byte)
