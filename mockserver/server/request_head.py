"""The head of an HTTP/1.1 request: its request line, its fields, and how its body is framed."""

import re
from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

END = b"\r\n\r\n"

Headers = list[tuple[bytes, bytes]]

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(%b) ([\x21-\x7e]+) HTTP/1\.([0-9])" % _TOKEN)
_UNFINISHED_LINE = re.compile(rb"%b(?: (?:[\x21-\x7e]+(?: [HTP/0-9.]{0,8}\r?)?)?)?" % _TOKEN)
_BARE_LF = re.compile(rb"(?<!\r)\n")
_HOST = rb"(?:\[[0-9A-Fa-fv:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?"
_HOST_FIELD = re.compile(rb"(?:%b)?" % _HOST)
_ABSOLUTE_FORM = re.compile(
    rb"[A-Za-z][A-Za-z0-9+.-]*://(%b)(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?" % _HOST
)
_LENIENT_LINE = re.compile(rb"[\r\n]*(%b) +([\x21-\x7e\x80-\xff]*)" % _TOKEN)
_LENIENT_FIELD = re.compile(
    rb"^(%b):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*\r?$" % _TOKEN, re.MULTILINE
)
_FRAMING = frozenset({b"connection", b"content-length", b"expect", b"host", b"transfer-encoding"})


class MalformedRequestError(Exception):
    """What arrived is no HTTP/1.1 request, or one that this server does not take.

    Attributes:
        status: of the response, 4xx or 501.
        message: what is wrong, a sentence.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class RequestHead:
    """A head that follows RFC 9112.

    `path` and `query` are as they were sent. Header names are in lower case. `content_length` is in
    bytes, 0 where there is no body; where `chunked` is true, the body tells its length itself.
    """

    method: str
    path: bytes
    query: bytes
    version: str
    headers: Headers
    content_length: int
    chunked: bool
    keep_alive: bool
    expects_continue: bool


def parse_head(head: bytes) -> RequestHead:
    """Return what a head says, given with the empty line that ends it.

    Raises:
        MalformedRequestError: it breaks RFC 9112, or asks for what this server does not do.
    """
    line_end = head.find(b"\r\n")
    line = _REQUEST_LINE.fullmatch(head, 0, line_end)
    if line is None:
        raise _bad_request_line(head[:line_end])
    method, target, minor = line.groups()
    version = "1.0" if minor == b"0" else "1.1"  # RFC 9110, 2.5: a later minor version reads as 1.1
    if method == b"CONNECT":
        raise MalformedRequestError(400, "CONNECT asks for a proxy, which this server is not.")
    fields = _parse_fields(version, head[line_end:])
    if len(fields.hosts) > 1 or (not fields.hosts and version != "1.0"):
        raise MalformedRequestError(400, "A request has exactly one Host header.")
    if fields.hosts and not _HOST_FIELD.fullmatch(fields.hosts[0]):
        raise MalformedRequestError(
            400, "The Host header must be a host name, perhaps with a port."
        )
    if target.startswith(b"/"):
        path, _, query = target.partition(b"#")[0].partition(b"?")
    else:
        path, query = _resolve(target, fields)
    return RequestHead(
        method.decode("ascii"),
        path,
        query,
        version,
        fields.headers,
        fields.content_length,
        _is_chunked(fields, version),
        fields.keep_alive and version != "1.0",
        fields.expects_continue and version != "1.0",
    )


def check_beginning(data: bytes, checked: int) -> None:
    """Refuse the beginning of a head that no further bytes can make good.

    So many bytes of it have been checked before.

    Raises:
        MalformedRequestError: the request line is wrong, or a line ends without CR.
    """
    line_end = data.find(b"\r\n")
    if line_end >= 0:
        if not _REQUEST_LINE.fullmatch(data, 0, line_end):
            raise _bad_request_line(data[:line_end])
    elif data != b"\r" and not _UNFINISHED_LINE.fullmatch(data):
        raise _bad_request_line(data)
    if _BARE_LF.search(data, checked):
        raise MalformedRequestError(400, "A line of the head ends without CR (RFC 9112, 2.2).")


def sketch_head(data: bytes) -> tuple[str, bytes, Headers]:
    """Return method, target and headers of a malformed head, as far as they can be told."""
    line = _LENIENT_LINE.match(data)
    if line is None:
        return "", b"", []
    head = data[line.end() :].partition(END)[0]
    headers = [(name.lower(), value) for name, value in _LENIENT_FIELD.findall(head)]
    return line[1].decode("ascii"), line[2], headers


class _Fields:
    """Collects the fields of a head from the parser."""

    __slots__ = (
        "content_length", "expects_continue", "headers", "hosts", "keep_alive", "transfer_encoding",
    )  # fmt: skip

    def __init__(self) -> None:
        self.headers: Headers = []
        self.hosts: list[bytes] = []
        self.content_length = 0
        self.transfer_encoding = b""
        self.expects_continue = False
        self.keep_alive = True

    def on_header(self, name: bytes, value: bytes) -> None:
        name, value = name.lower(), value.rstrip(b" \t")
        self.headers.append((name, value))
        if name not in _FRAMING:
            return
        if name == b"host":
            self.hosts.append(value)
        elif name == b"content-length":
            self.content_length = int(value)
        elif name == b"transfer-encoding":
            self.transfer_encoding = value.lower()
        elif name == b"connection":
            tokens = [token.strip(b" \t") for token in value.lower().split(b",")]
            self.keep_alive = self.keep_alive and b"close" not in tokens
        else:
            self.expects_continue = value.lower() == b"100-continue"


def _parse_fields(version: str, lines: bytes) -> _Fields:
    """Let llhttp read field lines; they are as good under any request line."""
    fields = _Fields()
    parser = HttpRequestParser(fields)
    try:
        parser.feed_data(b"GET / HTTP/%b%b" % (version.encode(), lines))
    except HttpParserUpgrade:
        pass  # RFC 9110, 7.8: an offer of another protocol may be ignored
    except HttpParserError as error:
        raise MalformedRequestError(400, f"The request is malformed: {error}.") from None
    return fields


def _is_chunked(fields: _Fields, version: str) -> bool:
    coding = fields.transfer_encoding
    if not coding:
        return False
    if version == "1.0":
        raise MalformedRequestError(400, "HTTP/1.0 has no Transfer-Encoding (RFC 9112, 6.1).")
    if coding != b"chunked":
        raise MalformedRequestError(501, "The only transfer coding that is supported is chunked.")
    return True


def _resolve(target: bytes, fields: _Fields) -> tuple[bytes, bytes]:
    """Return path and query of a target that is no path (RFC 9112, 3.2)."""
    if target == b"*":
        return target, b""
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    if absolute is None:
        raise MalformedRequestError(400, "The request target must be a path or a URL.")
    host, path, query = absolute.groups(b"")
    others = [row for row in fields.headers if row[0] != b"host"]
    fields.headers = [(b"host", host), *others]  # RFC 9112, 3.2.2: the target says which host
    return path or b"/", query


def _bad_request_line(line: bytes) -> MalformedRequestError:
    if re.search(rb" HTTP/[02-9]", line):
        return MalformedRequestError(400, "This server speaks HTTP/1.1 and HTTP/1.0 only.")
    return MalformedRequestError(400, "The request line is not one of HTTP/1.1 (RFC 9112, 3).")
