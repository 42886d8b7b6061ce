"""Keeps secrets out of everything that is recorded: a placeholder stands where a secret stood."""

import base64
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, quote_plus

import orjson

TOKEN_FIELDS: Final = ("access_token", "refresh_token", "id_token")
_COOKIES: Final = frozenset({"set-cookie", "cookie", "set-cookie2", "proxy-authorization"})


class Redactor:
    """Secrets by placeholder, in every spelling in which they may come back."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._spellings: list[tuple[str, str]] = []
        self._issued = 0

    def register(self, secret: str | None, placeholder: str) -> None:
        """Remember a secret; from now on `placeholder` is shown for it."""
        if not secret:
            return
        self._secrets.setdefault(placeholder, secret)
        known = {spelling for spelling, _ in self._spellings}
        for spelling in {secret, quote(secret, safe=""), quote_plus(secret), _json_text(secret)}:
            if spelling not in known:
                self._spellings.append((spelling, placeholder))
        self._spellings.sort(key=lambda pair: len(pair[0]), reverse=True)  # a part never wins

    def register_basic(self, id_: str, secret: str, placeholder: str) -> str:
        """Remember the Basic credential of a client and return it in Base64."""
        pair = base64.b64encode(f"{id_}:{secret}".encode()).decode()
        self.register(pair, placeholder)
        return pair

    def redact(self, text: str) -> str:
        """Return `text` with placeholders for secrets."""
        for spelling, placeholder in self._spellings:
            if spelling in text:
                text = text.replace(spelling, placeholder)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """Return `body` with placeholders for secrets."""
        for spelling, placeholder in self._spellings:
            secret = spelling.encode()
            if secret in body:
                body = body.replace(secret, placeholder.encode())
        return body

    def redact_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with placeholders for secrets, and without cookies."""
        return {
            name: "$COOKIE" if name.lower() in _COOKIES else self.redact(value)
            for name, value in headers.items()
        }

    def restore(self, text: str) -> str:
        """Return `text` with the secrets of its placeholders: for sending only."""
        return _PLACEHOLDER.sub(lambda found: self._secrets.get(found[0], found[0]), text)

    def register_tokens(self, body: bytes, placeholder: str) -> None:
        """Remember the tokens in the answer of a token operation as `placeholder`_1, _2, …"""
        try:
            answer = orjson.loads(body)
        except ValueError:
            return
        for name in TOKEN_FIELDS:
            token = answer.get(name) if isinstance(answer, dict) else None
            if isinstance(token, str) and token and token not in self._secrets.values():
                self._issued += 1
                self.register(token, f"{placeholder}_{self._issued}")


_PLACEHOLDER = re.compile(r"\$[A-Z][A-Z0-9_]*")


def _json_text(secret: str) -> str:
    return orjson.dumps(secret).decode()[1:-1]
