"""Hints to the user that are no verdicts."""

from collections.abc import Callable, Iterable, Iterator

from conformance.exchange import Exchange
from specs import PROFILES, Contract
from specs.pointer import find


def notes(
    contract: Contract,
    exchanges: Iterable[Exchange],
    again: Callable[[str], Contract] | None,
) -> tuple[str, ...]:
    """Return the hint to try another profile, where the target speaks it."""
    if again is None:
        return ()
    seen = list(exchanges)
    for profile in PROFILES:
        if profile == contract.profile:
            continue
        signs = sorted(set(_signs(contract, again(profile), seen)))
        if signs:
            return (f"The target answers with {', '.join(signs)}: try --profile {profile}.",)
    return ()


def _signs(here: Contract, there: Contract, exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Yield what only the other profile knows: names of states, and statuses."""
    own = {state.wire for state in here.lifecycle.states.values()}
    others = {state.wire for state in there.lifecycle.states.values()} - own
    for exchange in exchanges:
        if exchange.operation is None or exchange.status is None:
            continue
        known = here.operations[exchange.operation].responses
        if exchange.status not in known:
            if exchange.status in there.operations[exchange.operation].responses:
                yield f"status {exchange.status}"
        elif (state := _state(here, exchange)) in others:
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
