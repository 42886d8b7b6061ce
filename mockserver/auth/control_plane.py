"""Who may use the control plane: its token, and the hosts and origins it is served to."""

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from mockserver.errors import ApiError
from mockserver.http.headers import read_basic

TOKEN_HEADER = "X-Mock-Token"

_OPEN = frozenset({"/_mock/health"})  # whoever watches over servers need not know the token
_CHALLENGE = 'Basic realm="control plane of the mock", charset="UTF-8"'


class ControlTokenAuth:
    """Asks for `token`; for nothing where it is None."""

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()

    def check(self, path: str, headers: Mapping[str, str]) -> bool:
        """Return whether the caller has proven to know the token, or is let in without.

        Raises:
            ApiError: 401, the token is missing or wrong.
        """
        if self._token is None:
            return False
        sent = _sent(headers)
        if sent and compare_digest(sent.encode(errors="replace"), self._token):
            return True
        if path in _OPEN:
            return True
        wrong = "not the right one" if sent else "missing"
        raise ApiError(
            401,
            f"The token of the control plane is {wrong}: send it as {TOKEN_HEADER}, as a bearer, "
            "or as the password of any user. The server was told it, or printed it, at its start.",
            field=TOKEN_HEADER,
            headers={"WWW-Authenticate": _CHALLENGE},
        )


def _sent(headers: Mapping[str, str]) -> str:
    """Return the token that a request carries; empty where there is none."""
    if sent := headers.get(TOKEN_HEADER.lower()):
        return sent
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            return read_basic(rest.strip()).partition(":")[2]
    return ""


_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class HostOriginGuard:
    """Refuses requests that a page of another site, or DNS rebinding, could send.

    A loopback address and the names in `hosts` are served; `*` among them serves any name. Pages
    of `origins` may call besides the mock's own.
    """

    def __init__(self, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._hosts = _LOCAL | {host.lower().strip("[]") for host in hosts}
        self._origins = frozenset(origins)

    def check(self, headers: Mapping[str, str], *, proven: bool = False) -> None:
        """Return if the request may reach the control plane.

        `proven` is True if the sender knows the token, which no page can: then any Host is served.

        Raises:
            ApiError: 403, the Host is not served or the Origin is another site's.
        """
        host = headers.get("host", "")
        if not proven and not self._serves(_name(host)):
            message = f"The control plane is not served at {host[:100]} without --control-host."
            raise ApiError(403, message, field="Host")
        origin = headers.get("origin")
        if origin in self._origins:
            return
        # Browsers compare the origins themselves, and a proxy may have changed Host. They say so to
        # trustworthy URLs only, whose name cannot have been rebound.
        site = headers.get("sec-fetch-site")
        if site != "same-origin" and origin is not None and _host_and_port(origin) != host.lower():
            raise _other_site("Origin")
        if site in {"cross-site", "same-site"}:
            raise _other_site("Sec-Fetch-Site")

    def _serves(self, name: str) -> bool:
        return name in self._hosts or "*" in self._hosts or is_loopback(name)


def _other_site(field: str) -> ApiError:
    message = "The control plane takes orders from pages of other origins only by --control-origin."
    return ApiError(403, message, field=field)


def _host_and_port(origin: str) -> str | None:
    """Return host and port of an origin in lower case, or None if it is none (`null`, say)."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")  # of the DNS's root
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Tell whether an address, or a name below localhost, is one that only this machine reaches."""
    try:
        address = ip_address(name)
    except ValueError:
        return name.endswith(".localhost")  # RFC 6761, 6.3
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


class ControlPlaneAccess:
    """Lets requests into the control plane."""

    def __init__(self, token_auth: ControlTokenAuth, guard: HostOriginGuard) -> None:
        self._token_auth = token_auth
        self._guard = guard

    def check(self, path: str, headers: Mapping[str, str]) -> None:
        """Return if a request may enter.

        Raises:
            ApiError: 401 without the token, 403 from another host or origin.
        """
        proven = self._token_auth.check(path, headers)
        self._guard.check(headers, proven=proven)
