"""The certificate of a server: one that is given, or one that is made at the start."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mockserver.config import Settings
from mockserver.errors import ConfigurationError

if TYPE_CHECKING:
    import trustme

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
