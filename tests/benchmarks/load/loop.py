"""Load without `wrk`: one process, kept connections, closed loop, answers parsed by httptools."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle

import httptools

from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.load.sample import Sample
from tests.benchmarks.request import HOST

_FIRST_SECONDS = 30.0


@dataclass(slots=True)
class _Tally:
    """What all connections share: the requests to come, and what came back."""

    requests: Iterator[bytes]
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    open: bool = True
    begun: asyncio.Event = field(default_factory=asyncio.Event)


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is complete."""

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        tally = self._tally
        if not tally.open:
            return
        tally.latencies.append(time.perf_counter() - self._sent)
        tally.begun.set()
        tally.failures += self._parser.get_status_code() >= 400
        # One parser an answer: httptools may not be re-entered for the next one of a connection
        # that the server wants closed.
        self._parser = httptools.HttpResponseParser(self)
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.failures += self._tally.open
        self._tally.begun.set()

    def close(self) -> None:
        """Give the connection up."""
        if self._transport is not None:
            self._transport.abort()

    def send(self) -> None:
        """Send the next request."""
        assert self._transport is not None
        self._sent = time.perf_counter()
        self._transport.write(next(self._tally.requests))


@dataclass(frozen=True, slots=True)
class Loop:
    """The built-in generator, with so many connections."""

    connections: int
    name: str = "built-in loop"

    def run(self, port: int, requests: Sequence[bytes], seconds: float) -> Sample:
        """Send `requests` in turn for `seconds` and until one is answered; return the figures."""
        return asyncio.run(self._run(port, requests, seconds))

    async def _run(self, port: int, requests: Sequence[bytes], seconds: float) -> Sample:
        tally = _Tally(cycle(requests))
        loop = asyncio.get_running_loop()
        try:
            opened = [
                await loop.create_connection(lambda: _Connection(tally), HOST, port)
                for _ in range(self.connections)
            ]
        except OSError as failure:
            raise UnhealthyError(f"could not connect: {failure}") from failure
        # Not before all are open: under load each would take as long as all the others' answers.
        started = time.perf_counter()
        for _, connection in opened:
            connection.send()
        await asyncio.sleep(seconds)
        with suppress(TimeoutError):  # as far as a busy machine lets any come
            await asyncio.wait_for(tally.begun.wait(), _FIRST_SECONDS)
        tally.open = False
        elapsed = time.perf_counter() - started
        for _, connection in opened:
            connection.close()
        return _sample(tally, elapsed)


def _sample(tally: _Tally, elapsed: float) -> Sample:
    ordered = sorted(tally.latencies) or [0.0]
    p50, p99 = (round(ordered[int(len(ordered) * part)] * 1e6) for part in (0.5, 0.99))
    return Sample(len(tally.latencies), elapsed, tally.failures, p50, p99)
