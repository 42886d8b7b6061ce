"""Pages under /_mock: the dashboard's files, the documentation, and the package for JavaScript."""

import json
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from mockserver.errors import ApiError
from mockserver.http.context import CONTEXT_KEY, Asgi, Receive, RequestContext, Scope, Send
from mockserver.http.routing import Api
from mockserver.version import VERSION

HOME = "/_mock/"
DOCS = f"{HOME}docs"
FILES = f"{HOME}dashboard/"
PACKAGE = f"{HOME}javascript.tgz"

JAVASCRIPT = Path(__file__).parents[1] / "javascript"

_PACKED = frozenset({".js", ".json", ".md", ".ts"})
_INDEX = "index.html"
_FOLDER = Path(__file__).with_name("dashboard")
_METHODS = "GET, HEAD, OPTIONS"
_Headers = list[tuple[bytes, bytes]]


def _headers(**changes: str) -> _Headers:
    """Return the headers of pages that load from their own origin only, but for `changes`."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    text = "; ".join(f"{name} {value}" for name, value in policy.items())
    return [
        (b"content-security-policy", text.encode()),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    ]


_HEADERS = [(b"cache-control", b"no-cache"), *_headers(require_trusted_types_for="'script'")]
_DOCS_HEADERS = _headers(img_src="'self' data:")
"""Swagger UI has pictures in its style sheet, and writes markup."""


class Pages:
    """Finds the page of a path: the dashboard at HOME, the documentation of `apis` under DOCS."""

    def __init__(self, apis: tuple[Api, ...]) -> None:
        self._apis = apis
        self._docs: Asgi | None = None
        self._files = StaticFiles(directory=_FOLDER)

    def find(self, path: str) -> Asgi | None:
        """Return the ASGI application that serves `path`, or None for no page."""
        if path in {HOME, HOME[:-1]} or path.startswith(FILES):
            return self._serve
        if path == PACKAGE:
            return _serve_package
        return self._documentation() if path.startswith(DOCS) else None

    def _documentation(self) -> Asgi:
        if self._docs is None:  # most runs need none, and it imports templates
            from mockserver.control.docs import docs  # noqa: PLC0415

            self._docs = docs(self._apis, DOCS, _DOCS_HEADERS)
        return self._docs

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        context: RequestContext = scope[CONTEXT_KEY]
        if context.method == "OPTIONS":
            await _send_head(send, 204, [(b"allow", _METHODS.encode())])
            return
        if context.path == HOME[:-1]:
            home = f"{context.root_path}{HOME}".encode()
            location = [(b"location", home), (b"content-length", b"0")]
            await _send_head(send, 308, location)
            return
        name = _INDEX if context.path == HOME else context.path.removeprefix(FILES)

        async def send_with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
            await send(message)

        try:
            response: Any = await self._files.get_response(name, scope)
            await response(scope, receive, send_with_headers)
        except HTTPException as error:
            raise _as_api_error(error, context.method, name) from None


@cache
def javascript_package() -> bytes:
    """Return the tarball for `npm install`: of the mock's version, and always the same bytes."""
    import gzip  # noqa: PLC0415 (most runs need neither)
    import tarfile  # noqa: PLC0415

    tarball = BytesIO()
    with tarfile.open(fileobj=tarball, mode="w") as archive:
        for path in sorted(JAVASCRIPT.rglob("*")):
            if path.suffix in _PACKED:
                content = _manifest() if path.name == "package.json" else path.read_bytes()
                member = tarfile.TarInfo(f"package/{path.relative_to(JAVASCRIPT).as_posix()}")
                member.size = len(content)
                archive.addfile(member, BytesIO(content))
    return gzip.compress(tarball.getvalue(), mtime=0)


def write_javascript_package(folder: Path) -> Path:
    """Write the tarball into `folder`, under the name that `npm pack` gives it; return its path."""
    file = folder / f"{json.loads(_manifest())['name']}-{VERSION}.tgz"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(javascript_package())
    return file


def _manifest() -> bytes:
    manifest = json.loads((JAVASCRIPT / "package.json").read_bytes())
    return json.dumps({**manifest, "version": VERSION}, indent=2).encode()


async def _serve_package(scope: Scope, receive: Receive, send: Send) -> None:
    method = scope[CONTEXT_KEY].method
    response: Any
    if method == "OPTIONS":
        response = Response(status_code=204, headers={"Allow": _METHODS})
    elif method in _METHODS:
        response = Response(javascript_package(), media_type="application/gzip")
    else:
        raise _not_allowed(method)
    await response(scope, receive, send)


def _as_api_error(error: HTTPException, method: str, name: str) -> ApiError:
    if error.status_code == 405:
        return _not_allowed(method)
    return ApiError(404, f"The dashboard has no file {name[:100]}.")


def _not_allowed(method: str) -> ApiError:
    message = f"{method} is not allowed here; allowed: {_METHODS}."
    return ApiError(405, message, headers={"Allow": _METHODS})


async def _send_head(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
