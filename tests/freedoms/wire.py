"""A small HTTP/1.1 server on bare sockets, with the freedoms and the bugs of the transport."""

import gzip
import json
import socketserver
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.http.limits import SkippingClock
from tests.freedoms.proxy import dropping

JSON = "application/json"
T = TypeVar("T")

FREEDOMS = {
    "http10": "speaks HTTP/1.0: no Content-Length, the end of the connection ends the body",
    "chunked": "every body comes in chunks of a few bytes",
    "gzip": "bodies are compressed, in two gzip members",
    "early_hints": "each answer is preceded by 103 Early Hints",
    "lower_headers": "header names in lower case, blanks around their values",
    "load": "now and then 503 or 429, with and without Retry-After",
}
BUGS = {
    "nan": "a number in JSON is NaN",
    "latin1": "JSON is encoded in Latin-1",
    "short": "an answer ends before its Content-Length",
    "bad_gzip": "a refusal says gzip and is none",
}


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    host: str

    def first(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)

    def json(self) -> Any:
        """Return the body; raises ValueError where it is not JSON in UTF-8."""
        try:
            return json.loads(self.body.decode("utf-8"), parse_constant=_no_constant)
        except RecursionError:
            raise ValueError("too deep") from None


@dataclass
class Reply:
    """What the server answers: `data` is sent as JSON, unless there are bytes."""

    status: int
    data: Any = None
    body: bytes | None = None
    media: str | None = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def content(self, options: frozenset[str]) -> bytes:
        """Return the bytes of the body."""
        if self.body is not None:
            return self.body
        if self.data is None:
            return b""
        data = self.data
        if options & {"nan", "latin1"} and isinstance(data, dict):
            data = {**data, "x": float("nan") if "nan" in options else "é"}
        text = json.dumps(data, ensure_ascii=False)
        return text.encode("latin-1", "replace") if "latin1" in options else text.encode()


