"""Hints to the user that are no verdicts."""

from collections.abc import Callable, Iterable, Iterator

from conformance.traffic.exchange import Exchange
from specs import PROFILES, Contract
from specs.pointer import find


def notes(
    contract: Contract,
    exchanges: Iterable[Exchange],
    again: Callable[[str], Contract] | None,
) -> tuple[str, ...]:
    """Return the hint to try another profile, where the target speaks it."""
    odd = [exchange for exchange in exchanges if _is_odd(contract, exchange)]
    if again is None or not odd:
        return ()
    for profile in PROFILES:
        if profile == contract.profile:
            continue
        signs = sorted(set(_signs(contract, again(profile), odd)))
        if signs:
            return (f"The target answers with {', '.join(signs)}: try --profile {profile}.",)
    return ()


def _is_odd(contract: Contract, exchange: Exchange) -> bool:
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
