"""Reproduction of a failure: its prerequisites as steps, replay, shrinking."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.evaluation import ReplayStep
from conformance.http import SAFE_METHODS, Exchange, RecordedRequest
from conformance.target.tracker import JobHistory, ResourceTracker, created_ids
from specs import Contract

# A shorter id is looked for in paths and queries only: in a body it may be anything.
MIN_LENGTH_IN_BODY = 8


def replay_steps(
    evidence: Sequence[Exchange],
    exchanges: Sequence[Exchange],
    tracker: ResourceTracker,
    contract: Contract,
) -> tuple[ReplayStep, ...]:
    """Return the steps that lead to the evidence of a failure, with the states of jobs."""
    created = {id_: e for name in tracker.parameters for id_, e in tracker.origins(name)}
    return tuple(
        ReplayStep(
            exchange,
            state_at(exchange, tracker.jobs),
            _created_ids(contract, exchange),
            exchange.status,
        )
        for exchange in collect_prerequisites(evidence, exchanges, created)
    )


def _succeeded(exchange: Exchange) -> bool:
    return exchange.status is not None and exchange.status < 400


def _created_ids(contract: Contract, exchange: Exchange) -> tuple[tuple[str, str], ...]:
    if exchange.operation is None or not _succeeded(exchange):
        return ()
    return tuple(dict.fromkeys(created_ids(contract, exchange)))


def collect_prerequisites(
    evidence: Sequence[Exchange], exchanges: Sequence[Exchange], created: Mapping[str, Exchange]
) -> tuple[Exchange, ...]:
    """Return the evidence after what created and changed the resources that it names, in order.

    `created` maps ids to the exchanges that created them.
    """
    collected = {exchange.number: exchange for exchange in evidence}
    last = max(collected, default=0)
    ids: set[str] = set()
    while new := {id_ for e in collected.values() for id_ in named_ids(e, created)} - ids:
        ids |= new
        collected |= {created[i].number: created[i] for i in new if created[i].number <= last}
        collected |= {
            e.number: e
            for e in exchanges
            if e.number < last
            and e.request.method not in SAFE_METHODS
            and _succeeded(e)
            and not ids.isdisjoint(_ids_in_path(e, created))
        }
    return tuple(collected[number] for number in sorted(collected))


def named_ids(exchange: Exchange, created: Mapping[str, Exchange]) -> Iterator[str]:
    """Yield the ids created by the run that a request contains."""
    yield from _ids_in_path(exchange, created)
    for _, value in parse_qsl(urlsplit(exchange.request.url).query):
        yield from (text for text in value.split(",") if text in created)
    body = exchange.request.body
    if body:
        long_ids = (id_ for id_ in created if len(id_) >= MIN_LENGTH_IN_BODY)
        yield from (id_ for id_ in long_ids if id_.encode() in body)


def _ids_in_path(exchange: Exchange, created: Mapping[str, Exchange]) -> set[str]:
    return {unquote(segment) for segment in exchange.request.path.split("/")} & created.keys()


def state_at(exchange: Exchange, jobs: Sequence[JobHistory]) -> tuple[str, str] | None:
    """Return id and last observed state (its wire name) of the job that a request names."""
    values = {str(value) for value in exchange.path_parameters.values()}
    for job in jobs:
        if job.id in values and job.creation is not exchange:
            earlier = [o for o in job.observations if o.exchange.number <= exchange.number]
            if earlier:
                return job.id, earlier[-1].state
    return None


def step_to_json(step: ReplayStep) -> dict[str, Any]:
    """Return a step as JSON types, free of secrets."""
    exchange = step.exchange
    request = exchange.request
    query = urlsplit(request.url).query
    return {
        "number": exchange.number,
        "operation": exchange.operation,
        "driver": exchange.driver,
        "role": request.role,
        "valid": exchange.valid,
        "method": request.method,
        "target": f"{request.path}?{query}" if query else request.path,
        "headers": dict(request.headers),
        "body": None if request.body is None else base64.b64encode(request.body).decode(),
        "path_parameters": {name: str(v) for name, v in exchange.path_parameters.items()},
        "waits_for": step.waits_for and list(step.waits_for),
        "made": [list(pair) for pair in step.created],
        "status": step.status,
    }


def step_from_json(row: Mapping[str, Any]) -> ReplayStep:
    """Return the step of `step_to_json`; its exchange has no response."""
    path, _, query = row["target"].partition("?")
    request = RecordedRequest(
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
        request,
        response=None,
        failure=None,
        driver=row["driver"],
        valid=row["valid"],
        path_parameters=row["path_parameters"],
    )
    waits = row["waits_for"]
    created = tuple((name, id_) for name, id_ in row["made"])
    return ReplayStep(exchange, (waits[0], waits[1]) if waits else None, created, row["status"])
