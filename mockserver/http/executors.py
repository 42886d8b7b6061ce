"""Where work that may have to wait is done: beside the event loop, or at once where none waits."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar, TypeVarTuple

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

    return await to_thread(function, *arguments)
