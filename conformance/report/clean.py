"""Text that any reader can take: nothing that XML forbids."""

import re

_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Return `text` with a replacement for each character that XML 1.0 does not allow."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
