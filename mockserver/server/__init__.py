"""The HTTP server; here is what it adds to an ASGI scope: connection control, and rejections."""

from dataclasses import dataclass
from typing import Protocol

CONNECTION_KEY = "mockserver.server"
"""Where a scope carries its `ConnectionControl`, if the server offers it."""

REJECTION_KEY = "mockserver.server.rejection"
"""Where a scope, or an `http.disconnect` message, carries a `Rejection`."""


class ConnectionControl(Protocol):
    """The connection of a request, for fault injection."""

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""

    def close(self) -> None:
        """Send what has been written, then close in the middle of the response."""

    def reset(self) -> None:
        """Close with a TCP reset; what has been written may be lost."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why the server took no request from what arrived; the application only words the response.

    In a scope it means that method, path and headers are as much as could be read, and may be
    empty. In an `http.disconnect` message it means that the body went wrong.
    """

    status: int
    message: str
