"""An upstream that keeps what it was sent and answers with planned bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from conformance.checks import load_checks
from conformance.drift.journal import Journal
from conformance.drift.proxy import ProxyApp, bind, make_server
from conformance.target import Target
from tests.unit.conformance._cases import contract


@dataclass
class Reply:
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    chunks: list[bytes] | None = None


@dataclass
class Seen:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Upstream:
    url: str = ""
    reply: Reply = field(default_factory=Reply)
    seen: list[Seen] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Keeps the request and sends the planned reply."""

    protocol_version = "HTTP/1.1"
    state: Upstream

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self.chunks())
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        self.state.seen.append(Seen(self.command, self.path, headers, body))
        reply = self.state.reply
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.chunks is not None:
            self.send_chunks(reply.chunks)
            return
        has_body = reply.status not in {204, 304}
        if has_body:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(reply.body)

    def send_chunks(self, chunks: list[bytes]) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Serve `Upstream.reply` to every request."""
    state = Upstream()
    handler = type("PlannedHandler", (Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def proxy_in_thread(app: ProxyApp) -> Iterator[str]:
    """Serve the proxy in a thread, on a free port of 127.0.0.1; yields its base URL."""
    listening = bind("127.0.0.1", 0)
    server = make_server(app)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="proxy")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def proxied(
    url: str,
    vendor: str = "talkdesk",
    target: Target | None = None,
    profile: str = "documented",
) -> Iterator[tuple[str, Journal]]:
    """Serve a proxy before `url`; yields its base URL and its journal, closed at the end."""
    journal = Journal(contract(vendor, profile), load_checks(), url, target)
    try:
        with proxy_in_thread(ProxyApp(url, journal, timeout=10, ca_bundle=None)) as base_url:
            yield base_url, journal
    finally:
        journal.close()


def send(
    base_url: str, method: str, target: str, body: Any = None, headers: Any = (), **more: Any
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Send one request, headers as given, and return status, headers and raw body."""
    connection = HTTPConnection(urlsplit(base_url).netloc, timeout=20)
    try:
        connection.request(method, target, body, dict(headers), **more)
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
    finally:
        connection.close()
