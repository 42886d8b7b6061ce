"""Reads one HTTP/1.1 request off a connection: its head, then its body, counted or in chunks."""

from typing import Protocol

from httptools import HttpParserError, HttpRequestParser

from mockserver.server.request_head import (
    END,
    MalformedRequestError,
    RequestHead,
    check_beginning,
    parse_head,
    sketch_head,
    skip_empty_lines,
)

_CHUNKED_HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


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

    `most_overhead` is how many bytes may lie between two pieces of content, or after the last.
    """

    def __init__(self, most_overhead: int) -> None:
        self.complete = False
        self._most_overhead = most_overhead
        self._overhead = 0
        self._content: list[bytes] = []
        self._parser = HttpRequestParser(self)
        self._parser.feed_data(_CHUNKED_HEAD)

    def on_body(self, content: bytes) -> None:
        """Take a piece of content from the parser."""
        self._content.append(content)
        self._overhead = 0

    def on_message_complete(self) -> None:
        """Learn from the parser that the body is over."""
        self.complete = True

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the content in `data`, and what comes after the end of the body.

        Raises:
            MalformedRequestError: these are no chunks, or too much of them is no content.
        """
        start = 0
        while start < len(data) and not self.complete:
            # A body ends with a line; fed by lines, the parser never reads beyond the end.
            end = data.find(b"\n", start) + 1 or len(data)
            self._overhead += end - start
            self._feed_parser(data[start:end])
            start = end
        content, self._content = b"".join(self._content), []
        return content, data[start:]

    def _feed_parser(self, piece: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except HttpParserError as error:
            raise MalformedRequestError(400, f"The chunked body is malformed: {error}.") from None
        if self._overhead > self._most_overhead:
            raise MalformedRequestError(431, "The chunk extensions or trailers are too large.")


class RequestReader:
    """Keeps what has arrived and has not been read; nothing is read before it is asked for.

    `buffer` are those bytes; `in_body` tells that more of a body is to come. A head, and what lies
    between the pieces of a chunked body, may have `max_head_bytes`.
    """

    __slots__ = ("_decoder", "_max_head_bytes", "_scanned", "buffer", "in_body")

    def __init__(self, max_head_bytes: int) -> None:
        self.buffer = b""
        self.in_body = False
        self._max_head_bytes = max_head_bytes
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
        at = buffer.find(END, max(self._scanned - len(END) + 1, 0))
        size = len(buffer) if at < 0 else at + len(END)
        if size > self._max_head_bytes:
            raise MalformedRequestError(431, "The request line and the headers are too large.")
        if at < 0:
            check_beginning(buffer, self._scanned)
            self._scanned = size
            return None
        head = parse_head(buffer[:size])
        self.buffer, self._scanned = buffer[size:], 0
        if head.chunked:
            self._decoder, self.in_body = ChunkedBody(self._max_head_bytes), True
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
