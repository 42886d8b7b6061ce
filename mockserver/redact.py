"""Takes secrets out of headers, query strings and bodies before anything keeps them."""

import re
from collections.abc import Iterable, Mapping

REDACTED = "[redacted]"

_NAMES = "authorization|cookie|api_?-?key|token|secret|password|passwd|credential"
_NAME = re.compile(_NAMES, re.IGNORECASE)
_QUERY = re.compile(rf"((?:^|&)[^=&]*(?:{_NAMES})[^=&]*=)[^&]+", re.IGNORECASE)
_FORM = re.compile(rf"((?:^|&)[^=&{{]*(?:{_NAMES})[^=&]*=)[^&]+".encode(), re.IGNORECASE)
_JSON = re.compile(
    rf'("[^"]*(?:{_NAMES})[^"]*"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^",}}\]\s]+)'.encode(), re.IGNORECASE
)


def is_secret(name: str) -> bool:
    """Tell whether a header, parameter or member of this name holds a secret."""
    return _NAME.search(name) is not None


def has_secret(names: Iterable[str]) -> bool:
    """Tell whether one of the names is a secret's."""
    return any(is_secret(name) for name in names)


class Headers:
    """Redacts headers; remembers which names are secret, for they are few and come again."""

    def __init__(self, most: int = 500) -> None:
        self._verdicts: dict[str, bool] = {}
        self._most = most

    def redact(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return a copy of `headers` without its secrets."""
        return {
            name: REDACTED if self._is_secret(name) else value for name, value in headers.items()
        }

    def _is_secret(self, name: str) -> bool:
        verdict = self._verdicts.get(name)
        if verdict is None:
            verdict = is_secret(name)
            if len(self._verdicts) < self._most:
                self._verdicts[name] = verdict
        return verdict


def query(text: str) -> str:
    """Return a query string without the values of its secrets."""
    return _QUERY.sub(rf"\1{REDACTED}", text) if text else text


def body(raw: bytes) -> bytes:
    """Return a JSON or form body without the values of its secrets."""
    replaced = _JSON.sub(rb'\1"%s"' % REDACTED.encode(), raw)
    return _FORM.sub(rb"\1%s" % REDACTED.encode(), replaced)
