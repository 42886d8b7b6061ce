"""The sockets that a server listens on: one for each address of its host."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from errno import EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT
from ipaddress import ip_address
from typing import Any

from mockserver.errors import ConfigurationError

BACKLOG = 2048

_ATTEMPTS = 20
"""Free ports that are tried until one is free at every address."""


@dataclass(frozen=True, slots=True)
class BoundSockets:
    """Bound sockets on one port, of the addresses that `host` has."""

    sockets: tuple[socket.socket, ...]
    host: str

    @property
    def port(self) -> int:
        """The port, also where any free one was asked for."""
        return int(self.sockets[0].getsockname()[1])

    @property
    def authority(self) -> str:
        """Host and port as a URL has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def local(self) -> bool:
        """Whether only this machine reaches the sockets."""
        return all(ip_address(s.getsockname()[0].split("%")[0]).is_loopback for s in self.sockets)

    def close(self) -> None:
        """Give the port back."""
        for bound in self.sockets:
            bound.close()


def bind(host: str, port: int) -> BoundSockets:
    """Bind a socket to every address of a host that this machine has; port 0 takes any free one.

    Raises:
        ConfigurationError: the host is unknown, or the port is in use or not allowed.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return BoundSockets(_bind_all(list(dict.fromkeys(addresses)), port), host)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "the host is no name"
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {reason}. Choose others with --host and --port."
        ) from None


def _bind_all(addresses: list[Any], port: int) -> tuple[socket.socket, ...]:
    """Bind all addresses to one port; a free one may be taken at the second address."""
    for _ in range(_ATTEMPTS if port == 0 else 1):
        with suppress(_PortTakenError):
            return _bind_each(addresses, port)
    raise OSError(EADDRINUSE, "no port is free at every address of the host")


def _bind_each(addresses: list[Any], port: int) -> tuple[socket.socket, ...]:
    bound: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, kind, protocol, _, address in addresses:
            given = bound[0].getsockname()[1] if bound else port
            try:
                bound.append(_bind(family, kind, protocol, (address[0], given, *address[2:])))
            except OSError as error:
                if error.errno not in {EADDRNOTAVAIL, EAFNOSUPPORT}:
                    if bound and port == 0 and error.errno == EADDRINUSE:
                        raise _PortTakenError from None
                    raise
                missing = error  # a machine without IPv6 may still know the name's IPv6 address
        if not bound and missing is not None:
            raise missing
    except BaseException:
        for one in bound:
            one.close()
        raise
    return tuple(bound)


def _bind(family: int, kind: int, protocol: int, address: tuple[Any, ...]) -> socket.socket:
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # else it takes the IPv4 port too
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


class _PortTakenError(Exception):
    """The free port of the first address is not free at another."""
