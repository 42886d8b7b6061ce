"""h11 as a second opinion on HTTP/1.1 messages, and RFC 9112 where h11 is laxer.

`read` says which requests a stream of bytes holds, where they end, and what comes after them. Each
rule that h11 does not have is here with its section.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import h11

from tests.http._differences import STRICTER, Fields, Head

_LARGEST_HEAD = 2**20
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_FRAMING = re.compile(rb"(?:content-length|transfer-encoding):", re.IGNORECASE)
_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_BWS = rb"[ \t]*"
_CHUNK = re.compile(
    rb"([0-9A-Fa-f]+)(?![ \t])(?:%b;%b(?:%b=%b(?:%b|%b))?)*\r\n"
    % (_BWS, _BWS + _TOKEN, _BWS, _BWS, _TOKEN, _QUOTED)
)


@dataclass(frozen=True, slots=True)
class Message:
    """A request that has arrived whole."""

    method: bytes
    target: bytes
    version: bytes
    fields: Fields
    body: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stream holds.

    `end` is `idle` where nothing follows the last request, `partial` where the next one has begun,
    `refused` where what follows is no request (`why` names the rule), and `closed` where the last
    request asked for the connection to be closed.
    """

    messages: tuple[Message, ...]
    end: str
    why: str = ""


CHUNKS = "RFC 9112, 7.1: a chunk's line is a size, extensions of the grammar, CR LF"
TRAILERS = "RFC 9112, 7.1.2: trailers are field lines like those of a head"
FORBIDDEN = "RFC 9110, 6.5.1: a trailer does not frame the message; one that would is refused"


def is_taken_by_h11(raw: bytes) -> bool:
    """Return whether h11 alone takes the head at the beginning of a stream."""
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(raw)
    return isinstance(parser.next_event(), h11.Request)


def read(raw: bytes) -> Reading:
    """Return what a stream of bytes holds."""
    messages: list[Message] = []
    rest = raw
    while True:
        while rest.startswith(b"\r\n"):  # RFC 9112, 2.2: skipped; h11 refuses them
            rest = rest[2:]
        if not rest or rest == b"\r":
            return Reading(tuple(messages), "idle" if not rest else "partial")
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)
        parser.receive_data(rest)
        try:
            message = _next(parser, rest)
        except h11.RemoteProtocolError as error:
            return Reading(tuple(messages), "refused", str(error))
        except _StricterError as error:
            return Reading(tuple(messages), "refused", str(error))
        if message is None:
            return Reading(tuple(messages), "partial")
        messages.append(message)
        if message.version < b"1.1" or _asks_to_close(message):
            return Reading(tuple(messages), "closed")
        rest = parser.trailing_data[0]


def _asks_to_close(message: Message) -> bool:
    """Return what h11 cannot tell where another protocol is offered as well."""
    values = (value for name, value in message.fields if name == b"connection")
    return any(b"close" in re.split(rb"[ \t]*,[ \t]*", value.lower()) for value in values)


class _StricterError(Exception):
    """A rule that h11 does not have."""


def _next(parser: h11.Connection, raw: bytes) -> Message | None:
    event = parser.next_event()
    if event is h11.NEED_DATA:
        _check_partial(raw)
        return None
    assert isinstance(event, h11.Request)
    head_end = _end_of_head(raw)
    fields = tuple((bytes(name), bytes(value)) for name, value in event.headers)
    head = Head(raw[:head_end], event.method, event.target, event.http_version, fields)
    for difference in STRICTER:
        if difference.breaks(head):
            raise _StricterError(difference.rule)
    chunked = bool(head.values(b"transfer-encoding"))
    try:
        body = _body(parser)
    finally:
        if chunked:
            _check_chunks(raw[head_end:])
    if body is None:
        return None
    target, fields = _resolve(event.target, fields)
    version = min(event.http_version, b"1.1")  # RFC 9110, 2.5
    return Message(event.method, target, version, fields, body)


def _resolve(target: bytes, fields: Fields) -> tuple[bytes, Fields]:
    """Return what a whole URL as a target means (RFC 9112, 3.2.2), without a fragment."""
    target = target.partition(b"#")[0]
    scheme, mark, rest = target.partition(b"://")
    if not mark or b"/" in scheme or b"?" in scheme:
        return target.removesuffix(b"?"), fields
    host = re.split(rb"[/?]", rest)[0]
    path = rest[len(host) :]
    others = tuple(field for field in fields if field[0] != b"host")
    target = path if path.startswith(b"/") else b"/" + path
    return target.removesuffix(b"?"), ((b"host", host), *others)


def _body(parser: h11.Connection) -> bytes | None:
    body = b""
    while True:
        event = parser.next_event()
        if isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return body
        else:
            assert event is h11.NEED_DATA, event
            return None


def _end_of_head(raw: bytes) -> int:
    found = re.search(rb"\n\r?\n", raw)
    assert found
    return found.end()


def _check_partial(raw: bytes) -> None:
    if re.search(rb"(?<!\r)\n", raw):
        raise _StricterError(STRICTER[0].rule)


def _check_chunks(raw: bytes) -> None:
    """Refuse what h11 takes for a chunked body and the grammar does not."""
    while line := _line(raw):
        chunk = _CHUNK.fullmatch(line)
        if chunk is None:
            raise _StricterError(CHUNKS)
        size = int(chunk[1], 16)
        if size == 0:
            _check_trailers(raw[len(line) :])
            return
        raw = raw[len(line) + size + 2 :]


def _check_trailers(raw: bytes) -> None:
    while line := _line(raw):
        if line == b"\r\n":
            return
        if not line.endswith(b"\r\n") or line[:1] in b" \t" or _has_control(line[:-2]):
            raise _StricterError(TRAILERS)
        if _FRAMING.match(line):
            raise _StricterError(FORBIDDEN)
        raw = raw[len(line) :]


def _line(raw: bytes) -> bytes:
    """Return a line with its end; nothing where the end has not come."""
    return raw[: raw.find(b"\n") + 1]


def _has_control(text: bytes) -> bool:
    return re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", text) is not None


COMPLETIONS: Sequence[bytes] = (
    b"\r\n\r\n", b"\n\r\n", b"\r\nHost: a\r\n\r\n", b": a\r\n\r\n", b": a\r\nHost: a\r\n\r\n",
    b" HTTP/1.1\r\nHost: a\r\n\r\n", b"/ HTTP/1.1\r\nHost: a\r\n\r\n", b"0\r\n\r\n",
    b"\r\n0\r\n\r\n", b" / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1\r\nHost: a\r\n\r\n",
    b"1\r\nHost: a\r\n\r\n", b"1\r\nHost: a\r\n\r\n0\r\n\r\n", b".1\r\nHost: a\r\n\r\n",
    b'"\r\n0\r\n\r\n', b"a\r\n0\r\n\r\n",
)  # fmt: skip
"""Ends that make a request of most beginnings of one."""


def is_hopeless(partial: bytes, count: int) -> bool:
    """Return whether no completion makes one more request of a stream than it holds."""
    return all(len(read(partial + more).messages) <= count for more in COMPLETIONS)
