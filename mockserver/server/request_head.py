"""The head of an HTTP/1.1 request: its request line, its fields, and how its body is framed."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

END = b"\r\n\r\n"

Headers = tuple[tuple[bytes, bytes], ...]

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(%b) ([\x21-\x7e]+) HTTP/1\.([0-9])" % TOKEN)
_UNFINISHED_LINE = re.compile(rb"%b(?: (?:[\x21-\x7e]+(?: [HTP/0-9.]{0,8}\r?)?)?)?" % TOKEN)
_EMPTY_LINES = re.compile(rb"(?:\r\n)+")
_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
_HOST = rb"(?:\[[0-9A-Fa-fv:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?"
_HOST_FIELD = re.compile(rb"(?:%b)?" % _HOST)
_ABSOLUTE_FORM = re.compile(
    rb"[A-Za-z][A-Za-z0-9+.-]*://(%b)(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?" % _HOST
)
_LENIENT_LINE = re.compile(rb"[\r\n]*(%b) +([\x21-\x7e\x80-\xff]*)" % TOKEN)
_LENIENT_FIELD = re.compile(
    rb"^(%b):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*\r?$" % TOKEN, re.MULTILINE
)
_LONGEST_REMEMBERED = 4096
_FIRST_OF_1_0, _FIRST_OF_1_1 = b"GET / HTTP/1.0", b"GET / HTTP/1.1"


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


class RequestHead(NamedTuple):
    """A head that follows RFC 9112.

    `raw_path` and `query` are as they were sent, `path` is decoded. Names of headers are in lower
    case. `content_length` is in bytes, 0 where there is no body; where `chunked` is true, the body
    tells its length itself.
    """

    method: str
    path: str
    raw_path: bytes
    query: bytes
    version: str
    headers: Headers
    content_length: int = 0
    chunked: bool = False
    keep_alive: bool = False
    expects_continue: bool = False

    def without_prefix(self, prefix: str) -> "RequestHead":
        """Return the head without a path that its path begins with.

        It may be there twice: many clients append a link, which begins with it, to their base URL.
        """
        raw_path, start = self.raw_path, f"{prefix}/".encode()
        while raw_path.startswith(start):
            raw_path = raw_path[len(prefix) :]
        size = len(self.raw_path) - len(raw_path)
        return self._replace(path=self.path[size:], raw_path=raw_path) if size else self


def parse_head(head: bytes) -> RequestHead:
    """Return what a head says, given with the empty line that ends it.

    Raises:
        MalformedRequestError: it breaks RFC 9112, or asks for what this server does not do.
    """
    return _parse_again(head) if len(head) <= _LONGEST_REMEMBERED else _parse(head)


def _parse(head: bytes) -> RequestHead:
    line_end = head.find(b"\r\n")
    line = _REQUEST_LINE.fullmatch(head, 0, line_end)
    if line is None:
        raise _bad_request_line(head[:line_end])
    method, target, minor = line.groups()
    if method == b"CONNECT":
        raise MalformedRequestError(400, "CONNECT asks for a proxy, which this server is not.")
    is_1_0 = minor == b"0"  # RFC 9110, 2.5: a minor version beyond 1 is read as 1.1
    headers = _parse_fields(_FIRST_OF_1_0 if is_1_0 else _FIRST_OF_1_1, head[line_end:])
    fields = dict(headers)
    if len(fields) < len(headers):
        fields = _merge(headers)
    _check_host(fields.get(b"host"), is_1_0=is_1_0)
    if target.startswith(b"/"):
        path, _, query = target.partition(b"#")[0].partition(b"?")
    else:
        path, query, headers = _resolve(target, headers)
    return RequestHead(
        method.decode("ascii"),
        unquote(path.decode("latin-1")),
        path,
        query,
        "1.0" if is_1_0 else "1.1",
        headers,
        int(fields.get(b"content-length", 0)),
        b"transfer-encoding" in fields and _is_chunked(fields, is_1_0=is_1_0),
        not is_1_0 and (b"connection" not in fields or _stays(fields[b"connection"])),
        not is_1_0 and fields.get(b"expect", b"").lower() == b"100-continue",
    )


# Clients that poll send the same head over and over.
_parse_again = lru_cache(maxsize=1024)(_parse)


def skip_empty_lines(data: bytes) -> bytes:
    """Return what follows the empty lines before a request line (RFC 9112, 2.2)."""
    lines = _EMPTY_LINES.match(data)
    return data[lines.end() :] if lines else data


def check_beginning(data: bytes, checked: int) -> None:
    """Refuse the beginning of a head that no further bytes can make good.

    So many bytes of it have been checked before.

    Raises:
        MalformedRequestError: the request line is wrong, or a line does not end with CR LF.
    """
    line_end = data.find(b"\r\n")
    if line_end >= 0:
        if not _REQUEST_LINE.fullmatch(data, 0, line_end):
            raise _bad_request_line(data[:line_end])
    elif data != b"\r" and not _UNFINISHED_LINE.fullmatch(data):
        raise _bad_request_line(data)
    if _BARE_LINE_END.search(data, max(checked - 1, 0)):
        raise MalformedRequestError(400, "A line of the head must end with CR LF (RFC 9112, 2.2).")


def sketch_head(data: bytes) -> RequestHead:
    """Return method, target and headers of a malformed head, as far as they can be told."""
    line = _LENIENT_LINE.match(data)
    if line is None:
        return RequestHead("", "", b"", b"", "1.1", ())
    path, _, query = line[2].partition(b"?")
    fields = _LENIENT_FIELD.findall(data[line.end() :].partition(END)[0])
    headers = tuple((name.lower(), value) for name, value in fields)
    return RequestHead(line[1].decode("ascii"), path.decode("latin-1"), path, query, "1.1", headers)


class _Collector:
    """Takes the fields of a head from llhttp."""

    __slots__ = ("headers",)

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))


def _parse_fields(first_line: bytes, lines: bytes) -> Headers:
    """Let llhttp read the field lines; they mean the same under any request line."""
    collector = _Collector()
    try:
        HttpRequestParser(collector).feed_data(first_line + lines)
    except HttpParserUpgrade:
        pass  # RFC 9110, 7.8: an offer of another protocol may be ignored
    except HttpParserError as error:
        if "Content-Length overflow" in str(error):  # a number (RFC 9110, 8.6), of no body here
            raise MalformedRequestError(
                413, "The body is larger than any this server takes."
            ) from None
        raise MalformedRequestError(400, f"The request is malformed: {error}.") from None
    if b" \r\n" in lines or b"\t\r\n" in lines:
        return tuple((name, value.rstrip(b" \t")) for name, value in collector.headers)
    return tuple(collector.headers)


def _merge(headers: Headers) -> dict[bytes, bytes]:
    """Return fields of which a name that came several times has all the values (RFC 9110, 5.3)."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


