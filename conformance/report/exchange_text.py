"""An exchange in words: what was sent and seen in few lines, and the curl command for it."""

import json
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from conformance.http import NOT_JSON, Exchange

MAX_LINES: Final = 20
MAX_SENT: Final = 8
MAX_VALUE: Final = 60  # characters of a text in a body
MAX_LINE: Final = 300
MAX_MEMBERS: Final = 12
MAX_DEPTH: Final = 2  # of a body, where no pointer leads deeper
MAX_TEXT: Final = 4096  # bytes of a body that is no JSON
INLINE: Final = 56  # characters of a JSON value that stays on one line
MARK: Final = "  <--"

_DEFAULT_HEADERS: Final = frozenset({"content-length", "accept", "accept-encoding", "user-agent"})
_PLACEHOLDER: Final = re.compile(r"\$[A-Z][A-Z0-9_]*")
_MIN_PIECE: Final = 8

# Control characters, directional overrides, surrogates and noncharacters: no report may pass
# them on, for a terminal obeys some and XML 1.0 forbids others.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufffe\uffff]"
)
_SHOWN_HEADERS: Final = frozenset(
    {
        "allow",
        "content-disposition",
        "content-encoding",
        "content-type",
        "location",
        "retry-after",
        "www-authenticate",
    }
)
_TEXT_MEMBER: Final = re.compile(r'"[^"]*": "([^"\\]{3,})"')
# An id is in most reasons; that it is shown says nothing.
_LONG_ID: Final = re.compile(r"(?=.*\d)[\w-]{16,}")
_POINTER: Final = re.compile(r"(?<![\w/.:])(?:/[\w~.@-]+)+")

Word = tuple[str, str | bytes]  # a flag (or an empty text) and its value


def visible(text: str) -> str:
    """Return `text` with an escape, as in a Python string, for each character that is invisible.

    Line feeds and tabs stay. What remains may be printed on a terminal and written as XML 1.0.
    """
    return _INVISIBLE.sub(lambda match: _escaped(ord(match[0])), text)


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What was sent and seen in an exchange, in at most `MAX_LINES` lines.

    `folded` is the number of lines that were left out.
    """

    sent: tuple[str, ...]
    seen: tuple[str, ...]
    folded: int


def excerpt(exchange: Exchange, reason: str = "", base_url: str = "") -> Excerpt:
    """Return the part of an exchange that matters.

    Of the JSON of the response the members are shown that `reason` points at, marked, and what
    is around them; of the headers those that checks look at, or that the reason names.
    `base_url` is left out of the URL.
    """
    sent = tuple(_sent(exchange, base_url))
    seen = tuple(_seen(exchange, reason))
    kept_sent = sent[: max(MAX_SENT, MAX_LINES - len(seen))]
    kept_seen = _kept(seen, MAX_LINES - len(kept_sent))
    return Excerpt(
        tuple(visible(line.text)[:MAX_LINE] for line in kept_sent),
        tuple(visible(line.text)[:MAX_LINE] + MARK * line.marked for line in kept_seen),
        len(sent) + len(seen) - len(kept_sent) - len(kept_seen),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of an excerpt; `marked`: it shows what the reason is about."""

    text: str
    marked: bool = False


def _kept(lines: Sequence[_Line], room: int) -> Sequence[_Line]:
    """Return the first `room` lines; where the marked one is behind them, those before it too."""
    marked = next((n for n, line in enumerate(lines) if line.marked), 0)
    if marked < room:
        return lines[:room]
    half = room // 2
    return (*lines[:half], *lines[marked - (room - half) + 1 : marked + 1])


def _sent(exchange: Exchange, base_url: str) -> Iterator[_Line]:
    request = exchange.request
    yield _Line(f"{request.method} {request.url.removeprefix(base_url)}")
    for name, value in request.headers.items():
        if name.lower() not in _DEFAULT_HEADERS:
            yield _Line(f"{name}: {value}")
    if request.body:
        yield from _body_lines(request.body, request.json, "")


def _seen(exchange: Exchange, reason: str) -> Iterator[_Line]:
    response = exchange.response
    if response is None:
        yield _Line(exchange.failure or "no response")
        return
    is_named = _names(reason, str(response.status)) and not _POINTER.search(reason)
    yield _Line(f"HTTP {response.status}", is_named)
    named = reason.lower()
    is_about_header = False
    for name, value in response.headers.items():
        is_named = _names(reason, name.title())
        is_about_header |= is_named
        if name.lower() in _SHOWN_HEADERS or name.lower() in named:
            yield _Line(f"{name}: {value}", is_named)
    if not response.complete:
        yield _Line(f"(incomplete: {response.body_error})")
    yield from _body_lines(response.body, response.json, reason, guess=not is_about_header)


