"""HTTP Basic, as RFC 7617 has it."""

from base64 import b64decode
from binascii import Error as Base64Error


def read_basic(encoded: str) -> str:
    """Return `id:secret` of HTTP Basic; empty, which nobody has, if it cannot be read."""
    try:
        return b64decode(encoded, validate=True).decode()
    except (Base64Error, UnicodeError):
        return ""
