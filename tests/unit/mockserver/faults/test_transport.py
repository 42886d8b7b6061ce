"""Faults of the wire and of time: what is sent, in which pieces, and how long it takes."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from mockserver.app import create_app
from mockserver.config import Settings
from mockserver.faults.effects import draw_delay
from mockserver.faults.model import Fault, Kind
from mockserver.faults.transport import wrap
from mockserver.http.context import Asgi
from mockserver.server import ConnectionControl
from tests.unit.mockserver.asgi import TALKDESK, request_scope

LONGEST = 30_000.0
POLL = "/data/reports/calls/jobs/3f2c9d1e-0000-4000-8000-000000000003"


class Wire:
    """Notes what is sent, what is done to the connection, and how long nobody sends."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.pieces: list[bytes] = []
        self.acts: list[str] = []
        self.slept: list[float] = []
        self.over = False

    async def send(self, message: dict[str, Any]) -> None:
        assert not self.over
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
        else:
            self.pieces.append(message.get("body", b""))
            self.over = not message.get("more_body", False)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def write(self, data: bytes) -> None:
        self.acts.append(f"write {data.decode()}")

    def close(self) -> None:
        self.acts.append("close")

    def reset(self) -> None:
        self.acts.append("reset")

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


def play(
    fault: Fault,
    *chunks: bytes,
    length: bool = True,
    line: bool = True,
    longest: float = LONGEST,
) -> Wire:
    wire = Wire()
    whole = b"".join(chunks)
    headers = [(b"content-length", b"%d" % len(whole))] if length else []
    there: ConnectionControl | None = wire if line else None

    async def run() -> None:
        send = wrap(fault, wire.send, there, wire.sleep, longest)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for place, chunk in enumerate(chunks, 1):
            more = place < len(chunks)
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

    asyncio.run(run())
    return wire


@pytest.mark.parametrize("chunks", [(b"0123456789",), (b"01234", b"56789"), (b"0",)])
def test_drip_sends_everything_slowly(chunks: tuple[bytes, ...]) -> None:
    wire = play(Fault(Kind.DRIP, {"bytes_per_second": 20}), *chunks)
    assert wire.body == b"".join(chunks)
    assert all(len(piece) <= 2 for piece in wire.pieces)
    assert sum(wire.slept) == pytest.approx((len(wire.body) - len(wire.pieces[-1])) / 20)


def test_drip_is_bounded_and_then_sends_the_rest_at_once() -> None:
    wire = play(Fault(Kind.DRIP, {"bytes_per_second": 10}), b"x" * 1000, longest=500)
    assert wire.body == b"x" * 1000
    assert sum(wire.slept) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("part", "chunks", "sent"),
    [
        (0.5, (b"0123456789",), b"01234"),
        (0.5, (b"012", b"345", b"6789"), b"01234"),
        (0, (b"0123456789",), b""),
        (0.99, (b"0123456789",), b"012345678"),
        (0.5, (b"0",), b""),
    ],
)
def test_truncation_tells_the_whole_length_and_breaks_off(
    part: float, chunks: tuple[bytes, ...], sent: bytes
) -> None:
    wire = play(Fault(Kind.TRUNCATE, {"part": part}), *chunks)
    assert wire.headers[b"content-length"] == b"%d" % len(b"".join(chunks))
    assert (wire.body, wire.acts, wire.over) == (sent, ["close"], False)


def test_truncation_of_unknown_length_cuts_the_first_piece() -> None:
    wire = play(Fault(Kind.TRUNCATE), b"0123", b"4567", length=False)
    assert (wire.body, wire.acts, wire.over) == (b"01", ["close"], False)


def test_length_may_be_too_long() -> None:
    wire = play(Fault(Kind.WRONG_LENGTH, {"delta": 5}), b"0123", b"4567")
    assert wire.headers == {b"content-length": b"13", b"connection": b"close"}
    assert (wire.body, wire.acts) == (b"01234567", ["close"])


@pytest.mark.parametrize(
    ("delta", "told", "sent", "beyond"),
    [(-3, b"5", b"01234", ["write 567"]), (-99, b"0", b"", ["write 0123", "write 4567"])],
)
def test_length_may_be_too_short(delta: int, told: bytes, sent: bytes, beyond: list[str]) -> None:
    wire = play(Fault(Kind.WRONG_LENGTH, {"delta": delta}), b"0123", b"4567")
    assert wire.headers[b"content-length"] == told
    assert (wire.body, wire.acts) == (sent, [*beyond, "close"])


def test_reset_sends_nothing() -> None:
    wire = play(Fault(Kind.RESET), b"0123")
    assert (wire.headers, wire.pieces, wire.acts) == ({}, [], ["reset"])


@pytest.mark.parametrize("kind", [Kind.TRUNCATE, Kind.WRONG_LENGTH, Kind.RESET])
def test_servers_without_a_line_never_end_the_reply(kind: Kind) -> None:
    wire = play(Fault(kind), b"0123", b"4567", line=False)
    assert (wire.acts, wire.over) == ([], False)


def draws(**told: Any) -> list[float]:
    fault = Fault(Kind.LATENCY, told)
    return [draw_delay(fault, Random(number), LONGEST) for number in range(2000)]


@pytest.mark.parametrize(
    ("told", "middle", "holds"),
    [
        ({"ms": 100}, 100, lambda ms: ms == 100),
        ({"distribution": "uniform", "ms": 100, "to_ms": 300}, 200, lambda ms: 100 <= ms <= 300),
        ({"distribution": "uniform", "ms": 100}, 150, lambda ms: 100 <= ms <= 200),
        ({"distribution": "normal", "ms": 100, "deviation_ms": 10}, 100, lambda ms: 40 < ms < 160),
        ({"distribution": "normal", "ms": 100}, 100, lambda ms: ms >= 0),
        ({"distribution": "lognormal", "ms": 100, "sigma": 0.3}, 100, lambda ms: ms > 0),
        ({"distribution": "lognormal", "ms": 0}, 0, lambda ms: ms == 0),
    ],
)
def test_latency_is_distributed_as_told(
    told: dict[str, Any], middle: float, holds: Callable[[float], bool]
) -> None:
    found = sorted(draws(**told))
    assert all(map(holds, found))
    assert found[1000] == pytest.approx(middle, rel=0.05)


def test_latency_is_bounded() -> None:
    assert max(draws(distribution="lognormal", ms=20_000, sigma=3)) == LONGEST
    assert min(draws(distribution="normal", ms=10, deviation_ms=1000)) == 0


def test_late_request_holds_up_no_other() -> None:
    mock = create_app(Settings())
    asyncio.run(_overtake(mock.app, mock.app._fault_injector))


async def _overtake(app: Asgi, injector: Any) -> None:
    asleep, may_wake = asyncio.Event(), asyncio.Event()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        asleep.set()
        await may_wake.wait()

    injector._sleep = sleep
    done: list[str] = []

    async def ask(name: str, headers: dict[str, str]) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                done.append(name)

        await app(request_scope("GET", POLL, TALKDESK | headers), receive, send)

    late = asyncio.create_task(ask("late", {"x-mock-fault": "latency; ms=12000"}))
    await asleep.wait()
    await ask("quick", {})
    assert done == ["quick"]
    may_wake.set()
    await late
    assert (done, slept) == (["quick", "late"], [12.0])
