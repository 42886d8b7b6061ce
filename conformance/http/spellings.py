"""Other spellings of a text: escapes of URLs, JSON and HTML, and Base64 at each offset."""

import base64
import html
import re
from bisect import bisect_right
from typing import Final

_PERCENT: Final = (
    r"(?P<ascii>%(?:25)*[0-7][0-9a-fA-F])|(?P<utf8>(?:%(?:25)*[89a-fA-F][0-9a-fA-F])+)"
)
_JSON: Final = (
    r"(?P<unicode>\\{1,4}u[dD][89abAB][0-9a-fA-F]{2}\\{1,4}u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\{1,4}u[0-9a-fA-F]{4})"
    r"|(?P<hex>\\{1,4}x[0-9a-fA-F]{2})"
)
_HTML: Final = r"(?P<entity>&(?:amp;)*(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z]{2,31};))"
_PAIR: Final = r"(?P<pair>\\[^\w\s&%])"
_SLASHES: Final = r"(?P<slashes>\\{1,4}(?=[^\w\s\\]))"
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


def _decode(match: re.Match[str]) -> str:
    text = match[0]
    if match.lastgroup == "pair":
        return text[1:]
    if match.lastgroup == "slashes":
        return ""
    if match.lastgroup == "entity":
        return html.unescape(re.sub("&(?:amp;)+", "&", text) if text != "&amp;" else text)
    if match.lastgroup == "unicode":
        units = "".join(re.findall("u([0-9a-fA-F]{4})", text))
        return bytes.fromhex(units).decode("utf-16-be", "surrogatepass")
    if match.lastgroup == "hex":
        return chr(int(text[-2:], 16))
    octets = re.findall("%(?:25)*([0-9a-fA-F]{2})", text)
    return bytes.fromhex("".join(octets)).decode(errors="replace")
