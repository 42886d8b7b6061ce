"""h11 as a second opinion on HTTP/1.1 messages, and RFC 9112 where h11 is laxer.

`read` says which requests a stream of bytes holds, where they end, and what comes after them. Each
rule that h11 does not have is here with its section.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import h11

_LARGEST_HEAD = 2**20
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_FRAMING = re.compile(rb"(?:content-length|transfer-encoding):", re.IGNORECASE)
_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_CHUNK = re.compile(
    rb"([0-9A-Fa-f]+)(?:;%b(?:=(?:%b|%b))?)*\r\n" % (_TOKEN, _TOKEN, _QUOTED), re.DOTALL
)
_HOST = re.compile(
    rb"(?:(?:\[[0-9A-Fa-fv:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?)?"
)
_TARGET = re.compile(rb"/.*|\*|[A-Za-z][A-Za-z0-9+.-]*://.*", re.DOTALL)


Fields = tuple[tuple[bytes, bytes], ...]


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


@dataclass(frozen=True, slots=True)
class Head:
    """A request line and its field lines, split as leniently as h11 splits them."""

    raw: bytes
    method: bytes
    target: bytes
    version: bytes
    fields: Fields

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a field, one a line."""
        return [value for given, value in self.fields if given == name]


def _bare_lf(head: Head) -> bool:
    return re.search(rb"(?<!\r)\n", head.raw) is not None


def _folded(head: Head) -> bool:
    return re.search(rb"\n[ \t]", head.raw) is not None


def _control_character(head: Head) -> bool:
    return re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", head.raw) is not None


def _bad_host(head: Head) -> bool:
    return any(not _HOST.fullmatch(value) for value in head.values(b"host"))


def _two_framings(head: Head) -> bool:
    return bool(head.values(b"transfer-encoding") and head.values(b"content-length"))


def _coding_in_1_0(head: Head) -> bool:
    return head.version == b"1.0" and bool(head.values(b"transfer-encoding"))


def _repeated_length(head: Head) -> bool:
    lengths = re.findall(rb"(?im)^content-length:(.*)$", head.raw)  # h11 makes one of them
    return len(lengths) > 1 or any(b"," in value for value in lengths)


def _other_version(head: Head) -> bool:
    return not head.version.startswith(b"1.")


def _later_version_without_host(head: Head) -> bool:
    return head.version > b"1.1" and not head.values(b"host")


def _target_of_no_form(head: Head) -> bool:
    return not _TARGET.fullmatch(head.target)


def _bad_authority(head: Head) -> bool:
    _, mark, rest = head.target.partition(b"://")
    host = re.split(rb"[/?#]", rest)[0]
    is_url = bool(mark) and not head.target.startswith(b"/")
    return is_url and (not host or host.startswith(b":") or not _HOST.fullmatch(host))


def _tunnel(head: Head) -> bool:
    return head.method == b"CONNECT"


def _long_length(head: Head) -> bool:
    return any(int(v) >= 2**64 for v in head.values(b"content-length") if v.isdigit())


@dataclass(frozen=True, slots=True)
class Difference:
    """A rule that h11 does not have; `example` is a head that h11 takes all the same."""

    rule: str
    breaks: Callable[[Head], bool]
    example: bytes


def _get(*fields: bytes, line: bytes = b"GET / HTTP/1.1", host: bytes = b"Host: a") -> bytes:
    return b"\r\n".join([line, *([host] if host else []), *fields, b"", b""])


STRICTER = (
    Difference(
        "RFC 9112, 2.2: a lone LF may be taken for the end of a line, and is not",
        _bare_lf,
        b"GET / HTTP/1.1\nHost: a\n\n",
    ),
    Difference("RFC 9112, 5.2: a folded field line is refused", _folded, _get(b"A: b\r\n c")),
    Difference(
        "RFC 9110, 5.5: a field value has no control characters",
        _control_character,
        _get(b"A: b\x01"),
    ),
    Difference(
        "RFC 9112, 3.2: a Host that is no host with perhaps a port is refused",
        _bad_host,
        _get(host=b"Host: user@a"),
    ),
    Difference(
        "RFC 9112, 6.3: Content-Length beside Transfer-Encoding may be refused, and is",
        _two_framings,
        _get(b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    ),
    Difference(
        "RFC 9112, 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing",
        _coding_in_1_0,
        _get(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0") + b"0\r\n\r\n",
    ),
    Difference(
        "RFC 9110, 8.6: a repeated Content-Length may be refused, and is",
        _repeated_length,
        _get(b"Content-Length: 0", b"Content-Length: 0"),
    ),
    Difference(
        "RFC 9110, 8.6: a Content-Length that overflows is refused",
        _long_length,
        _get(b"Content-Length: 99999999999999999999"),
    ),
    Difference(
        "RFC 9110, 2.5: another major version of HTTP may be refused, and is",
        _other_version,
        b"PRI * HTTP/2.0\r\n\r\n",
    ),
    Difference(
        "RFC 9110, 2.5: a later minor version is read as HTTP/1.1, which has a Host",
        _later_version_without_host,
        _get(line=b"GET / HTTP/1.2", host=b""),
    ),
    Difference(
        "RFC 9112, 3.2: a request target has one of four forms",
        _target_of_no_form,
        _get(line=b"GET a HTTP/1.1"),
    ),
    Difference(
        "RFC 9110, 4.2: a URL as target names a host, and no user",
        _bad_authority,
        _get(line=b"GET http://user@a/ HTTP/1.1"),
    ),
    Difference(
        "RFC 9110, 9.3.6: CONNECT is for proxies",
        _tunnel,
        _get(line=b"CONNECT a:80 HTTP/1.1"),
    ),
)
"""Where h11 takes a head that the mock refuses."""

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
