"""Sends requests to a WSGI application in this process, for targets that need no socket."""

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from conformance.http.adapter import GuardedAdapter

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
