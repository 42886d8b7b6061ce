"""When a connection reads, writes, and is given up."""

import asyncio
from collections.abc import Callable
from math import inf


class FlowControl:
    """Pauses reading and writing on a transport, each at most once."""

    __slots__ = ("_transport", "_writable", "read_paused", "write_paused")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._writable = asyncio.Event()
        self.read_paused = False
        self.write_paused = False

    def pause_reading(self) -> None:
        """Let the kernel keep what arrives from now on."""
        if not self.read_paused:
            self.read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take what arrives again."""
        if self.read_paused:
            self.read_paused = False
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """Let `drain` wait: the transport holds enough unsent bytes."""
        self.write_paused = True
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let `drain` return."""
        self.write_paused = False
        self._writable.set()

    async def drain(self) -> None:
        """Wait until writing is resumed."""
        await self._writable.wait()


class Deadline:
    """The one timer of a connection, which is late rather than set anew for every request."""

    __slots__ = ("_call", "_loop", "_time", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._time = inf
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float, call: Callable[[], None]) -> None:
        """Call `call` in so many seconds, and nothing that was set before."""
        self._call = call
        self._time = time = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > time:
            self._start()

    def clear(self) -> None:
        """Call nothing."""
        self._time = inf

    def cancel(self) -> None:
        """Call nothing ever again."""
        self._time = inf
        if self._timer is not None:
            self._timer.cancel()

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._time, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._time <= self._loop.time():
            self._time = inf
            self._call()
        elif self._time < inf:
            self._start()
