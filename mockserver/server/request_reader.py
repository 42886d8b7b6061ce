"""Requests in a stream of bytes: heads and bodies, one after the other (RFC 9112)."""

from mockserver.server.request_body import BodyDecoder, ChunkedBody, CountedBody
from mockserver.server.request_head import (
    END,
    MalformedRequestError,
    RequestHead,
    check_beginning,
    parse_head,
    sketch_head,
    skip_empty_lines,
)


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
        end = self.buffer.find(END, max(self._scanned - len(END) + 1, 0)) + len(END)
        if max(end, len(self.buffer) if end < len(END) else 0) > self._max_head_bytes:
            raise MalformedRequestError(431, "The request line and the headers are too large.")
        if end < len(END):
            check_beginning(self.buffer, self._scanned)
            self._scanned = len(self.buffer)
            return None
        head = parse_head(self.buffer[:end])
        self.buffer, self._scanned = self.buffer[end:], 0
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
