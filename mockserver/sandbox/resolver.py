"""Which sandbox a request means: by header, by its credentials, or the default one."""

from collections.abc import Mapping

from mockserver.errors import ApiError
from mockserver.http.context import RequestContext
from mockserver.http.headers import SandboxHint, read_basic
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox, tag_of

HEADER = "X-Mock-Sandbox"


class SandboxResolver:
    """Chooses. `carriers` are the headers, in lower case, that credentials come in."""

    def __init__(self, sandboxes: SandboxRegistry, carriers: tuple[str, ...]) -> None:
        self._sandboxes = sandboxes
        self._carriers = carriers

    def __call__(self, context: RequestContext) -> Sandbox:
        """Return the sandbox of a request.

        Raises:
            ApiError: the header names none that is there.
        """
        wish = context.head.wish
        if wish is None:
            wish = context.head.wish = self._read(context.headers)
        if wish.name is not None:
            return self._named(wish.name)
        for mark in wish.marks:
            if sandbox := self._sandboxes.find(mark):
                return sandbox
        return self._sandboxes.default

    def _read(self, headers: Mapping[str, str]) -> SandboxHint:
        carried = (headers[carrier] for carrier in self._carriers if carrier in headers)
        marks = (_mark(text) for text in carried)
        return SandboxHint(headers.get(HEADER.lower()), tuple(mark for mark in marks if mark))

    def _named(self, name: str) -> Sandbox:
        sandbox = self._sandboxes.find(name)
        if sandbox is None:
            reason = "names no sandbox; make one with POST /_mock/sandboxes"
            raise ApiError(404, f"{HEADER} {reason}.", field=HEADER, reason=reason)
        return sandbox


def _mark(text: str) -> str | None:
    scheme, _, secret = text.partition(" ")
    if scheme.lower() == "basic":
        text = read_basic(secret.strip()).partition(":")[0]
    return tag_of(text)