class Service(ABC):
    """One vendor's API. `options` names the freedoms it takes and the bugs it has."""

    FREEDOMS: ClassVar[Mapping[str, str]] = {}
    BUGS: ClassVar[Mapping[str, str]] = {}

    def __init__(self, options: frozenset[str] = frozenset()) -> None:
        unknown = options - {*FREEDOMS, *BUGS, *self.FREEDOMS, *self.BUGS}
        assert not unknown, f"unknown options: {sorted(unknown)}"
        self.options = options
        self.lock = threading.Lock()
        # Shared with the suite that judges: what the suite waits for, nobody waits for.
        self.clock = SkippingClock()
        self.base = self.storage = ""
        self.served = 0
        # How many connections the proxy dropped.
        self.dropped: Callable[[], int] = lambda: 0
        self._current: dict[str, Any] = {}
        self._first_listed: dict[int, tuple[float, Any]] = {}

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """Answer one request."""

    def answer(self, request: Request) -> Reply:
        """Answer one request, or say that it cannot be answered now."""
        try:
            return self.is_overloaded() or self.handle(request)
        except Exception as error:  # a server that is written by hand has this, too
            return Reply(500, {"code": "500", "message": type(error).__name__})

    def now(self) -> float:
        """Return seconds that only grow."""
        return self.clock.now()

    @property
    def waited(self) -> float:
        """The seconds that the suite would have waited."""
        return self.clock.now() - time.monotonic()

    def has(self, *names: str) -> bool:
        """Return True where one of the options is on."""
        return not self.options.isdisjoint(names)

    def mixed_up(self, bug: str, value: Any) -> Any:
        """Return `value`, or with the bug what a request in flight beside this one asks for."""
        if bug not in self.options:
            return value
        self._current[bug] = value
        threading.Event().wait(0.03)
        return self._current[bug]

    def moment(self) -> str:
        """Return the time of the response."""
        return f"{self.now():.6f}"

    def listed(self, items: Iterable[T]) -> list[T]:
        """Return what a list shows; with the freedom `late_list` each item a second too late."""
        now, late = self.now(), self.has("late_list")
        since = [(self._first_listed.setdefault(id(i), (now, i))[0], i) for i in items]
        return [item for first, item in since if not late or now - first >= 1]

    def is_overloaded(self) -> Reply | None:
        """Return a refusal for a part of the requests, with the freedom `load`."""
        with self.lock:
            self.served += 1
            count = self.served
        if "load" not in self.options or count % 13:
            return None
        again = {} if count % 2 else {"Retry-After": "0"}
        status = 503 if count % 3 else 429
        return Reply(status, {"code": "busy", "message": "unable to audit"}, headers=again)


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True  # what follows Early Hints waits for no acknowledgement
    server: "_Server"

    def handle(self) -> None:
        while self._one():
            pass

    def _one(self) -> bool:
        request = self._read()
        if request is None:
            return False
        return self._send(self.server.service.answer(request), request)

    def _read(self) -> Request | None:
        line = self.rfile.readline(70_000).decode("latin-1").split()
        if len(line) != 3:
            return None
        headers: dict[str, str] = {}
        while (row := self.rfile.readline(70_000).decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = row.partition(":")
            headers[name.lower()] = value.strip()
        body = self._body(headers)
        parts = urlsplit(line[1])
        query = parse_qsl(parts.query, keep_blank_values=True)
        return Request(line[0], parts.path, query, headers, body, headers.get("host", ""))

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", "0")))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, reply: Reply, request: Request) -> bool:
        options = self.server.service.options
        body = reply.content(options)
        headers = {"Date": "Tue, 03 Mar 2026 10:00:00 GMT", **reply.headers}
        if reply.media and body:
            headers["Content-Type"] = reply.media
        if body and "gzip" in options and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body[:9]) + gzip.compress(body[9:])
        if body and "bad_gzip" in options and reply.status >= 400:
            headers["Content-Encoding"] = "gzip"
        if "early_hints" in options:
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")
        old = "http10" in options
        self._write(reply.status, headers, body, options, old=old)
        return not old and not options & {"short"} and request.headers.get("connection") != "close"

    def _write(
        self,
        status: int,
        headers: dict[str, str],
        body: bytes,
        options: frozenset[str],
        *,
        old: bool,
    ) -> None:
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = ""
        if "chunked" in options and not old:
            headers["Transfer-Encoding"] = "chunked"
            pieces = [body[i : i + 7] for i in range(0, min(len(body), 700), 7)] + [body[700:]]
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces if p) + b"0\r\n\r\n"
        elif not old:
            missing = 5 if "short" in options and body and self.server.count() % 2 else 0
            headers["Content-Length"] = str(len(body) + missing)
        if status == 204:
            headers = {
                k: v for k, v in headers.items() if k not in {"Content-Length", "Transfer-Encoding"}
            }
            body = b""
        lower = "lower_headers" in options
        rows = [f"{k.lower()}:   {v}  " if lower else f"{k}: {v}" for k, v in headers.items()]
        head = "\r\n".join([f"HTTP/1.{0 if old else 1} {status} {phrase}", *rows, "", ""])
        self.wfile.write(head.encode("latin-1") + body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: Service) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.service = service
        self._count = 0

    def count(self) -> int:
        self._count += 1
        return self._count

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients may leave whenever they like."""


@dataclass(frozen=True)
class Drops:
    """Which share of the connections a proxy before the server drops."""

    share: float
    seed: int


@contextmanager
def serving(service: Service, drops: Drops | None = None) -> Iterator[str]:
    """Serve on two free ports, the second one for storage, and yield the base URL.

    With `drops` both are behind proxies, and only those are known to clients.
    """
    with ExitStack() as stack:
        ports = [stack.enter_context(_running(_Server(service))) for _ in range(2)]
        if drops is not None:
            proxies = [
                stack.enter_context(dropping(port, drops.share, drops.seed)) for port in ports
            ]
            ports = [proxy.server_address[1] for proxy in proxies]
            service.dropped = lambda: sum(proxy.dropped for proxy in proxies)
        service.base, service.storage = (f"http://127.0.0.1:{port}" for port in ports)
        yield service.base


@contextmanager
def _running(server: "_Server") -> Iterator[int]:
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def segments(path: str) -> list[str]:
    """Return the decoded segments of a path; raises ValueError where they are not UTF-8."""
    return [unquote(part, errors="strict") for part in path.split("/")[1:]]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
