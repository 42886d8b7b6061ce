"""The sockets that a server listens on, one for each address of its host, and their TLS."""

import os
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from errno import EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mockserver.config import Settings
from mockserver.errors import ConfigurationError

if TYPE_CHECKING:
    import trustme


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


_LOCAL = ("localhost", "127.0.0.1", "::1")
_CA_FILE, _CA_KEY_FILE = "ca.pem", "ca-key.pem"


@dataclass(frozen=True, slots=True)
class Tls:
    """What a server needs to speak TLS.

    `ca_file` is the authority that clients have to trust, None where the certificate was given.
    """

    context: ssl.SSLContext
    ca_file: Path | None = None
    temporary: TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove what was written for this run alone."""
        if self.temporary is not None:
            self.temporary.cleanup()


def open_tls(settings: Settings) -> Tls | None:
    """Return what settings say about TLS, None where they say nothing.

    Raises:
        ConfigurationError: settings contradict each other; a file cannot be read or written, or
            holds something else.
    """
    if settings.tls is not None:
        if settings.tls_cert is not None:
            raise ConfigurationError("--tls and --tls-cert: give one of them")
        return _self_signed(settings)
    if settings.tls_dir is not None:
        raise ConfigurationError("--tls-dir: is for --tls self-signed")
    if settings.tls_cert is None and settings.tls_key is None:
        return None
    if settings.tls_cert is None or settings.tls_key is None:
        raise ConfigurationError("--tls-cert and --tls-key: give both, or neither")
    context = _context()
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"--tls-cert {settings.tls_cert}, --tls-key {settings.tls_key}: {reason}; both must be "
            "PEM files, the key without a password and that of the certificate"
        ) from None
    return Tls(context)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _no_password() -> str:
    raise ValueError("the key has a password")


def _self_signed(settings: Settings) -> Tls:
    try:
        import trustme  # noqa: PLC0415 (of an extra)
    except ImportError:
        raise ConfigurationError(
            "--tls self-signed: needs the extra tls: pip install 'report-contracts[tls]'"
        ) from None
    temporary = None
    folder = settings.tls_dir
    if folder is None:
        temporary = TemporaryDirectory(prefix="mockserver-")
        folder = Path(temporary.name)
    try:
        authority = _keep_authority(folder) if temporary is None else trustme.CA()
        (folder / _CA_FILE).write_bytes(authority.cert_pem.bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"--tls-dir {folder}: {error}") from None
    context = _context()
    names = dict.fromkeys((*_LOCAL, settings.host))
    authority.issue_cert(*names).configure_cert(context)
    return Tls(context, folder / _CA_FILE, temporary)


def _keep_authority(folder: Path) -> "trustme.CA":
    """Return the authority that a folder keeps, so that clients need to trust it only once."""
    import trustme  # noqa: PLC0415 (of an extra)

    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / _CA_FILE, folder / _CA_KEY_FILE
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    authority = trustme.CA()
    descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(authority.private_key_pem.bytes())
    return authority
