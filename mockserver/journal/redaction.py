"""Removes secrets from headers, query strings and bodies before they are recorded."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlsplit, urlunsplit

import orjson

REDACTED = "[redacted]"

WITHHELD = b"[withheld: it may hold a secret and cannot be read]"
"""Replaces a whole body that may hold a secret but cannot be parsed."""

_NAMES = (
    r"authorization|cookie|token(?!_?type)|secret|password|passwd|passphrase|pwd|credential"
    r"|assertion|signature(?![a-z])|jwt|saml|code[-_]?verifier|api[-_ ]?key|access[-_ ]?key"
    r"|subscription[-_ ]?key|functions[-_ ]?key|master[-_ ]?key|private[-_ ]?key|shared[-_ ]?key"
    r"|account[-_ ]?key|auth(?<![a-z0-9]auth)(?![a-z0-9])|sig(?<![a-z0-9]sig)(?![a-z0-9])"
)
# In a URL or a form these are secrets too; members of such names seldom are.
_URL_NAMES = r"code|ticket|sid|sess(?:ion)?[-_]?id"
_JWT = r"eyj(?<![a-z0-9_-]eyj)[a-z0-9_-]{8,}\.eyj"  # two JSON objects in base64, in lower case
_NAME = re.compile(_NAMES, re.IGNORECASE)
_URL_NAME = re.compile(rf"(?:php|j|asp)?(?:{_URL_NAMES})", re.IGNORECASE)
_IN_TEXT = re.compile(rf"{_NAMES}|(?:^|[?&;])(?:{_URL_NAMES})=", re.IGNORECASE)
_MENTIONED = re.compile(
    rf"{_NAMES}|bearer |basic |{_JWT}|:(?:\\?/){{2}}[^/?\s]{{1,200}}@", re.IGNORECASE
)

# Whatever holds a secret has one of these, in lower case. Few letters begin them, all of them rare
# but for what must be, because every body is searched.
_HINTS = (
    r"a(?:uth|ssert|pi)|b(?:earer |asic )|c(?:ook|redential|ode[-_]?v|ode=)|jwt|key|p(?:ass[wp]|wd)"
    r"|s(?:ecret|ig|aml|id=|ess)|t(?:oken|icket=)|yj|@|\\u|\0"
)
_HINT_IN_BODY = re.compile(_HINTS.encode())
_HINT_IN_QUERY = re.compile(rf"{_HINTS}|[%+]")
_URL_HEADER = re.compile(
    r"^(referer|location|content-location|link|refresh|destination)$|ur[il]$", re.IGNORECASE
)
_URL_DETAILS = re.compile(r"[@?#\[;]")
_SPACE = re.compile(r"\s")
_TOKEN = re.compile(rf"^(?:bearer|basic|digest|apikey)\s|{_JWT}", re.IGNORECASE)
_TOKEN_STARTS = ("eyJ", "Bearer ", "bearer ", "Basic ", "basic ")


MAX_CACHED_NAME = 64
"""Maximum length of a header name in the cache."""


def is_secret(name: str) -> bool:
    """Return True if a header, parameter or member of this name holds a secret."""
    return _NAME.search(name) is not None


def is_secret_parameter(name: str, declared: Collection[str] = ()) -> bool:
    """Return True if a parameter of a URL or a form holds a secret.

    `declared` are names, in lower case, that a contract has for credentials.
    """
    return bool(is_secret(name) or _URL_NAME.fullmatch(name) or name.lower() in declared)


def has_secret(names: Iterable[str]) -> bool:
    """Return True if one of the names is that of a secret."""
    return any(is_secret(name) for name in names)


class HeaderRedactor:
    """Redacts headers; caches names that need no redaction, which are few and recur.

    `declared` are names, in lower case, that a contract has for credentials.
    """

    def __init__(self, declared: Collection[str] = (), max_names: int = 500) -> None:
        self._declared = declared
        self._plain: set[str] = set()
        self._max_names = max_names

    def redact(self, headers: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Return a copy of `headers` without its secrets, and the secrets that were in it."""
        redacted, plain = dict(headers), self._plain
        secrets: list[str] = []
        for name, value in headers.items():
            is_token = value.startswith(_TOKEN_STARTS)
            if name in plain and not is_token:
                continue
            if is_token or is_secret(name) or name.lower() in self._declared:
                secrets.append(value)
                redacted[name] = REDACTED
            elif _URL_HEADER.search(name):
                redacted[name] = redact_url(value, self._declared)
            elif len(plain) < self._max_names and len(name) <= MAX_CACHED_NAME:
                plain.add(name)
        return redacted, secrets


def redact_url(text: str, declared: Collection[str] = ()) -> str:
    """Return a URL without user, password and the values of secret parameters."""
    if not _URL_DETAILS.search(text):  # most are a path
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return REDACTED
    host, query = parts.netloc.rpartition("@")[2], redact_query(parts.query, declared)
    path = redact_path(parts.path, declared)
    return urlunsplit(parts._replace(netloc=host, path=path, query=query, fragment=""))


def redact_path(text: str, declared: Collection[str] = ()) -> str:
    """Return a path without the values of secret parameters, which begin with `;`."""
    if ";" not in text:
        return text
    return "/".join(
        ";".join(_pair(pair, declared) if at else pair for at, pair in enumerate(part.split(";")))
        for part in text.split("/")
    )


def redact_query(text: str, declared: Collection[str] = ()) -> str:
    """Return a query string or a form without the values of its secrets."""
    if not declared and _HINT_IN_QUERY.search(text.lower()) is None:
        return text
    return "&".join(_pair(pair, declared) for pair in text.split("&"))


def redact_body(raw: bytes, max_bytes: int) -> bytes:
    """Return the first `max_bytes` bytes of a JSON or form body, its secrets redacted.

    A body that seems to hold a secret, but is neither JSON nor a form, is withheld.
    """
    head = raw[:max_bytes]
    is_json = head.lstrip()[:1] in {b"{", b"[", b'"'}
    if (is_json or b"=" not in head) and _HINT_IN_BODY.search(head.lower()) is None:
        return head
    if b"\0" in head:
        return WITHHELD[:max_bytes]
    if is_json:
        return _json(raw)[:max_bytes]
    return _form(raw)[:max_bytes]


def _pair(pair: str, declared: Collection[str]) -> str:
    name, equals, value = pair.partition("=")
    if not is_secret_parameter(_decoded(name), declared) and not _holds_secret(_decoded(value)):
        return pair
    return f"{name}={REDACTED}" if equals else REDACTED


def _decoded(text: str) -> str:
    """Return a text without percent-encoding; a URL within a URL has it twice."""
    for _ in range(3):
        if "%" not in text and "+" not in text:
            break
        text = unquote_plus(text)
    return text


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
    if isinstance(content, str):
        return _text(content)
    return content


def _text(text: str) -> str:
    if text.startswith(("/", "http://", "https://")) and not _SPACE.search(text):
        url = redact_url(text)
        return REDACTED if _holds_secret(url.partition("?")[0]) else url
    return REDACTED if _holds_secret(text) else text


def _holds_secret(text: str) -> bool:
    """Return True if a text is a token, or looks like JSON, a form or a URL with a secret in it."""
    has_names = "=" in text or '":' in text
    return bool(_TOKEN.search(text) or (has_names and _IN_TEXT.search(text)))


def _form(raw: bytes) -> bytes:
    if not raw.isascii() or re.search(rb"[<>{}\s]", raw):
        return WITHHELD if _MENTIONED.search(raw.decode("latin-1")) else raw
    return redact_query(raw.decode("ascii")).encode()
