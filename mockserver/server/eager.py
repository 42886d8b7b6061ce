"""Running a coroutine at once, until it has to wait."""

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any


def begin(serving: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
    """Run a coroutine until it has to wait; return what is left of it, for a task to go on with.

    Most requests never wait, and a task for each of them costs more than some of what it does.
    """
    try:
        waits_for = serving.send(None)
    except StopIteration:
        return None
    return _go_on(serving, waits_for)


@coroutine
def _go_on(serving: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    while True:
        fault: BaseException | None = None
        try:
            yield waits_for
        except BaseException as error:  # noqa: BLE001 (the coroutine's to handle)
            fault = error
        try:
            waits_for = serving.send(None) if fault is None else serving.throw(fault)
        except StopIteration:
            return
