"""The curl command that repeats an exchange."""

import re
import shlex
from typing import Final

from conformance.http.exchange import Exchange

_DEFAULT_HEADERS: Final = frozenset({"content-length", "accept", "accept-encoding", "user-agent"})
_PLACEHOLDER: Final = re.compile(r"\$[A-Z][A-Z0-9_]*")
_MIN_PIECE: Final = 8

Word = tuple[str, str | bytes]  # a flag (or an empty text) and its value


def curl(exchange: Exchange) -> str:
    """Return a command for a POSIX shell; its variables (`$TALKDESK_TOKEN`) must be set before."""
    return " ".join(_whole(word) for word in _words(exchange))


def shell_variables(exchange: Exchange) -> frozenset[str]:
    """Return the variables of the command, each with its dollar sign."""
    texts = (word for _, word in _words(exchange) if isinstance(word, str))
    return frozenset(name for text in texts for name in _PLACEHOLDER.findall(text))


def wrap_curl(exchange: Exchange, width: int) -> list[str]:
    """Return the curl command in lines of `width` columns, which the shell joins again.

    A word that is too long continues in the first column of the next line.
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
    request = exchange.request
    words: list[Word] = [("curl", ""), ("-i", ""), ("--globoff", ""), ("--path-as-is", "")]
    if request.method != "GET":
        words.append(("-X", request.method))
    words.append(("", request.url))
    for name, value in request.headers.items():
        if name.lower() not in _DEFAULT_HEADERS:
            words.append(("-H", f"{name}: {value}" if value else f"{name};"))
    if request.body is not None:
        words.append(("--data-binary", request.body))
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
        room = max(_MIN_PIECE, width - len(lines[-1]) - 2)
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
