"""Redaction: placeholders stand for secrets in everything that is recorded."""

import base64
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, quote_plus

import orjson

TOKEN_FIELDS: Final = ("access_token", "refresh_token", "id_token")
_COOKIES: Final = frozenset({"set-cookie", "cookie", "set-cookie2", "proxy-authorization"})
_PLACEHOLDER: Final = re.compile(r"\$[A-Z][A-Z0-9_]*")


class Redactor:
    """Secrets by placeholder, in every encoding in which they may come back."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._encodings: list[tuple[str, str]] = []
        self._issued_tokens = 0

    def register(self, secret: str | None, placeholder: str) -> None:
        """Show `placeholder` for a secret from now on."""
        if not secret:
            return
        self._secrets.setdefault(placeholder, secret)
        registered = {encoded for encoded, _ in self._encodings}
        in_json = orjson.dumps(secret).decode()[1:-1]
        for encoded in {secret, quote(secret, safe=""), quote_plus(secret), in_json} - registered:
            self._encodings.append((encoded, placeholder))
        # The longest first, so that a secret wins over one that is a part of it.
        self._encodings.sort(key=lambda pair: len(pair[0]), reverse=True)

    def register_basic(self, id_: str, secret: str, placeholder: str) -> str:
        """Register the Basic credential of a client and return it in Base64."""
        credential = base64.b64encode(f"{id_}:{secret}".encode()).decode()
        self.register(credential, placeholder)
        return credential

    def redact(self, text: str) -> str:
        """Return `text` with placeholders for secrets."""
        for encoded, placeholder in self._encodings:
            text = text.replace(encoded, placeholder)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """Return `body` with placeholders for secrets."""
        for encoded, placeholder in self._encodings:
            body = body.replace(encoded.encode(), placeholder.encode())
        return body

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
            if isinstance(token, str) and token and token not in self._secrets.values():
                self._issued_tokens += 1
                self.register(token, f"{placeholder}_{self._issued_tokens}")
