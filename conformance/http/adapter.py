"""The adapter over requests: one host, no redirects, a deadline for every response."""

import http.client
import io
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import (
    HTTPConnectionPool,
    HTTPHeaderDict,
    HTTPResponse,
    HTTPSConnectionPool,
    PoolManager,
)
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import LocationParseError, NameResolutionError, NewConnectionError

from conformance.errors import NetworkFailure, NotPermitted, Timeout, UsageError


@contextmanager
def translate_errors(timeout: float) -> Iterator[None]:
    """Translate the exceptions of the HTTP libraries into those of the suite.

    Raises:
        NetworkFailure: the connection failed, or the response is not HTTP.
        Timeout: no response came within `timeout` seconds.
        NotPermitted: the request cannot be sent as HTTP.
    """
    try:
        yield
    except requests.exceptions.ConnectTimeout as error:
        raise Timeout(f"no connection within {timeout:g} s") from error
    except requests.exceptions.Timeout as error:
        raise Timeout(f"no response within {timeout:g} s") from error
    except requests.exceptions.SSLError as error:
        raise NetworkFailure(f"TLS failed: {_tls(error)}", repeatable=False) from error
    except requests.exceptions.ProxyError as error:
        raise NetworkFailure("the proxy did not let the request through") from error
    except (requests.exceptions.InvalidHeader, UnicodeError, LocationParseError) as error:
        raise NotPermitted("the request cannot be sent as HTTP") from error
    except requests.exceptions.ConnectionError as error:
        raise _connection(error) from error
    except (requests.exceptions.RequestException, OSError, ValueError) as error:
        raise NetworkFailure("the response is not HTTP") from error


def _connection(error: requests.exceptions.ConnectionError) -> NetworkFailure:
    causes = list(_causes(error))
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return NetworkFailure("the host name cannot be resolved", repeatable=False)
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        return NetworkFailure("the connection was refused", sent=False)
    text = str(error)
    if "got more than" in text or "LineTooLong" in text or "header line" in text:
        return NetworkFailure("the response headers are too large", repeatable=False)
    if "BadStatusLine" in text or "HttpStatus" in text:
        return NetworkFailure("the response is not HTTP", repeatable=False)
    return NetworkFailure("the connection was closed before a response came")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those that it wraps, in whatever way the libraries do."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
            waiting += [argument for argument in cause.args if isinstance(argument, BaseException)]


def _tls(error: requests.exceptions.SSLError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "the certificate is not trusted (give its issuer with --ca-bundle)"
    return "no TLS version or cipher could be agreed"


class _TimedReader(io.RawIOBase):
    """Reads a socket until a deadline, however slowly the bytes drip."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _WholeLines(io.BufferedReader):
    """Reads the lines of a response; the end of the connection is the end of none of them.

    `http.client` takes a head that breaks off for a whole one (RFC 9112, 8: it is incomplete).
    """

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and not (size is not None and 0 <= size <= len(line)):
            raise http.client.RemoteDisconnected("the connection ended within a line")
        return line


class _TimedSocket:
    """The part of a socket that `http.client.HTTPResponse` uses, with a deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, *_: Any) -> io.BufferedReader:
        return _WholeLines(_TimedReader(self._sock, self._deadline))


def _timed_response(connection: HTTPConnection) -> Any:
    """Make the read timeout of a connection the deadline of the whole response."""

    def respond(sock: socket.socket, *args: Any, **more: Any) -> http.client.HTTPResponse:
        timeout: Any = connection.timeout  # urllib3 has set the read timeout by now
        timed: Any = _TimedSocket(sock, time.monotonic() + float(timeout))
        return _FinalResponse(timed, *args, **more)

    return respond


class _FinalResponse(http.client.HTTPResponse):
    """Skips interim responses: any 1xx but 101 may come before the answer (RFC 9110, 15.2)."""

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200 and self.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            unread: Any = None
            self.headers = self.msg = unread
            super().begin()


class _HTTPConnection(HTTPConnection):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.response_class = _timed_response(self)


