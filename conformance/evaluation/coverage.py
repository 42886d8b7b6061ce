"""Coverage: what a run has observed of a vendor's lifecycle and operations, and what not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final, TypeVar

from conformance.contract_queries import value_at
from conformance.http import BYTE_ORDER_MARK, NOT_JSON, Exchange
from conformance.target.tracker import JobHistory, state_label
from specs import PROFILES, Contract, Lifecycle

# What requests serve, by the part of the suite that sends them.
_PURPOSES: Final = MappingProxyType(
    {
        "preflight": "preflight",
        "credentials": "tokens",
        "fuzz": "fuzz",
        "negative": "negative",
        "active check": "check one rule",
        "clean-up": "clean-up",
    }
)
# Actions of the lifecycle that are known by another word.
_ACTIONS: Final = MappingProxyType({"fetch": "download"})
CONCURRENT: Final = "concurrent"
SHRINK: Final = "shrink"
REPEATED: Final = "repeated"

Transition = tuple[str, str]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Coverage:
    """States and transitions by their names on the wire; statuses counted by operation.

    `purposes` counts the requests by what they served.
    """

    states_seen: tuple[str, ...]
    states_not_seen: tuple[str, ...]
    edges_seen: tuple[Transition, ...]
    edges_not_seen: tuple[Transition, ...]
    operations: dict[str, dict[str, int]]
    purposes: dict[str, int] = field(default_factory=dict)


def measure_coverage(
    contract: Contract, jobs: Sequence[JobHistory], exchanges: Iterable[Exchange]
) -> Coverage:
    """Return the coverage of a run."""
    lifecycle = contract.lifecycle
    states = _unique(state_label(lifecycle, {name}) for name in lifecycle.states)
    edges = _unique(_wire_edges(lifecycle))
    seen = {observation.state for job in jobs for observation in job.observations}
    transitions = {transition for job in jobs for transition in transitions_of(job)}
    return Coverage(
        tuple(state for state in states if state in seen),
        tuple(state for state in states if state not in seen),
        tuple(edge for edge in edges if edge in transitions),
        tuple(edge for edge in edges if edge not in transitions),
        _operations(contract, exchanges),
    )


def transitions_of(job: JobHistory) -> Iterator[Transition]:
    """Yield the transitions that were observed of a job."""
    for before, after in pairwise(seen.state for seen in job.observations):
        if before != after:
            yield before, after


def _wire_edges(lifecycle: Lifecycle) -> Iterator[Transition]:
    for edge in lifecycle.edges:
        start, end = (state_label(lifecycle, {name}) for name in (edge.start, edge.end))
        if start != end:
            yield start, end


def _operations(contract: Contract, exchanges: Iterable[Exchange]) -> dict[str, dict[str, int]]:
    counters: dict[str, Counter[str]] = {name: Counter() for name in contract.operations}
    for exchange in exchanges:
        if exchange.operation in counters:
            status = exchange.status
            counters[exchange.operation]["no answer" if status is None else str(status)] += 1
    return {name: dict(sorted(counter.items())) for name, counter in counters.items()}


def count_purposes(
    contract: Contract, exchanges: Iterable[Exchange], shrinking: range, sent: int
) -> dict[str, int]:
    """Return how many of a run's requests served what, the most frequent first.

    `shrinking` are the numbers of the exchanges that made failures smaller. Of the `sent` requests
    those without an exchange of their own were repeated: under load, after an incomplete response,
    or with a new token.
    """
    actions = {
        action.operation: _ACTIONS.get(name, name)
        for name, action in contract.lifecycle.actions.items()
    }
    counter: Counter[str] = Counter()
    for exchange in exchanges:
        if exchange.number in shrinking:
            purpose = SHRINK
        elif exchange.together:
            purpose = CONCURRENT
        else:
            action = actions.get(exchange.operation or "", "other")
            purpose = _PURPOSES.get(exchange.driver, action)
        counter[purpose] += 1
    if (rest := sent - counter.total()) > 0:
        counter[REPEATED] = rest
    return dict(counter.most_common())


def _unique(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(items))


def byte_order_mark_hints(exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """Return a hint where JSON begins with a byte order mark, which RFC 8259 (8.1) forbids to add.

    The RFC lets readers ignore one, so it is not a failure.
    """
    for exchange in exchanges:
        if exchange.response_body.startswith(BYTE_ORDER_MARK) and exchange.json is not NOT_JSON:
            where = f"{exchange.request.method} {exchange.request.path}"
            return (f"JSON begins with a byte order mark, such as in the answer to {where}.",)
    return ()


def quota_hints(held_back: Mapping[str, int]) -> tuple[str, ...]:
    """Return a hint where `max_created` held back requests that might have created something."""
    if not held_back:
        return ()
    counts = ", ".join(f"{count} of {operation}" for operation, count in held_back.items())
    return (f"Not sent, because of max_created in the target file: requests ({counts}).",)


def profile_hints(
    contract: Contract,
    exchanges: Iterable[Exchange],
    load_profile: Callable[[str], Contract] | None,
) -> tuple[str, ...]:
    """Return the hint to try another profile, where the target's responses match it better."""
    unlisted = [exchange for exchange in exchanges if _is_unlisted(contract, exchange)]
    if load_profile is None or not unlisted:
        return ()
    for profile in PROFILES:
        if profile == contract.profile:
            continue
        matches = sorted(set(_matches(contract, load_profile(profile), unlisted)))
        if matches:
            return (f"The target answers with {', '.join(matches)}: try --profile {profile}.",)
    return ()


def _is_unlisted(contract: Contract, exchange: Exchange) -> bool:
    """Return True for a response with a status or a state that the profile does not list."""
    if exchange.operation is None or exchange.status is None:
        return False
    state = _state(contract, exchange)
    states = {state.wire for state in contract.lifecycle.states.values()}
    unlisted = exchange.status not in contract.operations[exchange.operation].responses
    return unlisted or (state is not None and state not in states)


def _matches(here: Contract, there: Contract, unlisted: Iterable[Exchange]) -> Iterator[str]:
    """Yield the statuses and states of the exchanges that the other profile lists."""
    states = {state.wire for state in there.lifecycle.states.values()}
    for exchange in unlisted:
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
    state = value_at(exchange.json, location.status)
    return state if isinstance(state, str) else None
