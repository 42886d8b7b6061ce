"""What /_mock shows to a browser: the dashboard's files, with the documentation beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from mockserver.errors import ApiError
from mockserver.http.apis import Api
from mockserver.http.context import CONTEXT_KEY, Asgi, Receive, RequestContext, Scope, Send
from mockserver.http.transfer import Pairs

HOME = "/_mock/"
DOCS = f"{HOME}docs"
FILES = f"{HOME}dashboard/"
METHODS = ("GET", "HEAD", "OPTIONS")
INDEX = "index.html"

_FOLDER = Path(__file__).with_name("dashboard")
_MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
_ALWAYS = (
    (b"cache-control", b"no-cache"),
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class _File:
    media: str
    etag: str
    content: bytes


class Pages:
    """Serves the dashboard, and the documentation of `parties` under DOCS.

    Both are read at the first request, because most runs never ask for them.
    """

    def __init__(self, apis: tuple[Api, ...]) -> None:
        self._apis = apis
        self._docs: Asgi | None = None
        self._files: Mapping[str, _File] = {}

    def find(self, path: str) -> Asgi | None:
        """Return what serves `path`, or None where that is no page's."""
        if path in {HOME, HOME[:-1]} or path.startswith(FILES):
            return self._serve
        return self._documentation() if path.startswith(DOCS) else None

    def _documentation(self) -> Asgi:
        if self._docs is None:
            from mockserver.control.docs import docs  # noqa: PLC0415 (with it come templates)

            self._docs = docs(self._apis, DOCS)
        return self._docs

    async def _serve(self, scope: Scope, _receive: Receive, send: Send) -> None:
        context: RequestContext = scope[CONTEXT_KEY]
        if context.method not in METHODS:
            allow = ", ".join(METHODS)
            raise ApiError(405, f"{context.method} is not among {allow}.", headers={"Allow": allow})
        if context.method == "OPTIONS":
            await _send(send, 204, [(b"allow", ", ".join(METHODS).encode())])
        elif context.path == HOME[:-1]:
            await _send(send, 308, [(b"location", HOME.encode()), (b"content-length", b"0")])
        else:
            await self._send_file(context, send)

    async def _send_file(self, context: RequestContext, send: Send) -> None:
        file = self._find(INDEX if context.path == HOME else context.path.removeprefix(FILES))
        headers: Pairs = [*_ALWAYS, (b"etag", file.etag.encode())]
        if _knows(context.headers.get("if-none-match", ""), file.etag):
            await _send(send, 304, headers)
            return
        headers.append((b"content-type", file.media.encode()))
        headers.append((b"content-length", b"%d" % len(file.content)))
        await _send(send, 200, headers, b"" if context.method == "HEAD" else file.content)

    def _find(self, name: str) -> _File:
        if not self._files:
            self._files = {
                path.name: _read(path) for path in _FOLDER.iterdir() if path.suffix in _MEDIA
            }
        file = self._files.get(name)
        if file is None:
            raise ApiError(404, f"The dashboard has no file {name[:100]}.")
        return file


async def _send(send: Send, status: int, headers: Pairs, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _knows(tags: str, etag: str) -> bool:
    """Tell whether If-None-Match names the file as it is."""
    known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return "*" in known or etag in known


def _read(path: Path) -> _File:
    content = path.read_bytes()
    etag = blake2b(content, digest_size=12).hexdigest()
    return _File(_MEDIA[path.suffix], f'"{etag}"', content)
