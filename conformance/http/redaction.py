"""Redaction: secrets become placeholders as they are recorded, in every spelling of theirs."""

import base64
import html
import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, quote_plus

import orjson

# Each begins with its mark, outside of groups: so a search skips the letters between the escapes,
# a fifth of the time of a run with long lists.
_PERCENT: Final = (
    r"%(?P<ascii>(?:25)*[0-7][0-9a-fA-F])"
    r"|%(?P<utf8>(?:25)*[89a-fA-F][0-9a-fA-F](?:%(?:25)*[89a-fA-F][0-9a-fA-F])*)"
)
_JSON: Final = (
    r"\\(?P<unicode>\\{0,3}u[dD][89abAB][0-9a-fA-F]{2}\\{1,4}u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\{0,3}u[0-9a-fA-F]{4})"
    r"|\\(?P<hex>\\{0,3}x[0-9a-fA-F]{2})"
)
_HTML: Final = r"&(?P<entity>(?:amp;)*(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z]{2,31};))"
_PAIR: Final = r"\\(?P<pair>[^\w\s&%])"
_SLASHES: Final = r"\\(?P<slashes>\\{0,3}(?=[^\w\s\\]))"
# The marks that a text must have for a reading, and what is an escape in it. A secret may itself
# look like an escape of another kind, and a backslash may stand for itself.
READINGS: Final = tuple(
    (marks, re.compile("|".join(kinds)))
    for marks, kinds in (
        ("%", (_PERCENT,)),
        ("&", (_HTML,)),
        ("\\", (_JSON,)),
        ("\\", (_JSON, _PAIR)),
        ("\\%&", (_PERCENT, _HTML, _JSON)),
        ("\\", (_PERCENT, _HTML, _JSON, _PAIR)),
        ("\\", (_PERCENT, _HTML, _JSON, _SLASHES)),
    )
)
_SHORTEST_PAIR: Final = len(r"\ud83d\ude00")
# Headers, paths and small bodies come again and again in a run.
_LONGEST_REMEMBERED: Final = 1000
_MAX_REMEMBERED: Final = 2000
# Fewer letters of Base64 could be there by chance.
_SHORTEST_CORE: Final = 8


