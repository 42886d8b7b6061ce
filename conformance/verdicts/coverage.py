"""What a run has seen of a vendor's lifecycle and operations, and what it has not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from conformance.access.ledger import JobHistory
from conformance.traffic.exchange import Exchange
from specs import Contract, Lifecycle

Move = tuple[str, str]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Coverage:
    """States and moves by their names on the wire; statuses counted by operation."""

    states_seen: tuple[str, ...]
    states_not_seen: tuple[str, ...]
    edges_seen: tuple[Move, ...]
    edges_not_seen: tuple[Move, ...]
    operations: dict[str, dict[str, int]]


def measure(
    contract: Contract, jobs: Sequence[JobHistory], exchanges: Iterable[Exchange]
) -> Coverage:
    """Return the coverage of a run."""
    lifecycle = contract.lifecycle
    states = _unique(state.wire for state in lifecycle.states.values())
    edges = _unique(_wire_edges(lifecycle))
    seen = {sighting.state for job in jobs for sighting in job.sightings}
    moves = {move for job in jobs for move in moves_of(job)}
    return Coverage(
        tuple(state for state in states if state in seen),
        tuple(state for state in states if state not in seen),
        tuple(edge for edge in edges if edge in moves),
        tuple(edge for edge in edges if edge not in moves),
        _operations(contract, exchanges),
    )


def moves_of(job: JobHistory) -> Iterator[Move]:
    """Yield the changes of state that a job was seen to make."""
    for before, after in pairwise(sighting.state for sighting in job.sightings):
        if before != after:
            yield before, after


def _wire_edges(lifecycle: Lifecycle) -> Iterator[Move]:
    for edge in lifecycle.edges:
        start, end = lifecycle.wire(edge.start), lifecycle.wire(edge.end)
        if start != end:
            yield start, end


def _operations(contract: Contract, exchanges: Iterable[Exchange]) -> dict[str, dict[str, int]]:
    counters: dict[str, Counter[str]] = {name: Counter() for name in contract.operations}
    for exchange in exchanges:
        if exchange.operation in counters:
            status = exchange.status
            counters[exchange.operation]["no answer" if status is None else str(status)] += 1
    return {name: dict(sorted(counter.items())) for name, counter in counters.items()}


def _unique(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(items))
