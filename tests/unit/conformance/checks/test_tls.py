"""The check of old TLS, on servers that need no certificate because they stay anonymous."""

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from conformance.checks.active_case import ActiveCase
from conformance.evaluation.evaluator import run_active_check
from tests.unit.conformance._cases import CHECKS, requirement
from tests.unit.conformance._reference import reference_client

ANONYMOUS = "aNULL:@SECLEVEL=0"


@contextmanager
def tls_server(oldest: ssl.TLSVersion, newest: ssl.TLSVersion) -> Iterator[str]:
    """The base URL of a server that shakes hands and hangs up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = oldest, newest
    context.set_ciphers(ANONYMOUS)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_greet, args=(listener, context))
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with contextlib.suppress(OSError), socket.create_connection(listener.getsockname()):
                pass  # the last guest, who lets the server see that it is over
            thread.join()


def _greet(listener: socket.socket, context: ssl.SSLContext) -> None:
    listener.settimeout(5)
    for _ in range(3):
        with contextlib.suppress(OSError):
            guest, _ = listener.accept()
            with guest, contextlib.suppress(OSError):
                context.wrap_socket(guest, server_side=True).close()


def verdict(url: str) -> bool | None:
    with reference_client("talkdesk") as client:
        client.target = replace(client.target, base_url=url)
        case = ActiveCase(requirement("TD-NET-001"), client)
        return next(run_active_check(CHECKS["rejects_old_tls"], case)).passed


@pytest.mark.skipif(not ssl.HAS_TLSv1_1, reason="this TLS library cannot speak TLS 1.1")
@pytest.mark.parametrize(
    ("oldest", "newest", "kept"),
    [
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, False),
        (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, False),
    ],
)
def test_old_tls(oldest: ssl.TLSVersion, newest: ssl.TLSVersion, kept: bool) -> None:
    with tls_server(oldest, newest) as url:
        assert verdict(url) is kept


def test_old_tls_is_not_judged_without_tls() -> None:
    assert verdict("http://127.0.0.1:9") is None


def test_old_tls_is_not_judged_where_no_handshake_succeeds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert verdict(f"https://127.0.0.1:{port}") is None