def base64_cores(secret: str) -> frozenset[str]:
    """Return what Base64 makes of a secret at the three offsets, without letters of neighbours."""
    data, cores = secret.encode(errors="surrogatepass"), set()
    for offset in range(3):
        start, end = -(-offset * 8 // 6), (offset + len(data)) * 8 // 6
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            cores.add(alphabet(bytes(offset) + data).decode()[start:end])
    return frozenset(core for core in cores if len(core) >= _SHORTEST_CORE)


def readings(text: str) -> list[re.Pattern[str]]:
    """Return the ways to read the escapes in a text; none where it has no escape."""
    return [escapes for marks, escapes in READINGS if any(mark in text for mark in marks)]


class DecodedText:
    """A text without its escapes, which knows where each letter was."""

    def __init__(self, text: str, escapes: re.Pattern[str]) -> None:
        parts: list[str] = []
        self._starts: list[int] = []  # in the decoded text
        self._sources: list[tuple[int, int, bool]] = []  # start and end in `text`; an escape?
        length = position = 0
        for match in escapes.finditer(text):
            for part, source in (
                (text[position : match.start()], (position, match.start(), False)),
                (_decode(match), (*match.span(), True)),
            ):
                if part:
                    self._starts.append(length)
                    self._sources.append(source)
                    parts.append(part)
                    length += len(part)
            position = match.end()
        self._starts.append(length)
        self._sources.append((position, len(text), False))
        self.text = "".join([*parts, text[position:]])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where `text[start:end]` is in the text with escapes."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, index: int) -> tuple[int, int]:
        piece = bisect_right(self._starts, index) - 1
        start, end, is_escape = self._sources[piece]
        if is_escape:
            return start, end
        start += index - self._starts[piece]
        return start, start + 1


def _utf16(text: str) -> str:
    if len(text) < _SHORTEST_PAIR:  # half of the time of a long list with escapes
        return chr(int(text[-4:], 16))
    units = "".join(re.findall("u([0-9a-fA-F]{4})", text))
    return bytes.fromhex(units).decode("utf-16-be", "surrogatepass")


def _decode(match: re.Match[str]) -> str:
    text = match[0]
    if match.lastgroup == "pair":
        return text[1:]
    if match.lastgroup == "slashes":
        return ""
    if match.lastgroup == "entity":
        return html.unescape(re.sub("&(?:amp;)+", "&", text) if text != "&amp;" else text)
    if match.lastgroup == "unicode":
        return _utf16(text)
    if match.lastgroup == "hex":
        return chr(int(text[-2:], 16))
    octets = re.findall("%(?:25)*([0-9a-fA-F]{2})", text)
    return bytes.fromhex("".join(octets)).decode(errors="replace")


TOKEN_FIELDS: Final = ("access_token", "refresh_token", "id_token")
_COOKIES: Final = frozenset({"set-cookie", "cookie", "set-cookie2", "proxy-authorization"})
_PLACEHOLDER: Final = re.compile(r"\$[A-Z][A-Z0-9_]*")

_URL_PLACEHOLDER: Final = "$URL_SECRET"
# What is shorter is no secret, and would be found in words that have nothing to do with it.
_SHORTEST_SECRET: Final = 8
_URL_SECRET: Final = re.compile(
    r"(?:[?&;]|%3[fF]|%26|\\u0026|\\u003[fF])"
    r"(?:x-(?:amz|goog|oss|cos)-(?:signature|security-token|credential)|sig|signature|awsaccesskeyid|"
    r"key-pair-id|policy|hdnea|hmac|(?:access_|id_|refresh_|auth_?|session_?|security_?)?token|"
    r"(?:php|asp\.net_)?sess(?:ion)?_?(?:id|key)|jsessionid|sid|jwt|api_?key)"
    r"(?:=|%3[dD]|\\u003[dD])"
    r"(?P<value>(?:(?!%26)[^\s\"'<>#&;,\\]|\\/|\\u002[bBfF]|\\u003[dD])+)",
    re.IGNORECASE,
)


class Redactor:
    """Secrets by placeholder, in every encoding in which they may come back."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._encodings: list[tuple[str, str]] = []
        self._issued_tokens = 0
        self._url_secrets = 0
        self._redacted: dict[str, str] = {}

    def register(self, secret: str | None, placeholder: str) -> None:
        """Show `placeholder` for a secret from now on."""
        if not secret:
            return
        self._secrets.setdefault(placeholder, secret)
        registered = {encoded for encoded, _ in self._encodings}
        in_json = orjson.dumps(secret).decode()[1:-1]
        escaped = {secret, quote(secret, safe=""), quote_plus(secret), in_json}
        for encoded in escaped | base64_cores(secret) - registered:
            self._encodings.append((encoded, placeholder))
        self._redacted.clear()
        # The longest first, so that a secret wins over one that is a part of it.
        self._encodings.sort(key=lambda pair: len(pair[0]), reverse=True)

    def register_basic(self, id_: str, secret: str, placeholder: str) -> str:
        """Register the Basic credential of a client and return it in Base64."""
        credential = base64.b64encode(f"{id_}:{secret}".encode()).decode()
        self.register(credential, placeholder)
        return credential

    def redact(self, text: str) -> str:
        """Return `text` with placeholders for secrets."""
        known = self._redacted.get(text)
        if known is not None:
            return known
        self._register_url_secrets(text)
        redacted = text
        for encoded, placeholder in self._encodings:
            redacted = redacted.replace(encoded, placeholder)
        for escapes in readings(redacted):
            redacted = self._redact_escaped(redacted, escapes)
        if len(text) <= _LONGEST_REMEMBERED:
            if len(self._redacted) >= _MAX_REMEMBERED:
                self._redacted.clear()
            self._redacted[text] = redacted
        return redacted

    def _redact_escaped(self, text: str, escapes: re.Pattern[str]) -> str:
        plain = escapes.sub(_decode, text)
        if not any(encoded in plain for encoded, _ in self._encodings):
            return text
        decoded = DecodedText(text, escapes)
        for encoded, placeholder in self._encodings:
            while (start := decoded.text.find(encoded)) >= 0:
                begin, end = decoded.span(start, start + len(encoded))
                text = f"{text[:begin]}{placeholder}{text[end:]}"
                decoded = DecodedText(text, escapes)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """Return `body` with placeholders for secrets."""
        return self.redact(body.decode(errors="surrogateescape")).encode(errors="surrogateescape")

    def _register_url_secrets(self, text: str) -> None:
        """Register the signatures and session tokens of URLs: whoever has them has the file."""
        for match in _URL_SECRET.finditer(text):
            value = match["value"]
            is_known = _PLACEHOLDER.match(value) or value in self._secrets.values()
            if len(value) >= _SHORTEST_SECRET and not is_known:
                self._url_secrets += 1
                self.register(value, f"{_URL_PLACEHOLDER}_{self._url_secrets}")

    def restore_url(self, url: str) -> str:
        """Return the URL of a file with its own signature: never with a credential."""
        return _PLACEHOLDER.sub(
            lambda match: (
                self._secrets.get(match[0], match[0])
                if match[0].startswith(_URL_PLACEHOLDER)
                else match[0]
            ),
            url,
        )

    def redact_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with placeholders for secrets, and without cookies."""
        return {
            name: "$COOKIE" if name.lower() in _COOKIES else self.redact(value)
            for name, value in headers.items()
        }

    def restore(self, text: str) -> str:
        """Return `text` with the secrets of its placeholders: for sending only."""
        return _PLACEHOLDER.sub(lambda match: self._secrets.get(match[0], match[0]), text)

    def register_tokens(self, body: bytes, placeholder: str) -> None:
        """Register the tokens in a token operation's response as `placeholder`_1, _2, …"""
        try:
            fields = orjson.loads(body)
        except ValueError:
            return
        for name in TOKEN_FIELDS:
            token = fields.get(name) if isinstance(fields, dict) else None
            if not isinstance(token, str) or len(token) < _SHORTEST_SECRET:
                continue
            if token not in self._secrets.values():
                self._issued_tokens += 1
                self.register(token, f"{placeholder}_{self._issued_tokens}")
