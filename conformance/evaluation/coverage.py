"""What a run has seen of a vendor's lifecycle and operations, and what it has not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from conformance.http.exchange import BYTE_ORDER_MARK, NOT_JSON, Exchange
from conformance.target.tracker import JobHistory
from specs import PROFILES, Contract, Lifecycle
from specs.pointer import find

Transition = tuple[str, str]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Coverage:
    """States and moves by their names on the wire; statuses counted by operation."""

    states_seen: tuple[str, ...]
    states_not_seen: tuple[str, ...]
    edges_seen: tuple[Transition, ...]
    edges_not_seen: tuple[Transition, ...]
    operations: dict[str, dict[str, int]]


def measure_coverage(
    contract: Contract, jobs: Sequence[JobHistory], exchanges: Iterable[Exchange]
) -> Coverage:
    """Return the coverage of a run."""
    lifecycle = contract.lifecycle
    states = _unique(state.wire for state in lifecycle.states.values())
    edges = _unique(_wire_edges(lifecycle))
    seen = {sighting.state for job in jobs for sighting in job.observations}
    moves = {move for job in jobs for move in transitions_of(job)}
    return Coverage(
        tuple(state for state in states if state in seen),
        tuple(state for state in states if state not in seen),
        tuple(edge for edge in edges if edge in moves),
        tuple(edge for edge in edges if edge not in moves),
        _operations(contract, exchanges),
    )


def transitions_of(job: JobHistory) -> Iterator[Transition]:
    """Yield the changes of state that a job was seen to make."""
    for before, after in pairwise(sighting.state for sighting in job.observations):
        if before != after:
            yield before, after


def _wire_edges(lifecycle: Lifecycle) -> Iterator[Transition]:
    for edge in lifecycle.edges:
        start, end = lifecycle.wire_name(edge.start), lifecycle.wire_name(edge.end)
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


def profile_hints(
    contract: Contract,
    exchanges: Iterable[Exchange],
    again: Callable[[str], Contract] | None,
) -> tuple[str, ...]:
    """Return the hint to try another profile, where the target speaks it."""
    odd = [exchange for exchange in exchanges if _is_unlisted(contract, exchange)]
    if again is None or not odd:
        return ()
    for profile in PROFILES:
        if profile == contract.profile:
            continue
        signs = sorted(set(_signs(contract, again(profile), odd)))
        if signs:
            return (f"The target answers with {', '.join(signs)}: try --profile {profile}.",)
    return ()


def byte_order_mark_hints(exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """Return a hint where JSON begins with a byte order mark, which RFC 8259 (8.1) forbids to add.

    It lets readers overlook one, so nobody is judged by it.
    """
    for exchange in exchanges:
        if exchange.response_body.startswith(BYTE_ORDER_MARK) and exchange.json is not NOT_JSON:
            where = f"{exchange.request.method} {exchange.request.path}"
            return (f"JSON begins with a byte order mark, such as in the answer to {where}.",)
    return ()


def _is_unlisted(contract: Contract, exchange: Exchange) -> bool:
    """Tell whether an answer has a status or a state that this profile does not list."""
    if exchange.operation is None or exchange.status is None:
        return False
    state = _state(contract, exchange)
    states = {known.wire for known in contract.lifecycle.states.values()}
    unlisted = exchange.status not in contract.operations[exchange.operation].responses
    return unlisted or (state is not None and state not in states)


def _signs(here: Contract, there: Contract, odd: Iterable[Exchange]) -> Iterator[str]:
    """Yield what the other profile lists: statuses, and names of states."""
    states = {state.wire for state in there.lifecycle.states.values()}
    for exchange in odd:
        operation, status = exchange.operation or "", exchange.status or 0
        if status not in here.operations[operation].responses:
            if status in there.operations[operation].responses:
                yield f"status {status}"
        elif (state := _state(here, exchange)) in states:
            yield f"the state {state!r}"


def _state(contract: Contract, exchange: Exchange) -> str | None:
    location = contract.lifecycle.locations.get(exchange.operation or "")
    if location is None or location.status is None or location.items is not None:
        return None
    try:
        state = find(exchange.json, location.status)
    except (LookupError, TypeError):
        return None
    return state if isinstance(state, str) else None
