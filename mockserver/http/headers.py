"""Header values that are lists of directives: `name=value; option=value, another`."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from mockserver.journal import redaction

MAX_CACHED_BYTES = 2048
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
    if len(text) > MAX_CACHED_BYTES:
        raise ValueError(f"is longer than {MAX_CACHED_BYTES} characters")
    groups: list[list[Directive]] = [[]]
    for directive, end in _scan(text):
        groups[-1].append(directive)
        if end == ",":
            groups.append([])
    return groups


def _scan(text: str) -> Iterator[tuple[Directive, str]]:
    place, end = 0, ""
    while place < len(text):
        found = _DIRECTIVE.match(text, place)
        if found is None:
            raise ValueError(f"cannot be read from {text[place : place + 20]!r} on")
        end = found["end"]
        yield (found["name"], _unquoted(found["value"])), end
        place = found.end()
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


LONGEST_HEAD, MOST_HEADERS, LONGEST_VALUE = 8192, 64, 128
"""Characters of all headers together, and headers, beyond which each is kept cut to so many."""

SHORTEST_SECRET = 4
"""Characters below which a secret is not looked for in other places: too much would match."""

MOST_HEADS, MOST_MET, LARGEST = 256, 4096, 2048
"""How many heads are remembered and how many known to have come, and the bytes of one at most."""

_HEADER = 100
"""Bytes that a header weighs besides its text (measured)."""

Raw = list[tuple[bytes, bytes]]


class SandboxHint(NamedTuple):
    """The sandbox that a header names, and those that credentials may be marked with."""

    name: str | None
    marks: tuple[str, ...]


class RequestHeaders:
    """A request's headers.

    `headers` are by lower-case name, those that stand twice joined by a comma; `kept` are they as
    a journal may keep them, and `weight` the bytes that this takes. `secrets` are the texts that
    are nowhere to be kept, each as bytes too. `credentials` and `wish` are for those who read
    credentials and the wish for a sandbox in it: they need not do it again.
    """

    __slots__ = ("credentials", "headers", "kept", "secrets", "weight", "wish")

    def __init__(self, raw: Raw, redacted: redaction.HeaderRedactor) -> None:
        self.headers = _join(raw)
        kept, secrets = redacted.redact(self.headers)
        if len(kept) > MOST_HEADERS or _length(kept) > LONGEST_HEAD:
            kept = _shorten(kept)
        self.kept: Mapping[str, str] = kept
        self.secrets = tuple((part, part.encode(errors="replace")) for part in _parts(secrets))
        self.weight = memory_size(kept)
        self.credentials: dict[tuple[str, str], tuple[str, str]] = {}
        self.wish: SandboxHint | None = None


class HeaderCache:
    """Reads heads, and remembers those that came twice: some clients never send one again."""

    def __init__(self) -> None:
        self._redacted = redaction.HeaderRedactor()
        self._known: dict[tuple[tuple[bytes, bytes], ...], RequestHeaders] = {}
        self._met: set[int] = set()

    def read(self, raw: Raw) -> RequestHeaders:
        """Return the head that a server gives as pairs of names, in lower case, and values."""
        key = tuple(raw)
        head = self._known.get(key)
        if head is None:
            head = RequestHeaders(raw, self._redacted)
            if sum(len(name) + len(value) for name, value in raw) <= LARGEST:
                self._remember(key, head)
        return head

    def _remember(self, key: tuple[tuple[bytes, bytes], ...], head: RequestHeaders) -> None:
        mark = hash(key)
        if mark in self._met:
            if len(self._known) >= MOST_HEADS:
                self._known.clear()
            self._known[key] = head
        else:
            if len(self._met) >= MOST_MET:
                self._met.clear()
            self._met.add(mark)


def memory_size(headers: Mapping[str, str]) -> int:
    """Return the bytes that headers weigh in a journal, about."""
    return _HEADER * len(headers) + _length(headers)


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
    first = islice(headers.items(), MOST_HEADERS)
    return {name[:LONGEST_VALUE]: value[:LONGEST_VALUE] for name, value in first}


def _parts(secrets: Iterable[str]) -> Iterable[str]:
    """Yield what of secret headers may turn up elsewhere: without scheme, and without client."""
    for secret in secrets:
        scheme, _, rest = secret.partition(" ")
        parts = [(rest or scheme).strip()]
        if scheme.lower() == "basic":
            parts.append(read_basic(rest.strip()).partition(":")[2])
        yield from (part for part in parts if len(part) >= SHORTEST_SECRET)
