"""The way to a finding: the exchanges that must come before its proof, so that it shows again."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.contract_queries import SAFE_METHODS, created_ids
from conformance.evaluation.result import ReplayStep
from conformance.http.exchange import Exchange, RecordedRequest
from conformance.target.tracker import JobHistory, ResourceTracker
from specs import Contract

# An id as short as that is found in paths and queries only: in a body it may be anything.
MIN_LENGTH_IN_BODY = 8


def replay_steps(
    proof: Sequence[Exchange],
    exchanges: Sequence[Exchange],
    ledger: ResourceTracker,
    contract: Contract,
) -> tuple[ReplayStep, ...]:
    """Return the way to a proof, with the states that jobs were in."""
    made = {id_: origin for name in ledger.parameters for id_, origin in ledger.origins(name)}
    return tuple(
        ReplayStep(
            exchange,
            state_at(exchange, ledger.jobs),
            _made(contract, exchange),
            exchange.status,
        )
        for exchange in collect_prerequisites(proof, exchanges, made)
    )


def _made(contract: Contract, exchange: Exchange) -> tuple[tuple[str, str], ...]:
    succeeded = exchange.status is not None and exchange.status < 400
    if exchange.operation is None or not succeeded:
        return ()
    return tuple(dict.fromkeys(created_ids(contract, exchange)))


def collect_prerequisites(
    proof: Sequence[Exchange], exchanges: Sequence[Exchange], made: Mapping[str, Exchange]
) -> tuple[Exchange, ...]:
    """Return the proof, after what made and changed the things that it names, in their order.

    `made` tells which exchange made an id.
    """
    wanted = {exchange.number: exchange for exchange in proof}
    last = max(wanted, default=0)
    ids: set[str] = set()
    while more := {id_ for e in wanted.values() for id_ in named_ids(e, made)} - ids:
        ids |= more
        wanted |= {made[id_].number: made[id_] for id_ in more if made[id_].number <= last}
        wanted |= {e.number: e for e in exchanges if e.number < last and _changes(e, ids, made)}
    return tuple(wanted[number] for number in sorted(wanted))


def _changes(exchange: Exchange, ids: set[str], made: Mapping[str, Exchange]) -> bool:
    succeeded = exchange.status is not None and exchange.status < 400
    changing = exchange.request.method not in SAFE_METHODS and succeeded
    return changing and not ids.isdisjoint(_in_path(exchange, made))


def named_ids(exchange: Exchange, made: Mapping[str, Exchange]) -> Iterator[str]:
    """Yield the ids made by the run that a request names."""
    yield from _in_path(exchange, made)
    for _, value in parse_qsl(urlsplit(exchange.request.url).query):
        yield from (text for text in value.split(",") if text in made)
    body = exchange.request.body
    if body:
        yield from (id_ for id_ in made if len(id_) >= MIN_LENGTH_IN_BODY and id_.encode() in body)


def _in_path(exchange: Exchange, made: Mapping[str, Exchange]) -> set[str]:
    segments = (unquote(segment) for segment in exchange.request.path.split("/"))
    return {segment for segment in segments if segment in made}


def state_at(exchange: Exchange, jobs: Sequence[JobHistory]) -> tuple[str, str] | None:
    """Return id and state (as on the wire) of the job that a request names, as last seen then."""
    values = {str(value) for value in exchange.path_parameters.values()}
    for job in jobs:
        if job.id in values and job.creation is not exchange:
            seen = [s.state for s in job.observations if s.exchange.number <= exchange.number]
            if seen:
                return job.id, seen[-1]
    return None


def step_to_json(waypoint: ReplayStep) -> dict[str, Any]:
    """Return a waypoint as JSON types."""
    exchange = waypoint.exchange
    sent = exchange.request
    query = urlsplit(sent.url).query
    return {
        "number": exchange.number,
        "operation": exchange.operation,
        "driver": exchange.driver,
        "role": sent.role,
        "valid": exchange.valid,
        "method": sent.method,
        "target": f"{sent.path}?{query}" if query else sent.path,
        "headers": dict(sent.headers),
        "body": None if sent.body is None else base64.b64encode(sent.body).decode(),
        "path_parameters": {name: str(v) for name, v in exchange.path_parameters.items()},
        "waits_for": waypoint.waits_for and list(waypoint.waits_for),
        "made": [list(pair) for pair in waypoint.created],
        "status": waypoint.status,
    }


def step_from_json(row: Mapping[str, Any]) -> ReplayStep:
    """Return the waypoint of `record`; its exchange has no answer."""
    path, _, query = row["target"].partition("?")
    sent = RecordedRequest(
        method=row["method"],
        url=row["target"],
        path=path,
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=row["headers"],
        body=None if row["body"] is None else base64.b64decode(row["body"]),
        role=row["role"],
    )
    exchange = Exchange(
        row["number"],
        row["operation"],
        sent,
        None,
        None,
        row["driver"],
        row["valid"],
        row["path_parameters"],
    )
    waits = row["waits_for"]
    made = tuple((name, id_) for name, id_ in row["made"])
    return ReplayStep(exchange, (waits[0], waits[1]) if waits else None, made, row["status"])
