"""Removes what the run has made, checks that it is gone, and tells what it had to leave behind."""

from dataclasses import dataclass

from conformance.contract_queries import id_parameters
from conformance.errors import SuiteError
from conformance.http.exchange import Exchange
from conformance.target.client import Client
from specs import Operation
from specs.pointer import find

DRIVER = "clean-up"
MAX_NAMED = 5
GONE = frozenset({403, 404, 410})


@dataclass(frozen=True, slots=True)
class CreatedResource:
    """Something that the run made: its id, the parameters that the id fits, how it came to be."""

    id: str
    parameters: tuple[str, ...]
    origin: Exchange


def clean_up(client: Client) -> tuple[str, ...]:
    """Delete what this run made and can delete; return sentences about what is left."""
    left: list[str] = []
    lasting: list[str] = []
    for thing in _created_resources(client):
        deletes = [o for o in _operations_on(client, thing) if o.method == "DELETE"]
        if not deletes:
            lasting.append(thing.id)
        elif not _delete(client, thing, deletes):
            left.append(thing.id)
    sentences = [_sentence("Left behind at the target", left)] if left else []
    if lasting:
        sentences.append(_sentence("Made by this run, and not to be deleted by this API", lasting))
    return tuple(sentences)


def _sentence(what: str, ids: list[str]) -> str:
    more = f" and {len(ids) - MAX_NAMED} more" if len(ids) > MAX_NAMED else ""
    return f"{what}: {', '.join(ids[:MAX_NAMED])}{more}."


def _created_resources(client: Client) -> list[CreatedResource]:
    """Return what was made; things of two kinds may have the same id."""
    found: dict[tuple[str, int], CreatedResource] = {}
    for name in client.tracker.parameters:
        for value, origin in client.tracker.origins(name):
            key = (value, origin.number)
            names = found[key].parameters if key in found else ()
            found[key] = CreatedResource(value, (*names, name), origin)
    return list(found.values())


def _operations_on(client: Client, thing: CreatedResource) -> list[Operation]:
    """Return the operations whose path names the thing and nothing else of anybody's."""
    return [
        operation
        for operation in client.contract.operations.values()
        if len(ids := id_parameters(client.contract, operation)) == 1 and ids[0] in thing.parameters
    ]


def _delete(client: Client, thing: CreatedResource, deletes: list[Operation]) -> bool:
    statuses = []
    try:
        for operation in deletes:
            statuses.append(_call(client, operation, thing).status)
            if statuses[-1] in {200, 202, 204}:
                return _is_gone(client, thing)
    except (SuiteError, LookupError):
        return False
    return all(status in GONE for status in statuses)  # it ended before


def _is_gone(client: Client, thing: CreatedResource) -> bool:
    """Read the thing once more, where that is possible: it must be gone, or at its end."""
    states = client.contract.lifecycle.states.values()
    going_on = {state.wire.lower() for state in states if not state.final}
    poll = client.contract.lifecycle.actions["poll"].operation
    for operation in _operations_on(client, thing):
        location = client.contract.lifecycle.locations.get(operation.id)
        if operation.method != "GET" or (location and operation.id != poll):
            continue
        exchange = _call(client, operation, thing)
        if location and location.status and exchange.status == 200:
            return str(_value(exchange, location.status)).lower() not in going_on
        return exchange.status in GONE
    return True


def _value(exchange: Exchange, pointer: str) -> object:
    try:
        return find(exchange.json, pointer)
    except (LookupError, TypeError):
        return None


def _call(client: Client, operation: Operation, thing: CreatedResource) -> Exchange:
    origin = thing.origin.path_parameters
    names = [p["name"] for p in operation.parameters if p["in"] == "path"]
    path = {name: thing.id if name in thing.parameters else origin[name] for name in names}
    return client.call(operation.id, path=path, driver=DRIVER, role=thing.origin.request.role)
