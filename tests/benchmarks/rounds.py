"""Interleaving: in every round each server has its turn alone, in an order that rotates."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.benchmarks.server import Server

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: rounds, and seconds of load a turn and a spell of warming up."""

    rounds: int
    seconds: float
    warm: float
    connections: int

    def raw(self) -> dict[str, Any]:
        """The plan for the JSON file."""
        names = ("rounds", "seconds", "warm", "connections")
        return {name: getattr(self, name) for name in names}


def turns(items: Sequence[T], rounds: int) -> Iterator[T]:
    """Every item once a round; who goes first moves on, so that nobody always follows the same."""
    for number in range(rounds):
        first = number % len(items) if items else 0
        yield from (*items[first:], *items[:first])


def alone(server: Server, measure: Callable[[Server], T]) -> T:
    """Let a paused server run for one measurement, and pause it again."""
    server.resume()
    try:
        return measure(server)
    finally:
        server.pause()
