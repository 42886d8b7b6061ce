"""Reads one HTTP/1.1 request off a connection: its head, then its body, counted or in chunks."""

import re
from typing import NamedTuple, Protocol

from mockserver.config import ConnectionLimits
from mockserver.server.request_head import (
    END,
    TOKEN,
    MalformedRequestError,
    RequestHead,
    check_beginning,
    parse_head,
    sketch_head,
    skip_empty_lines,
)

_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_EXTENSION = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (TOKEN, TOKEN, _QUOTED)
_FRAMING = rb"(?i:content-length|transfer-encoding):"  # no trailer (RFC 9110, 6.5.1)
_CHECKED_BYTES = 64
"""So much of a line whose end has not arrived is checked, each time that more of it does."""


class _ChunkLine(NamedTuple):
    """A line of a chunked body: how all of it looks, and its beginning; what else is wrong."""

    pattern: re.Pattern[bytes]
    beginning: re.Pattern[bytes]
    error: str


_SIZE = _ChunkLine(
    re.compile(rb"([0-9A-Fa-f]+)(?![ \t])(?:%b)*\r\n" % _EXTENSION),  # as h11 and llhttp have it
    re.compile(rb"[0-9A-Fa-f]+(?:;|\r?\Z)"),
    "a chunk needs a size, perhaps with extensions",
)
_DATA_END = _ChunkLine(
    re.compile(rb"\r\n"), re.compile(rb"\r\Z"), "a chunk does not end where its size says"
)
_TRAILER = _ChunkLine(
    re.compile(rb"(?!%b)(?:%b:[\t\x20-\x7e\x80-\xff]*)?\r\n" % (_FRAMING, TOKEN)),
    re.compile(rb"%b(?::|\Z)|\r\Z" % TOKEN),
    "a trailer is no field, or one that frames the body",
)


class BodyDecoder(Protocol):
    """Finds the content of a body, and its end."""

    complete: bool

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the content in `data`, and what comes after the end of the body.

        Raises:
            MalformedRequestError: this is no such body.
        """


class CountedBody:
    """A body of as many bytes as Content-Length says."""

    def __init__(self, length: int) -> None:
        self._missing = length
        self.complete = length == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the content in `data`, and what comes after the end of the body."""
        content, rest = data[: self._missing], data[self._missing :]
        self._missing -= len(content)
        self.complete = self._missing == 0
        return content, rest


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1); its trailers are read and dropped.

    `max_overhead` is how many bytes may lie between two pieces of content, or after the last;
    `max_size` is the size in bytes that no chunk may exceed.
    """

    def __init__(self, max_overhead: int, max_size: int) -> None:
        self.complete = False
        self._max_overhead = max_overhead
        self._max_size = max_size
        self._overhead = 0
        self._missing = 0  # content of the chunk that is being read
        self._kind, self._line = _SIZE, b""  # the line that is being read

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the content in `data`, and what comes after the end of the body.

        Raises:
            MalformedRequestError: these are no chunks, or too much of them is no content.
        """
        content: list[bytes] = []
        start = 0
        while start < len(data) and not self.complete:
            if self._missing:
                end = min(start + self._missing, len(data))
                content.append(data[start:end])
                self._missing -= end - start
                self._overhead = 0
            else:
                end = data.find(b"\n", start) + 1 or len(data)
                self._overhead += end - start
                self._line += data[start:end]
                self._read_line()
            start = end
        return b"".join(content), data[start:]

    def _read_line(self) -> None:
        kind, line = self._kind, self._line
        if self._overhead > self._max_overhead:
            raise MalformedRequestError(431, "The chunk extensions or trailers are too large.")
        is_whole = line.endswith(b"\n")
        pattern = kind.pattern if is_whole else kind.beginning
        matched = pattern.match(line, 0, len(line) if is_whole else _CHECKED_BYTES)
        if matched is None:
            message = f"The chunked body is malformed: {kind.error} (RFC 9112, 7.1)."
            raise MalformedRequestError(400, message)
        if not is_whole:
            return
        self._line = b""
        if kind is _SIZE:
            self._missing = int(matched[1], 16)
            self._kind = _DATA_END if self._missing else _TRAILER
            if self._missing > self._max_size:
                raise MalformedRequestError(413, f"A chunk is larger than {self._max_size} bytes.")
        elif kind is _DATA_END:
            self._kind = _SIZE
        else:
            self.complete = line == b"\r\n"


class RequestReader:
    """Keeps what has arrived and has not been read; nothing is read before it is asked for.

    `buffer` are those bytes; `in_body` tells that more of a body is to come. A head, and what lies
    between the pieces of a chunked body, may have `max_head_bytes`; a chunk `max_body_bytes`.
    """

    __slots__ = ("_decoder", "_limits", "_scanned", "buffer", "in_body")

    def __init__(self, limits: ConnectionLimits) -> None:
        self.buffer = b""
        self.in_body = False
        self._limits = limits
        self._scanned = 0  # bytes of the buffer in which no head ends
        self._decoder: BodyDecoder

    def feed(self, data: bytes) -> None:
        """Take what has arrived."""
        self.buffer = self.buffer + data if self.buffer else data

    def read_head(self) -> RequestHead | None:
        """Return the next head, None where its end has not arrived.

        Raises:
            MalformedRequestError: there is no head, and never will be.
        """
        if self.buffer.startswith(b"\r\n"):
            self.buffer, self._scanned = skip_empty_lines(self.buffer), 0
            if not self.buffer:
                return None
        buffer = self.buffer
        at = buffer.find(END, self._scanned and max(self._scanned - len(END) + 1, 0))
        size = len(buffer) if at < 0 else at + len(END)
        if size > self._limits.max_head_bytes:
            raise MalformedRequestError(431, "The request line and the headers are too large.")
        if at < 0:
            check_beginning(buffer, self._scanned)
            self._scanned = size
            return None
        head = parse_head(buffer[:size])
        self.buffer, self._scanned = buffer[size:], 0
        if head.chunked:
            limits = self._limits
            self._decoder = ChunkedBody(limits.max_head_bytes, limits.max_body_bytes)
            self.in_body = True
        elif head.content_length:
            self._decoder, self.in_body = CountedBody(head.content_length), True
        return head

    def read_body(self) -> bytes:
        """Return what has arrived of the body; `in_body` then tells whether more will.

        Raises:
            MalformedRequestError: the chunks are malformed.
        """
        content, self.buffer = self._decoder.feed(self.buffer)
        self.in_body = not self._decoder.complete
        return content

    def has_partial_head(self) -> bool:
        """Return whether a head has begun to arrive, and its end has not."""
        return not self.in_body and 0 < len(self.buffer) <= self._scanned

    def sketch(self) -> RequestHead:
        """Return what can be told of a head that is malformed, or has not arrived."""
        return sketch_head(self.buffer)

    def drop(self) -> int:
        """Forget what has arrived; return how many bytes that were."""
        dropped, self.buffer = len(self.buffer), b""
        return dropped
