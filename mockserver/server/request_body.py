"""The body of an HTTP/1.1 request as it comes off the connection: counted, or in chunks."""

from typing import Protocol

from httptools import HttpParserError, HttpRequestParser

from mockserver.server.request_head import MalformedRequestError

_CHUNKED_HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


class BodyDecoder(Protocol):
    """Finds the content of a body, and its end."""

    complete: bool

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the content in `data`, and what comes after the end of the body.

        Raises:
            MalformedRequestError: this is no such body.
        """
        ...


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