def _check_host(host: bytes | None, *, is_1_0: bool) -> None:
    if host is None:
        if not is_1_0:
            raise MalformedRequestError(400, "The Host header is missing (RFC 9112, 3.2).")
    elif not _HOST_FIELD.fullmatch(host):
        raise MalformedRequestError(400, "The Host header must be one host, perhaps with a port.")


def _stays(connection: bytes) -> bool:
    """Return whether a Connection header does not ask to close."""
    return b"close" not in [token.strip(b" \t") for token in connection.lower().split(b",")]


def _is_chunked(fields: Mapping[bytes, bytes], *, is_1_0: bool) -> bool:
    if is_1_0:
        raise MalformedRequestError(400, "HTTP/1.0 has no Transfer-Encoding (RFC 9112, 6.1).")
    if fields[b"transfer-encoding"].lower() != b"chunked":
        raise MalformedRequestError(501, "The only transfer coding that is supported is chunked.")
    return True


def _resolve(target: bytes, headers: Headers) -> tuple[bytes, bytes, Headers]:
    """Return path, query and headers for a target that is no path (RFC 9112, 3.2)."""
    if target == b"*":
        return target, b"", headers
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    if absolute is None:
        raise MalformedRequestError(400, "The request target must be a path or a URL.")
    host, path, query = absolute.groups(b"")
    # RFC 9112, 3.2.2: the target says which host is meant, whatever Host says.
    others = (field for field in headers if field[0] != b"host")
    return path or b"/", query, ((b"host", host), *others)


def _bad_request_line(line: bytes) -> MalformedRequestError:
    if re.search(rb" HTTP/[02-9]", line):
        return MalformedRequestError(400, "This server speaks HTTP/1.1 and HTTP/1.0 only.")
    if re.fullmatch(rb"%b /.* HTTP/1\.[0-9]" % TOKEN, line):
        message = "Spaces, and what is not ASCII, must be percent-encoded in the request target."
        return MalformedRequestError(400, message)
    return MalformedRequestError(400, "The request line is not one of HTTP/1.1 (RFC 9112, 3).")
