"""The way of a request through the application; here is where work that may block is run."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Protocol, TypeVar, TypeVarTuple

from mockserver.errors import ASKED_AT

Ts = TypeVarTuple("Ts")
T = TypeVar("T")


class Executor(Protocol):
    """Calls a function and returns what it returned."""

    def __call__(self, function: Callable[[*Ts], T], *arguments: *Ts) -> Awaitable[T]: ...


async def call_inline(function: Callable[[*Ts], T], *arguments: *Ts) -> T:
    """Call a function that never waits."""
    return function(*arguments)


async def call_in_thread(function: Callable[[*Ts], T], *arguments: *Ts) -> T:
    """Call a function in a thread, so that other requests go on while it waits."""
    from asyncio import to_thread  # noqa: PLC0415 (in memory nobody needs it)

    ASKED_AT.set(monotonic())
    return await to_thread(function, *arguments)
