"""A request runs at once until it has to wait; what a response writes, and when."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from mockserver.server.cycle import RequestCycle, run_eagerly
from mockserver.server.flow import FlowControl

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
CHUNKED = {**START, "headers": []}

Send = Callable[[Any], Awaitable[None]]
Act = Callable[[RequestCycle, Send], Awaitable[None]]


class Transport(asyncio.Transport):
    """Notes what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[bytes | str] = []

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.done.append(data)

    def close(self) -> None:
        self.done.append("close")

    def is_closing(self) -> bool:
        return "close" in self.done


def body(content: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


def after(act: Act, method: str = "GET", version: str = "1.1") -> list[list[bytes | str]]:
    """Return what was done to the transport until the request had to wait, and in the end."""

    async def run() -> list[list[bytes | str]]:
        transport = Transport()
        scope = {"type": "http", "http_version": version, "method": method, "path": "/"}
        flow = FlowControl(transport)
        cycle = RequestCycle(scope, transport, flow, lambda: None, ())

        async def app(_scope: Any, _receive: Any, send: Send) -> None:
            await act(cycle, send)

        left = cycle.start_eagerly(app)
        first = list(transport.done)
        if left is not None:
            await asyncio.get_running_loop().create_task(left)
        return [first, transport.done]

    return asyncio.run(run())


def test_head_and_body_are_one_write() -> None:
    async def act(_: RequestCycle, send: Send) -> None:
        await send(START)
        await send(body(b"ok"))

    assert after(act) == [[HEAD + b"ok"]] * 2


def test_a_head_does_not_wait_for_its_body() -> None:
    async def act(_: RequestCycle, send: Send) -> None:
        await send(START)
        await asyncio.sleep(0)
        await send(body(b"o", more=True))
        await send(body(b"k"))

    assert after(act) == [[HEAD], [HEAD, b"o", b"k"]]


def test_what_begins_after_a_wait_is_held_by_nobody() -> None:
    async def act(_: RequestCycle, send: Send) -> None:
        await asyncio.sleep(0)
        await send(START)
        await send(body(b"ok"))

    assert after(act) == [[], [HEAD, b"ok"]]


def test_a_body_without_length_comes_in_chunks() -> None:
    async def act(_: RequestCycle, send: Send) -> None:
        await send(CHUNKED)
        await send(body(b"ok", more=True))
        await send(body(b""))

    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    assert after(act)[1] == [head + b"2\r\nok\r\n", b"0\r\n\r\n"]


def test_a_body_without_length_ends_with_an_old_client_s_connection() -> None:
    async def act(cycle: RequestCycle, send: Send) -> None:
        await send(CHUNKED)
        await send(body(b"ok", more=True))
        await send(body(b""))
        assert not cycle.keep_alive

    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    assert after(act, version="1.0")[1] == [head + b"ok", b""]


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_has_no_body_gets_none(status: int) -> None:
    async def act(_: RequestCycle, send: Send) -> None:
        await send({**START, "status": status})
        await send(body(b"ok"))

    ((whole,), _) = after(act)
    assert isinstance(whole, bytes)
    assert whole.endswith(b"\r\ncontent-length: 2\r\n\r\n")
    assert b"chunked" not in whole


def test_head_has_the_length_of_the_body_that_get_would_have() -> None:
    async def act(_: RequestCycle, send: Send) -> None:
        await send(START)
        await send(body(b"ok"))

    assert after(act, "HEAD")[1] == [HEAD]


def test_a_connection_that_is_cut_has_what_was_sent_before() -> None:
    async def act(cycle: RequestCycle, send: Send) -> None:
        await send(START)
        cycle.write(b"!")
        cycle.close()
        await send(body(b"ok"))

    assert after(act)[1] == [HEAD, b"!", "close"]


@pytest.mark.parametrize("content", [b"o", b"oks"])
def test_a_body_of_another_length_ends_the_connection(
    content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(_: RequestCycle, send: Send) -> None:
        await send(START)
        await send(body(content))

    with caplog.at_level(logging.CRITICAL):
        assert after(act)[1] == [HEAD, "close"]


def test_what_fails_before_its_head_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    async def act(_: RequestCycle, _send: Send) -> None:
        raise LookupError("of the mock's own")

    ((whole, *rest), _) = after(act)
    assert isinstance(whole, bytes)
    assert whole.startswith(b"HTTP/1.1 500 ")
    assert b"connection: close" in whole
    assert not rest
    assert "of the mock's own" in caplog.text


def run(serving: Coroutine[Any, Any, None], cancel: bool = False) -> bool:
    """Begin a coroutine, let a task go on with it, and return whether anything was left."""

    async def ran() -> bool:
        left = run_eagerly(serving)
        if left is None:
            return False
        task = asyncio.get_running_loop().create_task(left)
        if cancel:
            await asyncio.sleep(0)
            task.cancel()
        await task
        return True

    return asyncio.run(ran())


def test_what_never_waits_is_done_at_once() -> None:
    done: list[int] = []

    async def serve() -> None:
        done.append(1)

    assert not run(serve())
    assert done == [1]


def test_what_waits_goes_on_where_it_was() -> None:
    done: list[object] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        later = loop.create_future()
        loop.call_soon(later.set_result, "came")
        done.append(await later)
        await asyncio.sleep(0)
        done.append(await asyncio.to_thread(lambda: "thread"))

    assert run(serve())
    assert done == ["came", "thread"]


def test_errors_come_out_before_and_after_a_wait() -> None:
    async def at_once() -> None:
        raise ValueError("at once")

    async def later() -> None:
        await asyncio.sleep(0)
        raise ValueError("later")

    for serving in (at_once, later):
        with pytest.raises(ValueError, match=r"at once|later"):
            run(serving())


def test_errors_of_what_was_waited_for_can_be_handled() -> None:
    done: list[str] = []

    async def serve() -> None:
        later = asyncio.get_running_loop().create_future()
        later.set_exception(OSError("gone"))
        try:
            await asyncio.shield(later)
        except OSError as error:
            done.append(str(error))

    run(serve())
    assert done == ["gone"]


def test_a_cancelled_task_cancels_what_it_goes_on_with() -> None:
    done: list[str] = []

    async def serve() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            done.append("cancelled")
            raise

    with pytest.raises(asyncio.CancelledError):
        run(serve(), cancel=True)
    assert done == ["cancelled"]
