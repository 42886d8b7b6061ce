"""A transport that sends the head of a reply together with the body that follows at once."""

import asyncio
from typing import Any

_HEAD, _END = b"HTTP/1.1 ", b"\r\n\r\n"


class Cork:
    """Wraps a transport: uvicorn writes head and body one by one, and each costs a system call.

    A head is held until the next write, or until the event loop comes round to it: whatever is
    slow, streamed or never comes does not hold it back for longer.
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None

    def write(self, data: bytes) -> None:
        """Send `data`, with the head that is held."""
        held = self._held
        if held is not None:
            self._held = None
            self._transport.write(held + data)
        elif data.startswith(_HEAD) and data.endswith(_END):
            self._held = data
            self._loop.call_soon(self.flush)
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send the head that is held, if any."""
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held)

    def close(self) -> None:
        """Send what is held, and close."""
        self.flush()
        self._transport.close()

    def write_eof(self) -> None:
        """Send what is held, and say that nothing follows."""
        self.flush()
        self._transport.write_eof()

    def is_closing(self) -> bool:
        """Tell whether the transport is closing or closed."""
        return self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
