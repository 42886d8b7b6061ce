"""Keeps web pages away from the control plane: no foreign Host, no other site's Origin."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from mockserver.errors import Refusal

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """Refuses what a page of another site, or a name bent to this machine, could send.

    A loopback address and the names in `hosts` are served; `*` among them serves any name.
    """

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._hosts = _LOCAL | {host.lower().strip("[]") for host in hosts}

    def check(self, headers: Mapping[str, str], *, proven: bool = False) -> None:
        """Return if the request may reach the control plane.

        `proven` tells that its sender knows the token, which no page can: then any Host will do.

        Raises:
            Refusal: 403, the Host is not served or the Origin is another site's.
        """
        host = headers.get("host", "")
        if not proven and not self._serves(_name(host)):
            raise Refusal(403, f"The control plane is not served at {host[:100]}.", field="Host")
        origin = headers.get("origin")
        if origin is not None and _place(origin) != host.lower():
            raise Refusal(
                403, "The control plane takes no orders from other sites.", field="Origin"
            )
        if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            raise Refusal(
                403, "The control plane takes no orders from other sites.", field="Sec-Fetch-Site"
            )

    def _serves(self, name: str) -> bool:
        return name in self._hosts or "*" in self._hosts or is_loopback(name)


def _place(origin: str) -> str | None:
    """Return host and port of an origin in lower case, or None if it is none (`null`, say)."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Tell whether an address is one that only this machine reaches."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