def _body_lines(body: bytes, value: Any, reason: str, *, guess: bool = True) -> Iterator[_Line]:
    """Yield a body; with `guess` the values that the reason names are marked, if no pointer is."""
    if value is not NOT_JSON:
        pointers = [tuple(text[1:].split("/")) for text in _POINTER.findall(reason)]
        pointers = [pointer for pointer in pointers if _leads_somewhere(value, pointer)]
        lines = _outline(value, pointers)
        yield from lines if pointers or not guess else (_marked(line, reason) for line in lines)
        return
    text = body[:MAX_TEXT].decode("utf-8", errors="backslashreplace")
    yield from (_Line(shortened(line, MAX_LINE)) for line in text.splitlines())
    if len(body) > MAX_TEXT:
        yield _Line(f"… {len(body) - MAX_TEXT} more bytes")


def _marked(line: _Line, reason: str) -> _Line:
    """Mark the line of a text that the reason names."""
    values = [value for value in _TEXT_MEMBER.findall(line.text) if not _LONG_ID.fullmatch(value)]
    # A date-time is in a reason as Python writes it.
    return replace(
        line,
        marked=any(
            _names(reason, value)
            or (len(value) > 18 and _names(reason, value[:19].replace("T", " ")))
            for value in values
        ),
    )


def _names(reason: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", reason) is not None


def _leads_somewhere(value: Any, pointer: tuple[str, ...]) -> bool:
    for step in pointer:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return False
    return True


def _outline(
    value: Any, pointers: Collection[tuple[str, ...]], label: str = "", *, depth: int = 0
) -> list[_Line]:
    """Return a JSON value line by line; what no pointer leads to is shortened, the deeper the more.

    `label` is what stands before it on its first line.
    """
    marked = () in pointers
    inline = _inline(value)
    if not any(pointers) and (inline is not None or depth >= MAX_DEPTH):
        return [_Line(label + (_summary(value) if inline is None else inline), marked)]
    members = list(value.items() if isinstance(value, dict) else enumerate(value))
    wanted = {pointer[0] for pointer in pointers if pointer}
    deeper = depth + 1 + bool(wanted)
    blocks: list[list[_Line]] = []
    for name, member in members:
        step = str(name).replace("~", "~0").replace("/", "~1")
        if len(blocks) >= MAX_MEMBERS and step not in wanted:
            continue
        rest = [pointer[1:] for pointer in pointers if pointer and pointer[0] == step]
        title = f"{json.dumps(name, ensure_ascii=False)}: " if isinstance(value, dict) else ""
        blocks.append(_outline(member, rest, f"  {title}", depth=deeper))
    if hidden := len(members) - len(blocks):
        blocks.append([_Line(f"  … {hidden} more")])
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    indent = " " * (len(label) - len(label.lstrip()))
    lines = [_Line(label + opening, marked)]
    for number, block in enumerate(blocks, start=1):
        block[-1] = replace(block[-1], text=block[-1].text + "," * (number < len(blocks)))
        lines += (replace(line, text=indent + line.text) for line in block)
    return [*lines, _Line(indent + closing)]


def _inline(value: Any) -> str | None:
    """Return a JSON value on one line, a long text shortened; None where it does not fit on it."""
    if isinstance(value, str):
        return json.dumps(shortened(value, MAX_VALUE), ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return shortened(json.dumps(value), MAX_VALUE)
    members = value.values() if isinstance(value, dict) else value
    if len(value) > MAX_MEMBERS or any(isinstance(m, dict | list) and m for m in members):
        return None
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= INLINE else None


def _summary(value: Any) -> str:
    is_object, many = isinstance(value, dict), "s" * (len(value) != 1)
    return f"{{… {len(value)} member{many}}}" if is_object else f"[… {len(value)} item{many}]"


def shortened(text: str, length: int) -> str:
    """Return `text` without its middle where it is longer than `length`."""
    if len(text) <= length:
        return text
    return f"{text[: length * 2 // 3]}…{text[-(length // 3) :]}"


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
        # What a terminal would obey is written with escapes.
        raw = word.encode("utf-8", "surrogatepass")
        return _quote_bytes(raw) if _INVISIBLE.search(word) else shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return f'"{escaped}"'


def _quote_bytes(body: bytes) -> str:
    if body.isascii() and _INVISIBLE.search(body.decode()) is None:
        return shlex.quote(body.decode())
    # $'…' is understood by bash, zsh, ksh and every shell of POSIX 2024.
    return "$'" + "".join(_escape(byte) for byte in body) + "'"


def _escape(byte: int) -> str:
    if byte in b"'\\" or not 0x20 <= byte < 0x7F:
        return f"\\x{byte:02x}"
    return chr(byte)
