"""Active check of the transport: old versions of TLS are refused."""

import socket
import ssl
import warnings
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from conformance.checks.registry import ActiveCase, active_check
from conformance.errors import Untestable
from conformance.verdict import CheckResult, failed, passed

_TIMEOUT: Final = 10.0
_VERSIONS: Final = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1}


@active_check("rejects_old_tls")
def rejects_old_tls(case: ActiveCase, *, newest_refused: str) -> Iterator[CheckResult]:
    """A handshake that offers `newest_refused` at most fails, one without a limit succeeds."""
    url = urlsplit(case.target.base_url)
    if url.scheme != "https":
        raise Untestable("the target speaks http: there is no handshake to refuse")
    if not ssl.HAS_TLSv1_1:
        raise Untestable("the TLS library of this machine cannot offer TLS 1.1 itself")
    address = (url.hostname or "", url.port or 443)
    if _negotiated_version(address, None) is None:
        raise Untestable("no TLS handshake succeeds at the target")
    version = _negotiated_version(address, _VERSIONS[newest_refused])
    yield passed() if version is None else failed(f"the target agreed to {version}")


def _negotiated_version(address: tuple[str, int], newest: ssl.TLSVersion | None) -> str | None:
    """Return the version that a handshake agreed on, None where it failed.

    The identity of the target does not matter here: its certificate is not verified.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Without this OpenSSL itself refuses to offer the old versions.
    context.set_ciphers("ALL:@SECLEVEL=0")
    if newest is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
    try:
        with (
            socket.create_connection(address, _TIMEOUT) as connection,
            context.wrap_socket(connection, server_hostname=address[0]) as secured,
        ):
            return secured.version()
    except OSError:
        return None
