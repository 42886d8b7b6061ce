"""Which sandbox a request means: by header, by its credentials, or the default one."""

from mockserver.basic import read_basic
from mockserver.errors import Refusal
from mockserver.sandbox import Sandbox, marked
from mockserver.sandboxes import Sandboxes
from mockserver.visit import Visit

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
        name = visit.headers.get("x-mock-sandbox")
        if name is not None:
            return self._named(name)
        for carrier in self._carriers:
            text = visit.headers.get(carrier)
            if text is not None and (sandbox := self._marked(text)):
                return sandbox
        return self._sandboxes.default

    def _named(self, name: str) -> Sandbox:
        sandbox = self._sandboxes.find(name)
        if sandbox is None:
            reason = "names no sandbox; make one with POST /_mock/sandboxes"
            raise Refusal(404, f"{HEADER} {reason}.", field=HEADER, reason=reason)
        return sandbox

    def _marked(self, text: str) -> Sandbox | None:
        scheme, _, secret = text.partition(" ")
        if scheme.lower() == "basic":
            text = read_basic(secret.strip()).partition(":")[0]
        name = marked(text)
        return self._sandboxes.find(name) if name else None
