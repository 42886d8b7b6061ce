"""Header values that are lists of directives: `name=value; option=value, another`."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from mockserver.journal import redaction

MAX_DIRECTIVES_LENGTH = 2048
"""Characters of such a value; more is refused."""

_DIRECTIVE = re.compile(
    r'\s*(?P<name>[^\s=;,"]+)\s*(?:=\s*(?P<value>"(?:[^"\\]|\\.)*"|[^;,"]*))?\s*(?P<end>[;,]|$)'
)
_ESCAPED = re.compile(r"\\(.)")

Directive = tuple[str, str | None]
"""A name, and the text after its `=` without quotes; None where there is no `=`."""


def read_directives(text: str) -> list[list[Directive]]:
    """Return what commas part, each as the directives that semicolons part.

    Raises:
        ValueError: the text is no such list; the message says from where on.
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
            raise ValueError(f"cannot be read from {text[position : position + 20]!r} on")
        end = match["end"]
        yield (match["name"], _unquoted(match["value"])), end
        position = match.end()
    if end or not text:
        raise ValueError("ends where something should follow")


def _unquoted(value: str | None) -> str | None:
    if value is None or not value.startswith('"'):
        return value and value.strip()
    return _ESCAPED.sub(r"\1", value[1:-1])


def read_basic(encoded: str) -> str:
    """Return `id:secret` of HTTP Basic (RFC 7617); empty, which nobody has, if it is malformed."""
    try:
        return b64decode(encoded, validate=True).decode()
    except ValueError:  # not base64, not even ASCII, or not UTF-8
        return ""


MAX_RECORDED_LENGTH, MAX_RECORDED_HEADERS, MAX_RECORDED_VALUE = 8192, 64, 128
"""Characters of all headers together, and headers, beyond which each is kept cut to so many."""

MIN_SECRET_LENGTH = 4
"""Characters below which a secret is not looked for in other places: too much would match."""

MAX_CACHED, MAX_SEEN, MAX_CACHED_BYTES = 256, 4096, 2048
"""How many heads are remembered and how many known to have come, and the bytes of one at most."""

_HEADER_OVERHEAD = 100
"""Bytes that a header weighs besides its text (measured)."""

Raw = list[tuple[bytes, bytes]]


class SandboxHint(NamedTuple):
    """The sandbox that a header names, and those that credentials may be marked with."""

    name: str | None
    tags: tuple[str, ...]


class RequestHeaders:
    """A request's headers.

    `headers` are by lower-case name, those that stand twice joined by a comma; `kept` are they as
    a journal may keep them, and `weight` the bytes that this takes. `secrets` are the texts that
    are nowhere to be kept, each as bytes too. `credentials` and `wish` are for those who read
    credentials and the wish for a sandbox in it: they need not do it again.
    """

    __slots__ = ("credentials", "headers", "hint", "redacted", "secrets", "size")

    def __init__(self, raw: Raw, redactor: redaction.HeaderRedactor) -> None:
        self.headers = _join(raw)
        redacted, secrets = redactor.redact(self.headers)
        if len(redacted) > MAX_RECORDED_HEADERS or _length(redacted) > MAX_RECORDED_LENGTH:
            redacted = _shorten(redacted)
        self.redacted: Mapping[str, str] = redacted
        self.secrets = tuple((part, part.encode(errors="replace")) for part in _parts(secrets))
        self.size = memory_size(redacted)
        self.credentials: dict[tuple[str, str], tuple[str, str]] = {}
        self.hint: SandboxHint | None = None


class HeaderCache:
    """Reads heads, and remembers those that came twice: some clients never send one again."""

    def __init__(self) -> None:
        self._redactor = redaction.HeaderRedactor()
        self._cache: dict[tuple[tuple[bytes, bytes], ...], RequestHeaders] = {}
        self._seen: set[int] = set()

    def read(self, raw: Raw) -> RequestHeaders:
        """Return the head that a server gives as pairs of names, in lower case, and values."""
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
    """Return the bytes that headers weigh in a journal, about."""
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
    """Return the first of very many or very long headers, each of them cut."""
    first = islice(headers.items(), MAX_RECORDED_HEADERS)
    return {name[:MAX_RECORDED_VALUE]: value[:MAX_RECORDED_VALUE] for name, value in first}


def _parts(secrets: Iterable[str]) -> Iterable[str]:
    """Yield what of secret headers may turn up elsewhere: without scheme, and without client."""
    for secret in secrets:
        scheme, _, rest = secret.partition(" ")
        parts = [(rest or scheme).strip()]
        if scheme.lower() == "basic":
            parts.append(read_basic(rest.strip()).partition(":")[2])
        yield from (part for part in parts if len(part) >= MIN_SECRET_LENGTH)
