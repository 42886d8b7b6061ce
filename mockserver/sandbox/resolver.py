"""Which sandbox a request means: by header, by its credentials, or the default one."""

from collections.abc import Mapping

from mockserver.errors import Refusal
from mockserver.http.context import Visit
from mockserver.http.headers import Wish, read_basic
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Sandbox, marked

HEADER = "X-Mock-Sandbox"


class Choice:
    """Chooses. `carriers` are the headers, in lower case, that credentials come in."""

    def __init__(self, sandboxes: Sandboxes, carriers: tuple[str, ...]) -> None:
        self._sandboxes = sandboxes
        self._carriers = carriers

    def __call__(self, visit: Visit) -> Sandbox:
        """Return the sandbox of a request.

        Raises:
            Refusal: the header names none that is there.
        """
        wish = visit.head.wish
        if wish is None:
            wish = visit.head.wish = self._read(visit.headers)
        if wish.name is not None:
            return self._named(wish.name)
        for mark in wish.marks:
            if sandbox := self._sandboxes.find(mark):
                return sandbox
        return self._sandboxes.default

    def _read(self, headers: Mapping[str, str]) -> Wish:
        carried = (headers[carrier] for carrier in self._carriers if carrier in headers)
        marks = (_mark(text) for text in carried)
        return Wish(headers.get(HEADER.lower()), tuple(mark for mark in marks if mark))

    def _named(self, name: str) -> Sandbox:
        sandbox = self._sandboxes.find(name)
        if sandbox is None:
            reason = "names no sandbox; make one with POST /_mock/sandboxes"
            raise Refusal(404, f"{HEADER} {reason}.", field=HEADER, reason=reason)
        return sandbox


def _mark(text: str) -> str | None:
    scheme, _, secret = text.partition(" ")
    if scheme.lower() == "basic":
        text = read_basic(secret.strip()).partition(":")[0]
    return marked(text)
