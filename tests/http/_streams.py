"""Streams of raw requests: valid ones, one or several in a row, and what mutations make of them."""

from itertools import pairwise
from random import Random

from hypothesis import strategies as st

_METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"BREW", b"CONNECT")
_TARGETS = (
    b"/", b"/a/b?c=d&e", b"/%2F%00%ff", b"/a;b=1/..", b"*", b"http://h.example/a?b", b"/?",
    b"http://h.example", b"http://u@h.example:80/", b"/[]{}|^\"<>\\`", b"/a#b", b"a", b"//x",
    b"https://[::1]:8/x",
)  # fmt: skip
_VERSIONS = (b"HTTP/1.1",) * 24 + (b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1")
_HOSTS = (b"Host: a",) * 24 + (
    b"Host: 127.0.0.1:80", b"host:[::1]:80", b"Host:", b"Host: u@a", b"Host: a b", b"Host: a/b",
    b"Host: a:b", b"X: y", b"Host: a\r\nHost: a", b"Host: a, b", b"Host: %41",
)  # fmt: skip
_FIELDS = (
    b"A: b", b"Accept:*/*", b"A:", b"A: \t b \t", b"A: b\xe9", b"A:b:c", b"X_y~: 1",
    b"Cookie: a=b; c", b"Connection: close", b"Connection: keep-alive",
    b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c",
    b"Connection: upgrade\r\nUpgrade: websocket", b"Connection: x, Close",
    b"Expect: 100-continue", b"Expect: x", b"TE: trailers", b"Trailer: A",
)  # fmt: skip
_BAD_FIELDS = (
    b"A : b", b" A: b", b"A: b\r\n c", b"A b", b": b", b"A: b\x00", b"A: b\x01", b"A: b\x7f",
    b"A: b\rc", b"A: b\nB: c", b"A\xe9: b", b"(A): b", b"Content-Length: 0",
    b"Content-Length: 3", b"Content-Length: +3", b"Content-Length: 3, 3", b"Content-Length: -1",
    b"Content-Length: 0x3", b"Content-Length: 99999999999999999999",
    b"Content-Length: 9999999999999999999",
    b"Content-Length: 3\r\nContent-Length: 3", b"Content-Length:", b"Content-Length: 3 ",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked", b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked, gzip", b"Transfer-Encoding:", b"Transfer-Encoding: chunked;a=b",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: x",
)  # fmt: skip
_BODIES = (b"", b"abc", b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", bytes(range(256)))
_SIZES = (
    b"%x",
    b"%X",
    b"0%x",
    b"%x;a=b",
    b'%x;a="b;\\"c"',
    b"%x;a",
    b"%x; a\t=  b ;c",
    b"%x;a;b",
    b"%x ",
    b"%x;",
    b"%x;=a",
    b'%x;="a"',
    b"%x;a=",
    b"%x;;a",
    b"%x;a=b c",
    b'%x;a="\x01"',
    b"%x;a\r",
    b" %x",
    b"+%x",
)
_TRAILERS = (b"",) * 3 + (
    b"A: b\r\n", b"Authorization: x\r\nHost: b\r\n", b"A\r\n", b"A: b\n", b"A: b\r\n c\r\n",
    b"A: \x01\r\n", b"content-length: 1\r\n", b"Transfer-Encoding: chunked\r\n",
)  # fmt: skip
_INSERTED = (
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b"\0", b":", b"\x0b", b"\x7f", b"\xff",
    b"HTTP/1.1", b"0", b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n", b"}",
    b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b",", b"@", b";", b'"',
)  # fmt: skip

_choose = st.sampled_from


@st.composite
def _chunks(draw: st.DrawFn, body: bytes) -> bytes:
    cut = draw(st.integers(0, len(body)))
    pieces = [piece for piece in (body[:cut], body[cut:]) if piece]
    size = draw(_choose(_SIZES[:8] * 4 + _SIZES))
    coded = [(size % len(piece)) + b"\r\n" + piece + b"\r\n" for piece in pieces]
    return b"".join(coded) + b"0\r\n" + draw(_choose(_TRAILERS)) + b"\r\n"


@st.composite
def _requests(draw: st.DrawFn) -> bytes:
    fields = [
        draw(_choose(_HOSTS)),
        *draw(st.lists(_choose(_FIELDS * 4 + _BAD_FIELDS), max_size=2)),
    ]
    body = draw(_choose(_BODIES))
    framing = draw(st.integers(0, 3))
    if framing == 0:
        fields.append(b"Content-Length: %d" % len(body))
    elif framing == 1:
        fields.append(b"Transfer-Encoding: chunked")
        body = draw(_chunks(body))
    else:
        body = b""
    line = b" ".join((draw(_choose(_METHODS)), draw(_choose(_TARGETS)), draw(_choose(_VERSIONS))))
    return b"\r\n".join([line, *fields, b"", body])


_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
_OFFER = b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab"
_VALID = _choose(
    (
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /b?c HTTP/1.1\r\nhost: a:1\r\n" + _CHUNKED,
        b"PUT /d HTTP/1.1\r\nHost: a\r\n" + _OFFER,
        b"\r\nHEAD /e HTTP/1.1\r\nHost: a\r\n\r\n",
    )
)


def streams() -> st.SearchStrategy[bytes]:
    """Return one to three requests in a row."""
    return st.lists(st.one_of(_VALID, _requests()), min_size=1, max_size=3).map(b"".join)


def mutate(raw: bytes, chance: Random) -> bytes:
    """Return a stream with up to two mutations, perhaps cut short."""
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        place = chance.randrange(len(raw) + 1)
        inserted = chance.choice(_INSERTED)
        kind = chance.randrange(4)
        if kind == 0:
            raw = raw[:place] + inserted + raw[place:]
        elif kind == 1:
            raw = raw[:place] + raw[place + 1 :]
        elif kind == 2:
            raw = raw[:place] + inserted + raw[place + 1 :]
        else:  # the rest of a line comes twice
            raw = raw[: raw.find(b"\n", place) + 1] + raw[place:]
    return raw[: chance.randrange(len(raw) + 1)] if chance.random() < 0.2 else raw


def split(raw: bytes, chance: Random) -> list[bytes]:
    """Return the pieces that a stream arrives in: one, two, or now and then one for each byte."""
    halves = [0, chance.randrange(len(raw) + 1)]
    ways = ([0], [0], halves, halves, range(len(raw)))
    starts = chance.choice(ways)
    return [raw[start:end] for start, end in pairwise([*starts, len(raw)])]
