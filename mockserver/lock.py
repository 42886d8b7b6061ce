"""The lock of the control plane: the token that it asks for, where it asks for one."""

from collections.abc import Mapping
from hmac import compare_digest

from mockserver.basic import read_basic
from mockserver.errors import Refusal

HEADER = "X-Mock-Token"

_OPEN = frozenset({"/_mock/health"})  # whoever watches over servers need not know the token
_CHALLENGE = 'Basic realm="control plane of the mock", charset="UTF-8"'


class Lock:
    """Asks for `token`; for nothing where it is None."""

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()

    def check(self, path: str, headers: Mapping[str, str]) -> bool:
        """Return whether the caller has proven to know the token, or is let in without.

        Raises:
            Refusal: 401, the token is missing or wrong.
        """
        if self._token is None:
            return False
        sent = _sent(headers)
        if sent and compare_digest(sent.encode(errors="replace"), self._token):
            return True
        if path in _OPEN:
            return True
        wrong = "not the right one" if sent else "missing"
        raise Refusal(
            401,
            f"The token of the control plane is {wrong}: send it as {HEADER}, as a bearer, or as "
            "the password of any user. The server was told it, or printed it, at its start.",
            field=HEADER,
            headers={"WWW-Authenticate": _CHALLENGE},
        )


def _sent(headers: Mapping[str, str]) -> str:
    """Return the token that a request carries; empty where there is none."""
    if sent := headers.get(HEADER.lower()):
        return sent
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            return read_basic(rest.strip()).partition(":")[2]
    return ""
