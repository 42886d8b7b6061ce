"""The socket that a server listens on."""

import socket
from dataclasses import dataclass
from ipaddress import ip_address

from mockserver.errors import ConfigurationError

BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class BoundSocket:
    """A bound socket, and the base URL that leads to it."""

    socket: socket.socket
    base_url: str

    @property
    def port(self) -> int:
        """The port, also where any free one was asked for."""
        return int(self.socket.getsockname()[1])

    @property
    def local(self) -> bool:
        """Whether only this machine reaches the socket."""
        return ip_address(self.socket.getsockname()[0]).is_loopback


def bind(host: str, port: int) -> BoundSocket:
    """Bind a socket; port 0 takes any free one.

    Raises:
        ConfigurationError: the host is unknown, or the port is in use or not allowed.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, proto)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(BACKLOG)
        except OSError:
            bound.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "the host is no name"
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {reason}. Choose others with --host and --port."
        ) from None
    bound.setblocking(False)
    shown = f"[{host}]" if ":" in host else host
    return BoundSocket(bound, f"http://{shown}:{bound.getsockname()[1]}")
