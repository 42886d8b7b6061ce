"""HTTPS: certificates that are given or made, what is written for that, and who is refused."""

import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
import requests
import trustme

from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.server.sockets import open_tls
from mockserver.testing import MockServer
from tests._serving import serving

JOBS = "/data/reports/calls/jobs"
WHO = {"Authorization": "Bearer mock-talkdesk-writer"}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(tls="self-signed") as running:
        yield running


def handshake(port: int, ca_file: str, newest: ssl.TLSVersion) -> str | None:
    context = ssl.create_default_context(cafile=ca_file)
    context.maximum_version = newest
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        return secure.version()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_client_that_trusts_the_authority_is_served(mock: MockServer, host: str) -> None:
    port = mock.base_url.rpartition(":")[2]
    url = f"https://{host}:{port}{JOBS}"
    for _ in range(2):
        assert requests.get(url, headers=WHO, verify=str(mock.ca_file), timeout=30).ok
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, headers=WHO, timeout=30)


def test_old_versions_are_refused(mock: MockServer) -> None:
    port, ca_file = int(mock.base_url.rpartition(":")[2]), str(mock.ca_file)
    assert handshake(port, ca_file, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert handshake(port, ca_file, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    settings = Settings(tls="self-signed")
    tls = open_tls(settings)
    assert tls
    assert tls.context.minimum_version is ssl.TLSVersion.TLSv1_2
    tls.close()


def test_http_on_the_port_harms_nobody(mock: MockServer) -> None:
    port = int(mock.base_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while plain.recv(65536):
            pass
    url = f"{mock.control_url}/health"
    assert requests.get(url, verify=str(mock.ca_file), timeout=30).ok


def test_large_body_is_refused_over_tls_too(mock: MockServer) -> None:
    url, body = f"{mock.base_url}{JOBS}", b" " * 3_000_000
    sent = {**WHO, "Content-Type": "application/json"}
    reply = requests.post(url, body, headers=sent, verify=str(mock.ca_file), timeout=30)
    assert reply.status_code == 413


@pytest.mark.parametrize("bytes_sent", [b"", b"\x16\x03\x01"])
def test_clients_that_keep_their_connections_hold_up_no_stop(bytes_sent: bytes) -> None:
    mock = MockServer(tls="self-signed").start()
    port = int(mock.base_url.rpartition(":")[2])
    context = ssl.create_default_context(cafile=str(mock.ca_file))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as half_open,
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as idle,
    ):
        half_open.sendall(bytes_sent)
        idle.sendall(b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 200 ")
        stopping = threading.Thread(target=mock.stop, daemon=True)
        stopping.start()
        stopping.join(60)
        assert not stopping.is_alive()


def test_what_was_written_for_a_run_goes_with_it() -> None:
    with MockServer(tls="self-signed") as running:
        ca_file = running.ca_file
        assert ca_file
        assert [path.name for path in ca_file.parent.iterdir()] == ["ca.pem"]  # and no key
    assert not ca_file.parent.exists()


def test_authority_may_be_kept_and_its_key_is_private(tmp_path: Path) -> None:
    authorities = []
    for _ in range(2):
        with MockServer(tls="self-signed", tls_dir=tmp_path) as running:
            assert running.ca_file == tmp_path / "ca.pem"
            authorities.append(running.ca_file.read_bytes())
    assert authorities[0] == authorities[1]
    assert stat.S_IMODE((tmp_path / "ca-key.pem").stat().st_mode) == 0o600


def test_certificate_may_be_given(tmp_path: Path) -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    ca_file, cert, key = tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    authority.cert_pem.write_to_path(ca_file)
    cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(key)
    with MockServer(tls_cert=cert, tls_key=key) as running:
        assert running.ca_file is None
        assert requests.get(f"{running.control_url}/health", verify=str(ca_file), timeout=30).ok


def test_what_is_no_certificate_is_one_line(tmp_path: Path) -> None:
    missing, nonsense = tmp_path / "missing.pem", tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    for file in (missing, nonsense):
        with pytest.raises(ConfigurationError, match=r"--tls-cert .* --tls-key"):
            open_tls(Settings(tls_cert=file, tls_key=file))


@pytest.mark.parametrize(
    "given",
    [
        {"tls_cert": "a.pem"},
        {"tls_key": "a.pem"},
        {"tls": "self-signed", "tls_cert": "a.pem", "tls_key": "a.pem"},
        {"tls_dir": "a"},
        {"tls": "yes"},
    ],
)
def test_settings_that_contradict_each_other_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="--tls"):
        open_tls(Settings(**given))  # type: ignore[arg-type]


@pytest.mark.skipif(which("curl") is None, reason="curl is missing")
def test_curl_reaches_workers_by_name(tmp_path: Path) -> None:
    store = ("--store", f"sqlite:///{tmp_path}/store.db", "--workers", "2")
    with serving("--tls", "self-signed", "--host", "localhost", *store) as server:
        url, ca_file = server.started["url"], server.started["ca_file"]
        assert url.startswith("https://localhost:")
        command = ["curl", "-sS", "--cacert", ca_file, f"{url}/_mock/health"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        assert b"ok" in done.stdout, done.stderr
        assert server.stop() == 0
    assert not Path(ca_file).exists()
