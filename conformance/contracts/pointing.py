"""Finds values in JSON bodies by JSON pointers in which `-` stands for every item of a list."""

from collections.abc import Iterator
from typing import Any, Final


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


def holders(body: Any, pointer: str) -> Iterator[tuple[str, Any, str]]:
    """Yield (place, holder, name) of everything that could hold the last member of `pointer`.

    The holder is an object (or, for a last `-`, a list); nothing is yielded where it is missing
    or of another type.
    """
    *way, last = pointer.split("/")[1:]
    for place, value in _walk("", body, way):
        if isinstance(value, list if last == "-" else dict):
            yield place, value, last.replace("~1", "/").replace("~0", "~")


def members(body: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of each value that `pointer` names in `body`; `""` names it all."""
    if not pointer:
        yield "", body
        return
    yield from _walk("", body, pointer.split("/")[1:])


def value_at(body: Any, pointer: str) -> Any:
    """Return the first value that `pointer` names in `body`, or ABSENT."""
    return next((value for _, value in members(body, pointer)), ABSENT)


def texts(body: Any) -> Iterator[str]:
    """Yield every text in a body."""
    if isinstance(body, str):
        yield body
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for value in inner:
        yield from texts(value)


def _walk(place: str, value: Any, way: list[str]) -> Iterator[tuple[str, Any]]:
    if not way:
        yield place, value
        return
    name = way[0].replace("~1", "/").replace("~0", "~")
    if way[0] == "-" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(f"{place}/{index}", item, way[1:])
    elif isinstance(value, dict) and name in value:
        yield from _walk(f"{place}/{way[0]}", value[name], way[1:])
