"""Removes secrets from headers, query strings and bodies before they are recorded."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlsplit, urlunsplit

import orjson

REDACTED = "[redacted]"

WITHHELD = b"[withheld: it may hold a secret and cannot be read]"
"""Replaces a whole body that may hold a secret but cannot be parsed."""

# Each begins with a letter, so that a search need not try them all at each position.
_NAMES = (
    r"authorization|cookie|api[-_ ]?key|token(?!_?type)|secret|password|passwd|pwd|credential"
    r"|assertion|auth(?<![^-_.]auth)(?![^-_.\n])"
)
_NAME = re.compile(_NAMES, re.IGNORECASE)
_MENTIONED = re.compile(rf"{_NAMES}|bearer |basic ".encode(), re.IGNORECASE)
_SUSPICIOUS = re.compile(rb"%s|\\u|%%|\0" % _MENTIONED.pattern)  # of text in lower case
_URL_HEADER = re.compile(r"^(referer|location|content-location|link)$|ur[il]$", re.IGNORECASE)
_URL_DETAILS = re.compile(r"[@?#\[]")
_SCHEME = re.compile(r"^(bearer|basic|digest|apikey)\s", re.IGNORECASE)


MAX_CACHED_NAME = 64
"""Maximum length of a header name in the cache."""


def is_secret(name: str) -> bool:
    """Return True if a header, parameter or member of this name holds a secret."""
    return _NAME.search(name) is not None


def has_secret(names: Iterable[str]) -> bool:
    """Return True if one of the names is that of a secret."""
    return any(is_secret(name) for name in names)


class HeaderRedactor:
    """Redacts headers; caches names that need no redaction, which are few and recur."""

    def __init__(self, max_names: int = 500) -> None:
        self._plain: set[str] = set()
        self._max_names = max_names

    def redact(self, headers: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Return a copy of `headers` without its secrets, and the secrets that were in it."""
        redacted, plain = dict(headers), self._plain
        secrets: list[str] = []
        for name in headers:
            if name in plain:
                continue
            if is_secret(name):
                secrets.append(redacted[name])
                redacted[name] = REDACTED
            elif _URL_HEADER.search(name):
                redacted[name] = redact_url(redacted[name])
            elif len(plain) < self._max_names and len(name) <= MAX_CACHED_NAME:
                plain.add(name)
        return redacted, secrets


def redact_url(text: str) -> str:
    """Return a URL without user, password and the values of secret parameters."""
    if not _URL_DETAILS.search(text):  # most are a path
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return REDACTED
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host, query=redact_query(parts.query), fragment=""))


def redact_query(text: str) -> str:
    """Return a query string or a form without the values of its secrets."""
    if not text or ("%" not in text and _NAME.search(text) is None):
        return text
    return "&".join(map(_pair, text.split("&")))


def redact_body(raw: bytes, max_bytes: int) -> bytes:
    """Return the first `max_bytes` bytes of a JSON or form body, its secrets redacted.

    A body that seems to hold a secret, but is neither JSON nor a form, is withheld.
    """
    head = raw[:max_bytes]
    if _SUSPICIOUS.search(head.lower()) is None:
        return head
    if b"\0" in head:
        return WITHHELD[:max_bytes]
    if head.lstrip()[:1] in {b"{", b"[", b'"'}:
        return _json(raw)[:max_bytes]
    return _form(raw)[:max_bytes]


def _pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    if not is_secret(unquote_plus(name)):
        return pair
    return f"{name}={REDACTED}" if equals else REDACTED


def _json(raw: bytes) -> bytes:
    try:
        content = orjson.loads(raw)
        redacted = _without_secrets(content)
        return raw if redacted == content else orjson.dumps(redacted)
    except (ValueError, TypeError, RecursionError):  # not JSON, or nested too deeply
        return WITHHELD


def _without_secrets(content: Any) -> Any:
    if isinstance(content, dict):
        return {
            name: REDACTED if value and is_secret(name) else _without_secrets(value)
            for name, value in content.items()
        }
    if isinstance(content, list):
        return [_without_secrets(item) for item in content]
    if isinstance(content, str) and (_SCHEME.match(content) or _may_hold_secret(content)):
        return REDACTED
    return content


def _may_hold_secret(text: str) -> bool:
    """Return True if a string looks like JSON or a form with a secret in it."""
    return ("=" in text or '":' in text) and is_secret(text)


def _form(raw: bytes) -> bytes:
    if not raw.isascii() or re.search(rb"[<>{}\s]", raw):
        return WITHHELD if _MENTIONED.search(raw) else raw
    return redact_query(raw.decode("ascii")).encode()
