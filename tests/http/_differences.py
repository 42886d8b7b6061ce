"""Where RFC 9110 and RFC 9112 are stricter than h11, or leave a choice that h11 takes otherwise."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_HOST = re.compile(
    rb"(?:(?:\[[0-9A-Fa-fv:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?)?"
)
_TARGET = re.compile(rb"/.*|\*|[A-Za-z][A-Za-z0-9+.-]*://.*", re.DOTALL)

Fields = tuple[tuple[bytes, bytes], ...]


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
    """A rule that h11 does not have; `example` is a head that h11 takes all the same.

    It is refused with `status`.
    """

    rule: str
    breaks: Callable[[Head], bool]
    example: bytes
    status: int = 400


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
        413,
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