class _HTTPSConnection(_HTTPConnection, HTTPSConnection):
    """The same with TLS."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


def _timed(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
    return manager


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").lower(), port


class GuardedAdapter(HTTPAdapter):
    """Sends to the base URL and the download hosts, and to no other host."""

    def __init__(self, base_url: str, download_hosts: tuple[str, ...] = ()) -> None:
        self._origin = origin(base_url)
        self._download_hosts = frozenset(host.lower() for host in download_hosts)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        _timed(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
        return _timed(super().proxy_manager_for(*args, **more))

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        """Send, or raise `NotPermitted` for another host, or for credentials to a download host."""
        destination = origin(request.url or "")
        if destination != self._origin:
            self._check_download(destination[1], request.headers)
        return super().send(request, *args, **more)

    def _check_download(self, host: str, headers: Mapping[str, str]) -> None:
        if host not in self._download_hosts:
            raise NotPermitted(f"{host} is neither the target nor one of its download_hosts")
        if "authorization" in CaseInsensitiveDict(headers):
            raise NotPermitted(f"credentials never go to the download host {host}")


# Environment variables in which requests looks for a file of certificate authorities.
CA_BUNDLE_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def check_ca_bundle(path: str, option: str) -> None:
    """Check a file or folder of certificate authorities; `option` is where it was named.

    Raises:
        UsageError: it cannot be read, or has no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if Path(path).is_dir():  # its certificates are looked up by name, when needed
            return
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise UsageError(f"{option}: {path}: is not a PEM file of certificates") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{option}: {path}: {reason}") from None
    if not context.cert_store_stats()["x509"]:
        raise UsageError(f"{option}: {path}: has no certificate")


AdapterFactory = Callable[[str, tuple[str, ...]], HTTPAdapter]


class Session(requests.Session):
    """A session that follows no redirect, keeps no cookie and reads no .netrc."""

    def __init__(self, adapter: HTTPAdapter, ca_bundle: str | None = None) -> None:
        super().__init__()
        self.adapters.clear()
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.headers.clear()
        self.auth = _no_auth
        self.verify = ca_bundle or True

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        return None

    def deliver(
        self, request: requests.PreparedRequest, timeout: float, *, direct: bool
    ) -> requests.Response:
        """Send once; the body is still to be read. `direct` ignores proxies (for loopback)."""
        proxies = {} if direct else requests.utils.get_environ_proxies(request.url or "")
        verify = self.verify
        if verify is True and not direct:
            verify = self.merge_environment_settings(request.url or "", {}, None, None, None)[
                "verify"
            ]
        self.cookies.clear()
        return self.send(
            request, timeout=(timeout, timeout), stream=True, verify=verify, proxies=proxies
        )


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _WsgiTransport(HTTPAdapter):
    """Calls the application instead of opening a connection; timeouts and proxies do not apply."""

    application: Application

    def send(  # the signature is that of the base class
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ARG002
        **more: Any,  # noqa: ARG002
    ) -> requests.Response:
        status, headers = "", HTTPHeaderDict()

        def start_response(line: str, fields: list[tuple[str, str]], *_: Any) -> None:
            nonlocal status
            status = line
            for name, value in fields:
                headers.add(name, value)

        chunks = self.application(_environ(request), start_response)
        try:
            body = b"".join(chunks)
        finally:
            if close := getattr(chunks, "close", None):
                close()
        code, reason = status.split(" ", 1)
        raw = HTTPResponse(
            io.BytesIO(body),
            headers,
            int(code),
            reason=reason,
            version=11,
            preload_content=False,
            request_method=request.method,
        )
        return self.build_response(request, raw)


class WsgiAdapter(GuardedAdapter, _WsgiTransport):
    """A guarded adapter whose every permitted host is the application."""

    def __init__(self, application: Application, base_url: str, *download_hosts: str) -> None:
        super().__init__(base_url, download_hosts)
        self.application = application


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    data = body.encode() if isinstance(body, str) else bytes(body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = _text(name).upper().replace("-", "_")
        variable = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        environ[variable] = _text(value).strip()
    return environ


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
