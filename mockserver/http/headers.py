"""Request headers: parsing, caching, redaction and size, and lists of directives."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from mockserver.journal import redaction

MAX_DIRECTIVES_LENGTH = 2048
"""Characters of a header value with directives; longer ones are rejected."""

_DIRECTIVE = re.compile(
    r'\s*(?P<name>[^\s=;,"]+)\s*(?:=\s*(?P<value>"(?:[^"\\]|\\.)*"|[^;,"]*))?\s*(?P<end>[;,]|$)'
)
_ESCAPED = re.compile(r"\\(.)")

Directive = tuple[str, str | None]
"""A name and its unquoted value; None if there is no `=`."""


def read_directives(text: str) -> list[list[Directive]]:
    """Parse `name=value; option=value, another`: comma-separated groups of directives.

    Raises:
        ValueError: the text is malformed; the message says where.
    """
    if len(text) > MAX_DIRECTIVES_LENGTH:
        raise ValueError(f"is longer than {MAX_DIRECTIVES_LENGTH} characters")
    groups: list[list[Directive]] = [[]]
    for directive, end in _scan(text):
        groups[-1].append(directive)
        if end == ",":
            groups.append([])
    return groups


def _scan(text: str) -> Iterator[tuple[Directive, str]]:
    position, end = 0, ""
    while position < len(text):
        match = _DIRECTIVE.match(text, position)
        if match is None:
            raise ValueError(f"is malformed at {text[position : position + 20]!r}")
        end = match["end"]
        yield (match["name"], _unquoted(match["value"])), end
        position = match.end()
    if end or not text:
        raise ValueError("ends after a separator")


def _unquoted(value: str | None) -> str | None:
    if value is None or not value.startswith('"'):
        return value and value.strip()
    return _ESCAPED.sub(r"\1", value[1:-1])


def read_basic(encoded: str) -> str:
    """Return `id:secret` of HTTP Basic (RFC 7617), empty if malformed."""
    try:
        return b64decode(encoded, validate=True).decode()
    except ValueError:  # not base64, not even ASCII, or not UTF-8
        return ""


MAX_RECORDED_LENGTH, MAX_RECORDED_HEADERS, MAX_RECORDED_VALUE = 8192, 64, 128
"""Characters and number of headers recorded whole; beyond, the first, each value truncated."""

MIN_SECRET_LENGTH = 4
"""Shorter secrets are not searched for outside their header: too much would match."""

MAX_CACHED, MAX_SEEN, MAX_CACHED_BYTES = 256, 4096, 2048
"""Cached heads, hashes of heads seen once, and the largest head that is cached."""

_HEADER_OVERHEAD = 100
"""Bytes of memory of a header besides its text (measured)."""

_FRAMING = frozenset({"content-length", "transfer-encoding"})
"""The headers of which a request with a body has one (RFC 9112, 6)."""

Raw = list[tuple[bytes, bytes]]


class SandboxHint(NamedTuple):
    """The sandbox that a header names, and those that credentials may be tagged with."""

    name: str | None
    tags: tuple[str, ...]


class RequestHeaders:
    """A request's headers.

    `headers` are by lower-case name, repeated ones joined by a comma; `redacted` are the headers
    as recorded in a journal, and `size` their bytes of memory. `secrets` are texts that must not be
    recorded anywhere, each as bytes too. `is_framed` tells that they announce a body. `credentials`
    and `hint` cache the parsed credentials and sandbox hint.
    """

    __slots__ = ("credentials", "headers", "hint", "is_framed", "redacted", "secrets", "size")

    def __init__(self, raw: Raw, redactor: redaction.HeaderRedactor) -> None:
        self.headers = _join(raw)
        redacted, secrets = redactor.redact(self.headers)
        if len(redacted) > MAX_RECORDED_HEADERS or _length(redacted) > MAX_RECORDED_LENGTH:
            redacted = _shorten(redacted)
        self.redacted: Mapping[str, str] = redacted
        self.secrets = tuple((part, part.encode(errors="replace")) for part in _parts(secrets))
        self.size = memory_size(redacted)
        self.is_framed = not _FRAMING.isdisjoint(self.headers)
        self.credentials: dict[tuple[str, str], tuple[str, str]] = {}
        self.hint: SandboxHint | None = None


class HeaderCache:
    """Parses heads, and caches those received twice: some clients never repeat one."""

    def __init__(self, declared: frozenset[str] = frozenset()) -> None:
        """`declared` are names, in lower case, that contracts have for credentials."""
        self._redactor = redaction.HeaderRedactor(declared)
        self._cache: dict[tuple[tuple[bytes, bytes], ...], RequestHeaders] = {}
        self._seen: set[int] = set()

    def read(self, raw: Raw) -> RequestHeaders:
        """Return the headers of pairs of lower-case names and values."""
        key = tuple(raw)
        head = self._cache.get(key)
        if head is None:
            head = RequestHeaders(raw, self._redactor)
            if sum(len(name) + len(value) for name, value in raw) <= MAX_CACHED_BYTES:
                self._remember(key, head)
        return head

    def _remember(self, key: tuple[tuple[bytes, bytes], ...], head: RequestHeaders) -> None:
        digest = hash(key)
        if digest in self._seen:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            self._cache[key] = head
        else:
            if len(self._seen) >= MAX_SEEN:
                self._seen.clear()
            self._seen.add(digest)


def memory_size(headers: Mapping[str, str]) -> int:
    """Return the approximate bytes of memory of recorded headers."""
    return _HEADER_OVERHEAD * len(headers) + _length(headers)


def _join(raw: Raw) -> dict[str, str]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    if len(headers) == len(raw):
        return headers
    joined: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined


def _length(headers: Mapping[str, str]) -> int:
    return len("".join(headers)) + len("".join(headers.values()))


def _shorten(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the first headers, with names and values truncated."""
    first = islice(headers.items(), MAX_RECORDED_HEADERS)
    return {name[:MAX_RECORDED_VALUE]: value[:MAX_RECORDED_VALUE] for name, value in first}


def _parts(secrets: Iterable[str]) -> Iterable[str]:
    """Yield secrets without their scheme, and for Basic the password alone."""
    for secret in secrets:
        scheme, _, rest = secret.partition(" ")
        parts = [(rest or scheme).strip()]
        if scheme.lower() == "basic":
            parts.append(read_basic(rest.strip()).partition(":")[2])
        yield from (part for part in parts if len(part) >= MIN_SECRET_LENGTH)
