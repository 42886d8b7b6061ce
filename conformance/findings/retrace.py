"""The way to a finding: the exchanges that must come before its proof, so that it shows again."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.access.ledger import JobHistory, Ledger
from conformance.contracts.inspection import SAFE, ids_made
from conformance.traffic.exchange import Exchange
from conformance.verdicts.result import Waypoint
from specs import Contract

# An id as short as that is found in paths and queries only: in a body it may be anything.
SHORT = 8


def way_to(
    proof: Sequence[Exchange], exchanges: Sequence[Exchange], ledger: Ledger, contract: Contract
) -> tuple[Waypoint, ...]:
    """Return the way to a proof, with the states that jobs were in."""
    made = {id_: origin for name in ledger.parameters for id_, origin in ledger.origins(name)}
    return tuple(
        Waypoint(
            exchange,
            state_at(exchange, ledger.jobs),
            _made(contract, exchange),
            exchange.status,
        )
        for exchange in retrace(proof, exchanges, made)
    )


def _made(contract: Contract, exchange: Exchange) -> tuple[tuple[str, str], ...]:
    succeeded = exchange.status is not None and exchange.status < 400
    if exchange.operation is None or not succeeded:
        return ()
    return tuple(dict.fromkeys(ids_made(contract, exchange)))


def retrace(
    proof: Sequence[Exchange], exchanges: Sequence[Exchange], made: Mapping[str, Exchange]
) -> tuple[Exchange, ...]:
    """Return the proof, after what made and changed the things that it names, in their order.

    `made` tells which exchange made an id.
    """
    wanted = {exchange.number: exchange for exchange in proof}
    last = max(wanted, default=0)
    ids: set[str] = set()
    while more := {id_ for e in wanted.values() for id_ in named(e, made)} - ids:
        ids |= more
        wanted |= {made[id_].number: made[id_] for id_ in more if made[id_].number <= last}
        wanted |= {e.number: e for e in exchanges if e.number < last and _changes(e, ids, made)}
    return tuple(wanted[number] for number in sorted(wanted))


def _changes(exchange: Exchange, ids: set[str], made: Mapping[str, Exchange]) -> bool:
    succeeded = exchange.status is not None and exchange.status < 400
    changing = exchange.sent.method not in SAFE and succeeded
    return changing and not ids.isdisjoint(_in_path(exchange, made))


def named(exchange: Exchange, made: Mapping[str, Exchange]) -> Iterator[str]:
    """Yield the ids made by the run that a request names."""
    yield from _in_path(exchange, made)
    for _, value in parse_qsl(urlsplit(exchange.sent.url).query):
        yield from (text for text in value.split(",") if text in made)
    body = exchange.sent.body
    if body:
        yield from (id_ for id_ in made if len(id_) >= SHORT and id_.encode() in body)


def _in_path(exchange: Exchange, made: Mapping[str, Exchange]) -> set[str]:
    segments = (unquote(segment) for segment in exchange.sent.path.split("/"))
    return {segment for segment in segments if segment in made}


def state_at(exchange: Exchange, jobs: Sequence[JobHistory]) -> tuple[str, str] | None:
    """Return id and state (as on the wire) of the job that a request names, as last seen then."""
    values = {str(value) for value in exchange.path_parameters.values()}
    for job in jobs:
        if job.id in values and job.request is not exchange:
            seen = [s.state for s in job.sightings if s.exchange.number <= exchange.number]
            if seen:
                return job.id, seen[-1]
    return None
