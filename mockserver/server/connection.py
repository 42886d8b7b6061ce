"""The connection under a request, for whoever has to break it."""

from typing import Protocol

CONNECTION_KEY = "mockserver.server.connection"
"""Where the ASGI scope carries the line, if the server gives one."""


class ConnectionControl(Protocol):
    """One connection, while the reply to one request is under way on it."""

    def write(self, data: bytes) -> None:
        """Send bytes that HTTP knows nothing of."""
        ...

    def close(self) -> None:
        """Send what is written, then end the connection in the middle of the reply."""
        ...

    def reset(self) -> None:
        """Let the other side see a reset; what is written may be lost."""
        ...
