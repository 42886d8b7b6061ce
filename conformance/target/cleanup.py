"""The clean-up: deletes what the run has created, verifies it, and names what is left."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.contract_queries import create_operations, id_parameters, token_operation
from conformance.errors import SuiteError
from conformance.http import Exchange
from conformance.target.client import Client
from conformance.target.tracker import created_job_id, expected_id, observed_state
from specs import Operation

DRIVER = "clean-up"
MAX_NAMED = 5
GONE = frozenset({403, 404, 410})
NOT_OFFERED = frozenset({405, 501})


@dataclass(frozen=True, slots=True)
class CreatedResource:
    """Something that the run created: its id, the parameters that take it, its creation."""

    id: str
    parameters: tuple[str, ...]
    origin: Exchange


def clean_up(client: Client) -> tuple[str, ...]:
    """Delete what this run created and can delete; return sentences about what is left.

    From here on the run may use what its budget reserves for this.
    """
    client.budget.closing = True
    left: list[str] = []
    undeletable: list[str] = []
    for resource in _created_resources(client):
        deletes = [o for o in _operations_on(client, resource) if o.method == "DELETE"]
        if not deletes:
            undeletable.append(resource.id)
        elif not _delete(client, resource, deletes):
            left.append(resource.id)
    sentences = {
        "Left behind at the target": left,
        "Created by this run, and not to be deleted by this API": undeletable,
    }
    remaining = tuple(_sentence(subject, ids) for subject, ids in sentences.items() if ids)
    return (*remaining, *_without_id(client), *_unanswered(client))


def _unanswered(client: Client) -> Iterator[str]:
    """Yield a sentence for each operation whose responses were lost, when it may have made things.

    They are not looked for: what a list shows may be somebody else's.
    """
    token = token_operation(client.contract)
    lost: Counter[str] = Counter()
    for exchange in client.exchanges:
        name, is_post = exchange.operation, exchange.request.method == "POST"
        if name and is_post and exchange.valid is not False and (token is None or name != token.id):
            lost[name] += exchange.unanswered
    for name, count in sorted((+lost).items()):
        yield (
            f"Responses to {name} that were lost: {count}; what the target made or sent on these "
            "requests, if anything, is left behind."
        )


def _without_id(client: Client) -> Iterator[str]:
    """Yield a sentence for each operation that created jobs without showing their ids."""
    contract = client.contract
    for name in create_operations(contract):
        if id_parameters(contract, contract.operations[name]):
            continue
        lost = [
            exchange
            for exchange in client.exchanges
            if exchange.operation == name
            and 200 <= (exchange.status or 0) < 300
            and exchange.request.method == contract.operations[name].method
            and created_job_id(contract, exchange) is None
        ]
        if lost:
            yield (
                f"Created by {name} and left behind, for their ids are not known: {len(lost)}; "
                f"{expected_id(contract, lost[0])}."
            )


def _sentence(subject: str, ids: list[str]) -> str:
    more = f" and {len(ids) - MAX_NAMED} more" if len(ids) > MAX_NAMED else ""
    return f"{subject}: {', '.join(ids[:MAX_NAMED])}{more}."


def _created_resources(client: Client) -> list[CreatedResource]:
    """Return what was created; resources of two kinds may have the same id."""
    resources: dict[tuple[str, int], CreatedResource] = {}
    for name in client.tracker.parameters:
        for value, origin in client.tracker.origins(name):
            key = (value, origin.number)
            parameters = resources[key].parameters if key in resources else ()
            resources[key] = CreatedResource(value, (*parameters, name), origin)
    return list(resources.values())


def _operations_on(client: Client, resource: CreatedResource) -> list[Operation]:
    """Return the operations whose path has the resource's id, and no other but its creation's."""
    scope = resource.origin.path_parameters.keys()
    return [
        operation
        for operation in client.contract.operations.values()
        if (ids := set(id_parameters(client.contract, operation)) - scope)
        and len(ids) == 1
        and ids <= set(resource.parameters)
    ]


def _delete(client: Client, resource: CreatedResource, deletes: list[Operation]) -> bool:
    statuses = set()
    try:
        for operation in deletes:
            status = _call(client, operation, resource).status
            if status in {200, 202, 204}:
                return _is_gone(client, resource)
            statuses.add(status)
    except (SuiteError, LookupError):
        return False
    refusals = statuses - NOT_OFFERED
    return bool(refusals) and refusals <= GONE  # it was deleted before


def _is_gone(client: Client, resource: CreatedResource) -> bool:
    """Read the resource again, where that is possible: it must be gone, or in a final state."""
    lifecycle = client.contract.lifecycle
    poll = lifecycle.actions["poll"].operation
    for operation in _operations_on(client, resource):
        location = lifecycle.locations.get(operation.id)
        if operation.method != "GET" or (location and operation.id != poll):
            continue
        exchange = _call(client, operation, resource)
        shown = observed_state(lifecycle, exchange, exchange.json) if location else None
        if shown is not None:
            return not shown.states or any(lifecycle.states[name].final for name in shown.states)
        return exchange.status in GONE
    return True


def _call(client: Client, operation: Operation, resource: CreatedResource) -> Exchange:
    origin = resource.origin.path_parameters
    names = [p["name"] for p in operation.parameters if p["in"] == "path"]
    path = {n: resource.id if n in resource.parameters else origin[n] for n in names}
    role = resource.origin.request.role
    return client.call(operation.id, path=path, driver=DRIVER, role=role)
