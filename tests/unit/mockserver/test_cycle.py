"""Requests run at once until they have to wait, and go on in a task from there."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from mockserver.server.cycle import begin


def run(serving: Coroutine[Any, Any, None], cancel: bool = False) -> bool:
    """Begin a coroutine, let a task go on with it, and return whether anything was left."""

    async def ran() -> bool:
        left = begin(serving)
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
