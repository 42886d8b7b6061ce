"""A target that records everything: the reference app behind a wire tap that can meddle."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import orjson
from flask import Flask

from conformance.reference.app import create_app
from conformance.reference.serving import serve

CONTROL = "/_mock"


@dataclass(frozen=True)
class Reply:
    """An answer: from the app, or from whoever meddles."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Seen:
    """A request as it came in, with the answer that went out."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    reply: Reply = Reply(0)

    @property
    def is_write(self) -> bool:
        """Whether it may change something; buying a token changes nothing."""
        return self.method not in {"GET", "HEAD", "OPTIONS"} and self.path != "/oauth/token"

    @property
    def line(self) -> tuple[str, str, str, bytes]:
        """What makes two requests the same."""
        return (self.method, self.path, self.query, self.body)


@dataclass
class Spy:
    """Sits before an app. `meddle` may answer in its place, `alter` may change its answer."""

    app: Flask
    meddle: Callable[[Seen], Reply | None] = lambda _: None
    alter: Callable[[Seen, Reply], Reply] = lambda _, reply: reply
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    @property
    def config(self) -> dict[str, Any]:
        """The app's configuration, which the server reads."""
        return self.app.config

    @property
    def writes(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.is_write]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        seen = _seen(environ)
        if seen.path.startswith(CONTROL):
            return self.app.wsgi_app(environ, start)
        reply = self.meddle(seen) or self.alter(seen, self._ask(environ, seen))
        self.seen.append(_answered(seen, reply))
        start(f"{reply.status} Some", list(reply.headers))
        return [reply.body]

    def _ask(self, environ: dict[str, Any], seen: Seen) -> Reply:
        passed: dict[str, Any] = {"wsgi.input": BytesIO(seen.body)}
        if "authorization" in seen.headers:  # it may have been meddled with
            passed["HTTP_AUTHORIZATION"] = seen.headers["authorization"]
        with self.app.request_context(environ | passed):
            response = self.app.full_dispatch_request()
            headers = tuple((name, value) for name, value in response.headers.items())
            return Reply(response.status_code, headers, response.get_data())


def _seen(environ: dict[str, Any]) -> Seen:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
    }
    control = environ["PATH_INFO"].startswith(CONTROL)
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = b"" if control else environ["wsgi.input"].read(length)
    path = environ.get("RAW_URI", environ["PATH_INFO"]).partition("?")[0]
    return Seen(environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], headers, body)


def _answered(seen: Seen, reply: Reply) -> Seen:
    return Seen(seen.method, seen.path, seen.query, seen.headers, seen.body, reply)


@contextmanager
def spying(*, app: Flask | None = None, **more: Any) -> Iterator[Spy]:
    """Serve the reference app behind a spy on a free port; `more` are the spy's own."""
    spy = Spy(app or create_app(), **more)
    front: Any = spy
    with serve(front) as url:
        spy.url = url
        yield spy
