"""A TCP relay in front of a server that counts the connections a client opens."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Relay:
    """Passes bytes on in both directions; `connections` were opened so far."""

    def __init__(self, host: str, port: int) -> None:
        self.base_url = ""
        self.connections = 0
        self._target = (host, port)

    async def run(self, ready: threading.Event, end: asyncio.Event) -> None:
        """Listen on a free port of loopback until `end`."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await end.wait()
        server.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        replies, requests = await asyncio.open_connection(*self._target)
        try:
            await asyncio.gather(_forward(reader, requests), _forward(replies, writer))
        except asyncio.CancelledError:
            pass  # the relay ends; asyncio would report a cancelled handler
        finally:
            requests.transport.abort()
            writer.transport.abort()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Forward until the end of the stream; a broken connection breaks the other one."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()


@contextmanager
def relaying(host: str, port: int) -> Iterator[Relay]:
    """Run a relay in a thread."""
    relay, ready = Relay(host, port), threading.Event()
    loop, end = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[relay.run(ready, end)])
    thread.start()
    ready.wait()
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()
